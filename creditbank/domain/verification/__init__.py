"""Verification of receipts and statements by anybody, without reaching the bank.

`verify` walks numbered steps and says of each what was checked, against what, and what was found.
"""

from creditbank.domain.verification.answers import MEANINGS, Answer
from creditbank.domain.verification.forms import RECEIPT, STATEMENT
from creditbank.domain.verification.report import (
    CredentialReport,
    EntryReport,
    Finding,
    Level,
    Message,
    Report,
    Result,
    State,
    Step,
)
from creditbank.domain.verification.verifying import verify

__all__ = [
    "MEANINGS",
    "RECEIPT",
    "STATEMENT",
    "Answer",
    "CredentialReport",
    "EntryReport",
    "Finding",
    "Level",
    "Message",
    "Report",
    "Result",
    "State",
    "Step",
    "verify",
]
