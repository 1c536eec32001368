"""The words of the pages, in the language of the reader."""

from __future__ import annotations

from typing import Any, Final

from creditbank.errors import N_
from creditbank.texts import Translator

_WORDS: Final = {
    "bank": N_("Skills credit bank"),
    "footer": N_("This page is served by the bank that issued the certificate."),
    "skip": N_("Skip to the content"),
    "holder": N_("Holder:"),
    "not_shown": N_("The holder shows nothing of this certificate here. Ask them for a link."),
    "checked": N_("What the bank's server found"),
    "yourself": N_("Check it in your own browser"),
    "yourself_text": N_(
        "Your browser computes the signature itself, with the key that the issuer publishes, and "
        "reads the status list. Nothing about you is sent."
    ),
    "check_button": N_("Check again"),
    "no_script": N_("Scripts are off, so the browser cannot check; the server's result is above."),
    "elsewhere": N_("Any other verifier of Open Badges 3.0 will do as well:"),
    "download": N_("download the signed credential"),
    "marks": N_("Marks"),
    "replaced": N_("It was replaced by a newer certificate."),
    "verify": N_("Verify a certificate, a receipt or a statement"),
    "verify_other": N_("Verify another document"),
    "outcome": N_("Result"),
    "give": N_("What is to be verified"),
    "help": N_(
        "A file (PDF, PNG, SVG, JSON) or the text of a certificate, a receipt or a statement."
    ),
    "file": N_("File"),
    "text": N_("Or its text"),
    "submit": N_("Verify"),
    "kept": N_("Nothing that is verified here is kept."),
}
_STATUSES: Final = {
    "valid": N_("This certificate stands."),
    "suspended": N_("This certificate is suspended: it cannot be relied on for now."),
    "revoked": N_("This certificate is revoked: what it states does not stand any more."),
    "withdrawn": N_("This certificate was withdrawn."),
}
_RESULTS: Final = {
    "valid": N_("Valid."),
    "not_valid": N_("Not valid."),
    "undecidable": N_("It cannot be decided."),
}
_STATES: Final = {
    "passed": N_("Passed"),
    "noted": N_("Note"),
    "skipped": N_("Left out"),
    "undecided": N_("Open"),
    "failed": N_("Failed"),
}
_SCRIPT: Final = {
    "insecure": N_("This browser has no cryptography here; open the page by https."),
    "no_proof": N_("The certificate has no signature that a browser can check by itself."),
    "key_unknown": N_("The issuer does not publish the key that signed this certificate."),
    "key_unreachable": N_("The issuer's keys could not be fetched."),
    "elsewhere": N_("The issuer is another site; check the certificate there."),
    "signature_holds": N_("The signature holds: the certificate is as the issuer signed it."),
    "signature_fails": N_("The signature does not hold: the certificate is not what was signed."),
    "page_agrees": N_("Holder and title on this page are those that were signed."),
    "page_differs": N_("This page names another holder or title than was signed: rely on neither."),
    "not_supported": N_("This browser does not know Ed25519 yet; the server's result is above."),
    "unreadable": N_("The signature could not be read."),
    "not_yet": N_("The certificate is not valid yet."),
    "expired": N_("The certificate has expired."),
    "in_time": N_("The certificate is within its time."),
}
_SCRIPT_STATUS: Final = {
    "stands": N_("The status list says that it stands."),
    "revoked": N_("The status list says that it is revoked."),
    "suspended": N_("The status list says that it is suspended."),
    "elsewhere": N_("The status list is at another site."),
    "unreachable": N_("The status list could not be fetched; nothing is known about the status."),
}


def words(texts: Translator) -> dict[str, Any]:
    """Return what every page says around its content."""
    return _said(_WORDS, texts) | {
        "statuses": _said(_STATUSES, texts),
        "results": _said(_RESULTS, texts),
        "states": _said(_STATES, texts),
    }


def script_words(texts: Translator) -> dict[str, Any]:
    """Return what the script of a certificate's page says."""
    return _said(_SCRIPT, texts) | {
        "states": _said(_STATES, texts),
        "status": _said(_SCRIPT_STATUS, texts),
    }


def _said(messages: dict[str, str], texts: Translator) -> dict[str, Any]:
    return {name: texts.gettext(message) for name, message in messages.items()}
