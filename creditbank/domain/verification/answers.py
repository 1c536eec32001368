"""The answers of a verification: each says something else, and asks for something else."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from creditbank.errors import N_


class Answer(StrEnum):
    """What was found out about a document."""

    MALFORMED = "malformed"
    UNKNOWN_FORMAT = "unknown_format"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_KIND = "unknown_kind"
    FORGED = "forged"
    CONTRADICTION = "contradiction"
    UNKNOWN_KEY = "unknown_key"
    WRONG_BANK = "wrong_bank"
    NOT_YET_PUBLISHED = "not_yet_published"
    NOT_WITNESSED = "not_witnessed"
    HIDDEN_PART = "hidden_part"
    ERASED = "erased"
    INCOMPLETE = "incomplete"
    OTHER_LEARNER = "other_learner"
    OTHER_HEAD = "other_head"
    KEY_NOT_IN_FORCE = "key_not_in_force"
    UNSIGNED = "unsigned"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    AWARD_ENDED = "award_ended"
    LATER_UNKNOWN = "later_unknown"
    NOT_SIGNED = "not_signed"
    PROOF_UNKNOWN = "proof_unknown"
    CONTEXT_UNKNOWN = "context_unknown"
    NOT_COVERED = "not_covered"
    ISSUER_UNKNOWN = "issuer_unknown"
    ISSUER_UNREACHABLE = "issuer_unreachable"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    SUSPENDED = "suspended"
    STATUS_UNREACHABLE = "status_unreachable"
    STATUS_UNUSABLE = "status_unusable"
    COUNTERSIGNER_UNKNOWN = "countersigner_unknown"
    ISSUER_MESSAGE = "issuer_message"


MEANINGS: Final[dict[Answer, str]] = {
    Answer.MALFORMED: N_("the document is not of the published form"),
    Answer.UNKNOWN_FORMAT: N_("this program does not know documents of this format"),
    Answer.UNKNOWN_VERSION: N_("the entry is of a version that this program does not know"),
    Answer.UNKNOWN_KIND: N_("the entry is of a kind that this program does not know"),
    Answer.FORGED: N_("something was changed or made up: a signature, hash or proof does not hold"),
    Answer.CONTRADICTION: N_("parts of what the bank signed contradict each other"),
    Answer.UNKNOWN_KEY: N_("it is signed by none of the keys that were given"),
    Answer.WRONG_BANK: N_("it is another bank's"),
    Answer.NOT_YET_PUBLISHED: N_("the bank has signed it and not published it yet"),
    Answer.NOT_WITNESSED: N_("too few of the witnesses that the policy asks for have cosigned"),
    Answer.HIDDEN_PART: N_("a part of the entry is not shown to this reader"),
    Answer.ERASED: N_("a part of the entry was erased with its owner's key"),
    Answer.INCOMPLETE: N_("entries of the learner are left out, repeated or out of order"),
    Answer.OTHER_LEARNER: N_("an entry belongs to another learner"),
    Answer.OTHER_HEAD: N_("the account head belongs to another statement"),
    Answer.KEY_NOT_IN_FORCE: N_("the key was not in force on that day"),
    Answer.UNSIGNED: N_("the institution has not signed what it posted"),
    Answer.REVOKED: N_("a later entry revoked it"),
    Answer.SUPERSEDED: N_("a later entry corrected it"),
    Answer.AWARD_ENDED: N_("the entry stands, and the credit that it awarded does not"),
    Answer.LATER_UNKNOWN: N_("what was recorded later is not known from this document"),
    Answer.NOT_SIGNED: N_("it carries no signature of its issuer"),
    Answer.PROOF_UNKNOWN: N_("it is signed in a way that this program does not know"),
    Answer.CONTEXT_UNKNOWN: N_("it uses terms that this program does not know the meaning of"),
    Answer.NOT_COVERED: N_("it shows something that the signature does not cover"),
    Answer.ISSUER_UNKNOWN: N_("the issuer is not known to us"),
    Answer.ISSUER_UNREACHABLE: N_("the issuer's keys could not be fetched"),
    Answer.EXPIRED: N_("it was valid once and has expired"),
    Answer.NOT_YET_VALID: N_("it is not valid yet"),
    Answer.SUSPENDED: N_("it is suspended for the time being"),
    Answer.STATUS_UNREACHABLE: N_("the status list could not be fetched"),
    Answer.STATUS_UNUSABLE: N_("the status list that was fetched cannot be relied on"),
    Answer.COUNTERSIGNER_UNKNOWN: N_("it is countersigned by a key that no register here names"),
    Answer.ISSUER_MESSAGE: N_("the issuer adds a message"),
}
"""One sentence to each answer, for people."""
