"""Conversion: applying rules to outcomes. Exact, deterministic, optimal, with reasons."""
