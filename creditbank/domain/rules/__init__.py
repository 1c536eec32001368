"""The language of rules: what a rulebook can say. Evaluating it is `domain.conversion`."""

# The registers come first, whoever asks: a rulebook is one of them, and is made of their parts.
import creditbank.domain.registers  # noqa: F401
