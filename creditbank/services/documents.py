"""Certificates as documents: made and signed from their entries when somebody opens one.

What is made is a pure function of the entry and its key, so it can be thrown away and made again,
in any server. A few are kept in memory; nothing personal is written down a second time.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from creditbank.credentials import badges, decisions, selective, signing, transcripts
from creditbank.domain.certified import Certified, certified
from creditbank.domain.certifying import (
    Form,
    IssueFacts,
    IssuerFacts,
    Purpose,
    StatementFacts,
    StatusPlace,
)
from creditbank.errors.certifying import CredentialUnknown
from creditbank.errors.storage import Erased
from creditbank.ledger.times import parse_time
from creditbank.services.certifying import Issuing
from creditbank.services.credential_keys import Signers
from creditbank.services.statuses import TOKEN, list_url
from creditbank.storage import credentials, loading
from creditbank.storage.credentials import Credential, Standing
from creditbank.storage.reading import Connection
from creditbank.storage.sealing import learner_parts

if TYPE_CHECKING:
    from creditbank.services.banking import Bank

Suite = signing.Suite
_KEPT_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that one certificate is made from. `others` are those within a statement."""

    id: str
    act: dict[str, Any]
    facts: Certified
    salt_secret: bytes
    others: tuple[Recipe, ...] = ()

    @property
    def form(self) -> Form:
        """The form."""
        return Form(self.act["form"])

    @property
    def url(self) -> str:
        """The permanent address."""
        return credential_url(self.act["site"], self.id)


def credential_url(site: str, credential: str) -> str:
    """Return the permanent address of a certificate."""
    return f"{site}/credentials/{credential}"


class Certificates:
    """Makes the documents of one bank's certificates."""

    def __init__(self, bank: Bank, issuing: Issuing, signers: Signers) -> None:
        self.bank, self.issuing, self._signers = bank, issuing, signers
        self._kept: OrderedDict[tuple[str, Suite], dict[str, Any] | str] = OrderedDict()

    async def signed(self, credential: str, suite: Suite = signing.RDFC) -> dict[str, Any] | str:
        """Return the signed certificate: a document, or the text of an SD-JWT.

        Who may have it is the caller's to say. Refuses with `CredentialUnknown`, `Erased` and
        `KeyMissing`.
        """
        kept = (credential, suite)
        recipe = await self.bank.database.read(lambda found: self._recipe(found, credential, kept))
        if recipe is None:
            self._kept.move_to_end(kept)
            return self._kept[kept]
        made = await asyncio.to_thread(self.make, recipe, suite)
        self._kept[kept] = made
        while len(self._kept) > _KEPT_MAX:
            self._kept.popitem(last=False)
        return made

    def _recipe(
        self, connection: Connection, credential: str, kept: tuple[str, Suite]
    ) -> Recipe | None:
        """Return what to make it from; None if it is at hand, and its learner was not erased."""
        found = credentials.credential(connection, credential)
        if found is None:
            self._kept.pop(kept, None)
            erased = credentials.place_of(connection, credential) is not None
            raise Erased if erased else CredentialUnknown(credential=credential)
        return None if kept in self._kept else read_recipe(connection, self.bank, found)

    def make(self, recipe: Recipe, suite: Suite = signing.RDFC) -> dict[str, Any] | str:
        """Return the signed certificate that a recipe makes: the same bytes every time."""
        act, facts = recipe.act, recipe.facts
        key = self._signers.by_method(act["key"])
        issuer = IssuerFacts(key.did, act["site"], facts.bank)
        issue = _issue(recipe)
        if recipe.form is Form.SD_JWT_VC:
            assert facts.achievement is not None  # noqa: S101  # the form is of one outcome
            return selective.sd_jwt_vc(facts.achievement, facts.holder, issue, issuer, key=key)
        if facts.achievement is not None:
            document = badges.open_badge(facts.achievement, facts.holder, issue, issuer)
        elif facts.decision is not None:
            document = decisions.decision_badge(facts.decision, facts.holder, issue, issuer)
        else:
            document = transcripts.clr(self._statement(recipe, suite), facts.holder, issue, issuer)
        return signing.sign(document, key, issue.created, (suite,))

    def _statement(self, recipe: Recipe, suite: Suite) -> StatementFacts:
        part = recipe.facts.statement
        assert part is not None  # noqa: S101  # the form is of a statement
        signed = [self.make(one, suite) for one in recipe.others]
        return StatementFacts(
            id=recipe.url,
            name=part.name,
            credentials=tuple(one for one in signed if isinstance(one, dict)),
            partial=part.partial,
            entry=part.entry,
            size=part.size,
        )


def read_recipe(connection: Connection, bank: Bank, found: Credential) -> Recipe:
    """Return what a certificate is made from; refuse with `Erased` if its learner was erased."""
    row = loading.entry_at(connection, found.index)
    account = loading.accounts(connection, bank.keyring, {found.account})[found.account]
    if row is None or account is None:
        raise Erased
    secret = credentials.learner_secret(connection, account.key.key_id)
    if secret is None:
        raise Erased
    facts = certified(learner_parts(row, account.key)["person"].value["facts"])
    others: list[Recipe] = []
    for one in facts.statement.credentials if facts.statement else ():
        within = credentials.credential(connection, one)
        if within is None:
            raise Erased
        others.append(read_recipe(connection, bank, within))
    salt_secret = bank.keyring.salt_secret(secret, found.id)
    return Recipe(found.id, row.act, facts, salt_secret, tuple(others))


def _issue(recipe: Recipe) -> IssueFacts:
    act = recipe.act
    created = parse_time(act["created"])
    sealed = recipe.form is Form.SD_JWT_VC
    replaces = act.get("replaces")
    return IssueFacts(
        id=recipe.id,
        url=recipe.url,
        form=recipe.form,
        created=created,
        valid_from=created,
        key=act["key"],
        valid_until=recipe.facts.valid_until,
        status=() if sealed else tuple(_place(act, purpose) for purpose in Purpose),
        token_status=_place(act, TOKEN) if sealed else None,
        contexts={one["url"]: one["digest"] for one in act["contexts"]},
        salt_secret=recipe.salt_secret if sealed else None,
        replaces=None if replaces is None else credential_url(act["site"], replaces),
    )


def _place(act: dict[str, Any], purpose: str) -> StatusPlace:
    named = Purpose.REVOCATION if purpose == TOKEN else Purpose(purpose)
    return StatusPlace(named, list_url(act["site"], purpose, act["list"]), act["position"])


@dataclass(frozen=True, slots=True)
class Overview:
    """A certificate in a list: what it is, and how it stands."""

    credential: Credential
    recipe: Recipe
    standing: Standing

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        title = self.recipe.facts.title
        members: dict[str, Any] = {
            "credential": self.credential.id,
            "form": self.credential.form,
            "title": title.zh,
            "url": self.recipe.url,
            "status": self.standing.status,
            "created": self.recipe.act["created"],
            "index": self.credential.index,
            "causes": [one["index"] for one in self.recipe.act["cause"]],
        }
        if title.en is not None:
            members["title_en"] = title.en
        if "replaces" in self.recipe.act:
            members["replaces"] = self.recipe.act["replaces"]
        if self.standing.superseded_at is not None:
            members["superseded"] = True
        return members
