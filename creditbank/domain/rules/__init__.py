"""The language of rules: what a rulebook can say. Evaluating it is `domain.conversion`."""
