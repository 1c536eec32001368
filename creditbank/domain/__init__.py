"""What the entries mean: units, identifiers, registers, outcomes and rules.

Pure: no clock, no randomness, no files, no network. Times, salts and identifiers are arguments,
so the same input always gives the same answer, and an auditor can run it again.
"""
