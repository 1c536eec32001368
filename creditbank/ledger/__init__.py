"""The pure ledger: bytes, hashes, chains, trees and notes. No I/O, no clock, no randomness.

`canonical` fixes how a value becomes bytes, `suite` which algorithms version 1 uses, `entry`
what an entry commits to, `chain` how one follows another, `merkle` and `proofs` how a tree
stands over them; `tiles`, `note`, `checkpoint` and `receipt` are the C2SP forms that others read.
"""
