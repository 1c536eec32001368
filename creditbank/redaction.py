"""What the log never says: secrets, and anything about a person.

Members with telltale names are blanked. Identity and phone numbers are blanked wherever they
stand in a text. The message of an exception is kept only if it is one of our own, since those of
a database or of a validator repeat the values that they stumbled over.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Mapping
from typing import Final

from structlog.typing import EventDict, WrappedLogger

from creditbank.errors import CreditBankError

REDACTED: Final = "[redacted]"

_OF_A_PERSON = (
    *("account", "address", "birth_date", "birthday", "document", "email", "grade", "learner"),
    *("mobile", "name", "names", "number", "numbers", "person", "phone", "score", "submission"),
)
_OF_A_CREDENTIAL = (
    *("authorization", "code", "codes", "cookie", "credential", "credentials", "key", "keys"),
    *("password", "salt", "salts", "secret", "secrets", "signature", "token", "tokens"),
)
_WHERE_EITHER_HIDES = (
    *("body", "content", "database_url", "form", "headers", "params", "parameters", "payload"),
    *("query", "query_string"),
)
PRIVATE: Final = frozenset((*_OF_A_PERSON, *_OF_A_CREDENTIAL, *_WHERE_EITHER_HIDES))
"""Members that are never written, nor any whose last words they are: `holder_name`."""
_ENDINGS = tuple(f"_{name}" for name in PRIVATE)

# A resident ID (GB 11643: six digits of region, then the birth date), a mobile number, a bearer
# token; not digits within a digest, and not an institution's code (GB 32100).
_IN_TEXT = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx]"
    r"|1[3-9]\d{9}"
    r"|[Bb]earer +[^\s\"']+"
    r")(?![0-9A-Za-z])"
)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Return `event` without private members and without numbers of people in its texts."""
    return {name: _clean(name, value) for name, value in event.items()}


def redact_text(text: str) -> str:
    """Return `text` without the numbers of people and the bearer tokens in it."""
    return _IN_TEXT.sub(REDACTED, text)


class ExceptionText:
    """Processor that turns `exc_info` into a text of types and places.

    Messages are written if they are of our own errors, whose fields are harmless by contract,
    and in development all are.
    """

    def __init__(self, *, all_messages: bool) -> None:
        self._all_messages = all_messages

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Return `event` with `exception` in the place of `exc_info`."""
        given = event.pop("exc_info", None)
        if given is True:
            given = sys.exc_info()
        error = given[1] if isinstance(given, tuple) else given
        if isinstance(error, BaseException):
            event["exception"] = self.describe(error)
        return event

    def describe(self, error: BaseException) -> str:
        """Return the chain of exceptions that led to `error`, the first cause first."""
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        before = f"{self.describe(cause)}\nled to\n" if cause else ""
        said = self._all_messages or isinstance(error, CreditBankError)
        message = f": {error}" if said else ""
        frames = traceback.extract_tb(error.__traceback__)
        places = "".join(f"\n  {place.filename}:{place.lineno} {place.name}" for place in frames)
        return f"{before}{type(error).__name__}{message}{places}"


def _clean(name: object, value: object) -> object:
    """Return `value` as it may be written under `name`."""
    word = str(name).lower().replace("-", "_")
    if word in PRIVATE or word.endswith(_ENDINGS):
        return REDACTED
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {redact_text(str(key)): _clean(key, inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean("", inner) for inner in value]
    if isinstance(value, int) and redact_text(str(value)) != str(value):
        return REDACTED
    return value
