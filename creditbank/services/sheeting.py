"""The conversion sheet 学分转换认定表: what the officer shows the auditor.

Whose decision it is, under which rules and why, what is granted and from what, who took which step,
and where in the log each of these stands, so that it can be checked without the bank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creditbank.credentials.conversion_sheets import Pair, Reason, Sheet, Table
from creditbank.domain.access import BANK
from creditbank.domain.civil_time import civil_clock
from creditbank.domain.identifiers import mask_document
from creditbank.errors import N_
from creditbank.ledger.times import parse_time
from creditbank.services.converting import rulebook_of
from creditbank.services.decision_records import (
    Opened,
    decision_document,
    ground_of,
    open_decision,
)
from creditbank.services.enquiring import NoteAccess
from creditbank.services.extracts import is_given_extract
from creditbank.services.permitting import OWNER_OR_DESK, Ground
from creditbank.services.sentences import rule_text, target_text
from creditbank.storage import reading
from creditbank.words import WORDS

if TYPE_CHECKING:
    from creditbank.domain.access import Principal
    from creditbank.domain.registers.register import Title
    from creditbank.domain.rules.rule import Rule
    from creditbank.services.banking import Bank
    from creditbank.storage.reading import Connection
    from creditbank.texts import Translator

_HEADINGS = {
    "conversion": N_("Sheet of a credit conversion"),
    "grade": N_("Sheet of a check of conditions for applying for a grade"),
}

_NOTE = N_(
    "Each entry can be checked without the bank: its receipt proves that it stands in the public"
    " log. The bank certifies no grade; of a grade this sheet says that the conditions for applying"
    " are met."
)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a sheet is made from."""

    document: Mapping[str, Any]
    names: Sequence[Mapping[str, Any]]
    opened: Opened
    extract_for: str | None
    origin: str
    address: str
    texts: Translator

    def say(self, message: str) -> str:
        return self.texts.gettext(message)

    def word(self, code: str) -> str:
        return self.texts.gettext(WORDS[code]) if code in WORDS else code

    def title(self, title: Title | Mapping[str, str]) -> str:
        said = title if isinstance(title, Mapping) else title.model_dump(exclude_none=True)
        wanted = "zh" if self.texts.locale == "zh_CN" else "en"
        return str(said.get(wanted, said["zh"]))


async def read_sheet(  # one argument per thing that a sheet depends on
    bank: Bank, principal: Principal, conversion: str, texts: Translator, address: str
) -> Sheet:
    """Return the sheet of a decision in a language; the reading is noted.

    `address` is the bank's public one. Raises as `open_decision`.
    """
    ground = ground_of(principal)

    def read(connection: Connection) -> _Shown:
        opened = open_decision(connection, bank, principal, conversion)
        return _Shown(
            document=decision_document(connection, bank, principal, opened),
            names=reading.identities_of(connection, bank.keyring, opened.decision.account)
            if _is_told_name(principal, ground, opened)
            else (),
            opened=opened,
            extract_for=principal.org
            if is_given_extract(opened.catalogue, opened.now, principal, opened.decision)
            else None,
            origin=bank.origin,
            address=address,
            texts=texts,
        )

    shown = await bank.database.read(read)
    note = NoteAccess(principal, [shown.opened.decision.account], "sheet", ground)
    await bank.journal.submit(note)
    return _sheet(shown)


def _is_told_name(principal: Principal, ground: Ground, opened: Opened) -> bool:
    """Return whether a reader knows whose decision it is: learner, desk, the college that decides.

    Who audits the ledger, or vouches for an outcome, has no need to, as with certificates.
    """
    if ground is Ground.DECIDES:
        return principal.org == opened.decision.owner
    return ground in OWNER_OR_DESK


def _sheet(shown: _Shown) -> Sheet:
    document = shown.document
    heading = shown.say(_HEADINGS[document["decides"]])
    return Sheet(
        locale=shown.texts.locale,
        heading=heading,
        status=shown.word(f"conversion_{document['status']}"),
        created=shown.opened.now,
        rows=tuple(_rows(shown)),
        reasons=tuple(_reasons(shown)),
        tables=(_granted(shown), _outcomes(shown), _steps(shown), _receipts(shown)),
        note=shown.say(_NOTE),
        footer=f"{shown.origin} · {heading} · {document['conversion']}",
    )


def _rows(shown: _Shown) -> list[Pair]:
    document = shown.document
    books = [rulebook_of(book) for book in _books(shown.opened)]
    rows = [(shown.say(N_("Decision")), document["conversion"])]
    rows += [
        (shown.say(N_("Learner")), f"{one['name']}  {mask_document(one['number'])}")
        for one in shown.names[:1]
    ]
    if shown.extract_for is not None:
        text = shown.say(N_("for {org}: only the outcomes that it posted or issued"))
        said = text.format(org=_institution(shown, shown.extract_for))
        rows.append((shown.say(N_("Extract")), said))
    rows += [
        (shown.say(N_("Account")), document["account"]),
        (shown.say(N_("Decided by")), _institution(shown, document["owner"])),
        (shown.say(N_("Day of the decision")), document["on"]),
        (shown.say(N_("State")), shown.word(f"conversion_{document['status']}")),
        (shown.say(N_("Consent")), _consent(shown)),
    ]
    for book, reference in zip(books, document["rulebooks"], strict=True):
        name = f"{shown.title(book.title)} {book.version}"
        label = shown.say(N_("Rulebook")) if book is books[0] else shown.say(N_("Under the frame"))
        rows.append((label, f"{name}  SHA-256 {reference['digest']}"))
    return rows


