"""Errors about register documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from creditbank.errors import N_, Malformed, Refused


class RegisterInvalid(Malformed):
    """A document is not a register of its kind; `errors` lists place and reason of each fault."""

    slug = "register-invalid"
    title = N_("The register document is not valid")
    detail = N_(
        "The document is not a valid register of kind {kind}. Faults: {count}; the member errors"
        " has place and reason of each. Mend them all and send it again."
    )


class RegisterKindUnknown(Malformed):
    """There is no register of this kind; `known` lists those there are."""

    slug = "register-kind-unknown"
    title = N_("There is no register of this kind")
    detail = N_("There is no register of this kind. Use one of the kinds listed in known.")


class RegisterVersionExists(Refused):
    """This version is published already, with other content."""

    slug = "register-version-exists"
    title = N_("This register version is published already")
    detail = N_(
        "Version {version} stands in entry {index} with other content. A published version never "
        "changes: publish a new one."
    )


class RegisterUnknown(Refused):
    """There is no such register or version."""

    slug = "register-unknown"
    title = N_("No such register")
    detail = N_(
        "There is no {kind} of this id and version. The list of the kind shows those there are."
    )


def register_invalid(kind: str, faults: Iterable[Mapping[str, str]]) -> RegisterInvalid:
    """Return the error for a document of `kind` with `faults`, each `{where, reason}`."""
    errors = [dict(fault) for fault in faults]
    return RegisterInvalid(kind=kind, count=len(errors), errors=errors)
