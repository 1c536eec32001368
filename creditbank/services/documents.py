"""Certificates as documents: made and signed from their entries when somebody opens one.

What is made is a pure function of the entry and its key, so it can be thrown away and made again,
in any server. A few are kept in memory; nothing personal is written down a second time.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
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

Signatures = signing.Signatures
_KEPT_MAX: Final = 1_000
_Kept = tuple[str, Signatures, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that one certificate is made from.

    `others` are those within a statement, `proofs` those of institutions that signed it too.
    """

    id: str
    act: dict[str, Any]
    facts: Certified
    salt_secret: bytes
    others: tuple[Recipe, ...] = ()
    proofs: tuple[dict[str, Any], ...] = ()

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
        self._kept: OrderedDict[_Kept, dict[str, Any] | str] = OrderedDict()

    async def signed(
        self, credential: str, suite: Signatures = signing.RDFC
    ) -> dict[str, Any] | str:
        """Return the signed certificate: a document, or the text of an SD-JWT.

        Who may have it is the caller's to say. Refuses with `CredentialUnknown`, `Erased` and
        `KeyMissing`.
        """
        kept, made, recipe = await self.bank.database.read(
            lambda found: self._at_hand(found, credential, suite)
        )
        if made is None:
            assert recipe is not None  # noqa: S101  # there is one or the other
            made = await asyncio.to_thread(self.make, recipe, suite)
        self._kept[kept] = made
        self._kept.move_to_end(kept)
        while len(self._kept) > _KEPT_MAX:
            self._kept.popitem(last=False)
        return made

    def _at_hand(
        self, connection: Connection, credential: str, suite: Signatures
    ) -> tuple[_Kept, dict[str, Any] | str | None, Recipe | None]:
        """Return under which name it is kept, and the document or what to make it from.

        Whether its learner was erased is looked up every time.
        """
        found = credentials.credential(connection, credential)
        if found is None:
            for kept in [kept for kept in self._kept if kept[0] == credential]:
                del self._kept[kept]
            erased = credentials.place_of(connection, credential) is not None
            raise Erased if erased else CredentialUnknown(credential=credential)
        kept = (credential, suite, tuple(credentials.proof_entries(connection, credential)))
        made = self._kept.get(kept)
        return kept, made, None if made else read_recipe(connection, self.bank, found)

    def make(self, recipe: Recipe, suite: Signatures = signing.RDFC) -> dict[str, Any] | str:
        """Return the signed certificate that a recipe makes: the same bytes every time."""
        act, facts = recipe.act, recipe.facts
        key = self._signers.by_method(act["key"])
        issue = _issue(recipe)
        if recipe.form is Form.SD_JWT_VC:
            assert facts.achievement is not None  # noqa: S101  # the form is of one outcome
            issuer = IssuerFacts(key.did, act["site"], facts.bank)
            return selective.sd_jwt_vc(facts.achievement, facts.holder, issue, issuer, key=key)
        document = self.unsigned(recipe, suite)
        return signing.sign(document, key, issue.created, signing.suites_of(suite), recipe.proofs)

    def unsigned(self, recipe: Recipe, suite: Signatures = signing.RDFC) -> dict[str, Any]:
        """Return the document of a certificate without any proof; an SD-JWT has none."""
        act, facts = recipe.act, recipe.facts
        issuer = IssuerFacts(act["key"].partition("#")[0], act["site"], facts.bank)
        issue = _issue(recipe)
        if facts.achievement is not None:
            return badges.open_badge(facts.achievement, facts.holder, issue, issuer)
        if facts.decision is not None:
            return decisions.decision_badge(facts.decision, facts.holder, issue, issuer)
        return transcripts.clr(self._statement(recipe, suite), facts.holder, issue, issuer)

    def _statement(self, recipe: Recipe, suite: Signatures) -> StatementFacts:
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
        # In a statement they stand as they were issued, so that it stays the same.
        others.append(replace(read_recipe(connection, bank, within), proofs=()))
    salt_secret = bank.keyring.salt_secret(secret, found.id)
    proofs = tuple(_proofs(connection, found.id))
    return Recipe(found.id, row.act, facts, salt_secret, tuple(others), proofs)


def _proofs(connection: Connection, credential: str) -> Iterator[dict[str, Any]]:
    """Yield the proofs of institutions that signed a certificate too."""
    for index in credentials.proof_entries(connection, credential):
        row = loading.entry_at(connection, index)
        if row is not None:
            act = row.act
            yield {
                "type": "DataIntegrityProof",
                "cryptosuite": act["suite"],
                "created": act["created"],
                "verificationMethod": act["method"],
                "proofPurpose": signing.PURPOSE,
                "proofValue": act["value"],
            }


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