def _consent(shown: _Shown) -> str:
    consent = shown.document["consent"]
    if consent["form"] == "own_token":
        text = shown.say(N_("given by the learner's own sign-in, notice {notice}"))
        return text.format(notice=consent["notice"])
    text = shown.say(N_("on paper, notice {notice}, SHA-256 {digest}"))
    return text.format(notice=consent["notice"], digest=consent["digest"])


def _reasons(shown: _Shown) -> list[Reason]:
    """Return for each target its rule, as it reads and where it stands, and why it is met."""
    rules = {rule.id: rule for rule in rulebook_of(_books(shown.opened)[0]).rules}
    wanted = "zh" if shown.texts.locale == "zh_CN" else "en"
    return [
        Reason(
            title=shown.title(rules[one["rule"]].title),
            rule=rule_text(rules[one["rule"]], shown.texts.locale),
            citation=_citation(rules[one["rule"]]),
            why=one.get("sentence", {}).get(wanted, ""),
        )
        for one in shown.document["results"]
    ]


def _citation(rule: Rule) -> str:
    cited = rule.citation
    return cited.title if cited.clause is None else f"{cited.title}  {cited.clause}"


def _granted(shown: _Shown) -> Table:
    head = ("Target", "Granted", "Grade to record", "From outcomes")
    numbers = _numbers(shown)
    names = {
        one["target"]: target_text(one["trace"], shown.texts.locale)
        for one in shown.document["results"]
    }
    body = tuple(
        (
            names[one["target"]],
            f"{one['granted']} {one.get('system', '')}".strip() if "granted" in one else "—",
            f"{one['grade']['mark']} ({one['grade']['scale']})" if "grade" in one else "—",
            ", ".join(f"#{numbers[outcome]}" for outcome in one["outcomes"]),
        )
        for one in shown.document["targets"]
    )
    return Table(shown.say(N_("What is granted")), (3, 2, 2, 2), _head(shown, head), body)


def _outcomes(shown: _Shown) -> Table:
    head = ("#", "Outcome", "Issued by", "Achieved on", "Verified", "Used")
    used: dict[str, list[str]] = {}
    for use in shown.document["uses"]:
        if use["amount"] != "0.00":
            said = f"{use['amount']} / {use['of']} {use['unit']} ({shown.word(use['scope'])})"
            used.setdefault(use["outcome"], []).append(said)
    body = tuple(
        (
            str(number),
            one["title"],
            _institution(shown, one["issuer"]) if "issuer" in one else "—",
            one["achieved_on"],
            shown.word(one["verification"]),
            "; ".join(used.get(one["id"], [shown.say(N_("looked at only"))])),
        )
        for number, one in enumerate(shown.document["outcomes"], start=1)
    )
    return Table(shown.say(N_("Outcomes relied on")), (0, 4, 3, 2, 2, 3), _head(shown, head), body)


def _steps(shown: _Shown) -> Table:
    head = ("Step", "By", "Result", "Opinion", "Time (Beijing)", "Entry")
    body = tuple(
        (
            shown.title(one["title"]),
            _office(shown, one),
            shown.word(f"step_{one['result']}") if "result" in one else "—",
            one.get("opinion", ""),
            civil_clock(parse_time(one["at"])) if "at" in one else "",
            str(one.get("index", "")),
        )
        for one in shown.document["steps"]
    )
    return Table(shown.say(N_("Steps")), (2, 3, 1, 3, 3, 1), _head(shown, head), body)


def _office(shown: _Shown, step: Mapping[str, Any]) -> str:
    """Return who took a step, or whose it is; of a learner no more than that it was the learner."""
    if "org" not in step or step["by"] == "learner":
        return shown.word(f"by_{step['by']}")
    return _institution(shown, step["org"])


def _receipts(shown: _Shown) -> Table:
    """Return where everything stands in the log; a receipt of each can be fetched there."""
    document = shown.document
    found = [(shown.say(N_("application")), document["index"], document["leaf_hash"])]
    found += [
        (shown.title(one["title"]), one["index"], one["leaf_hash"])
        for one in document["steps"]
        if "index" in one and one["index"] != document["index"]
    ]
    numbers = _numbers(shown)
    found += [
        (f"#{numbers[one['id']]}", one["entry"]["index"], one["entry"]["hash"])
        for one in document["outcomes"]
    ]
    body = tuple(
        (what, str(index), leaf_hash, f"{shown.address}/v1/entries/{index}/receipt")
        for what, index, leaf_hash in found
    )
    head = ("Of what", "Entry", "Leaf hash", "Receipt")
    return Table(shown.say(N_("Receipts")), (2, 1, 5, 4), _head(shown, head), body)


def _head(shown: _Shown, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name if name == "#" else shown.say(name) for name in names)


def _numbers(shown: _Shown) -> dict[str, int]:
    outcomes = shown.document["outcomes"]
    return {one["id"]: number for number, one in enumerate(outcomes, start=1)}


def _books(opened: Opened) -> list[Any]:
    versions = [
        opened.catalogue.version("rulebook", one["id"], one["version"])
        for one in opened.act["rulebooks"]
    ]
    return [one for one in versions if one is not None]


def _institution(shown: _Shown, code: str) -> str:
    versions = shown.opened.catalogue.versions("institution", code)
    if not versions:
        return shown.word(f"by_{code}") if code == BANK else code
    return f"{shown.title(versions[-1].register.title)} {code}"


# Translators: headings of the conversion sheet's tables.
_HEADS = (
    *(N_("Target"), N_("Granted"), N_("Grade to record"), N_("From outcomes")),
    *(N_("Outcome"), N_("Issued by"), N_("Achieved on"), N_("Verified"), N_("Used")),
    *(N_("Step"), N_("By"), N_("Result"), N_("Opinion"), N_("Time (Beijing)"), N_("Entry")),
    *(N_("Of what"), N_("Leaf hash"), N_("Receipt")),
)
