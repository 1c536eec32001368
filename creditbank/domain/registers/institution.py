"""Institutions (机构): who they are, what they may do, and which keys are theirs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal

from pydantic import StringConstraints

from creditbank.domain.identifiers import RegionCode, Uscc
from creditbank.domain.registers.faults import Fault, repeated
from creditbank.domain.registers.members import AtLeastOne, Line, Many, Rank, RegisterId, Role
from creditbank.domain.registers.record import Dated, Record
from creditbank.domain.registers.register import OccupationRef, Reference, Register

# Length of a public key in hex digits: 32 bytes (RFC 8032), 1,312 bytes (FIPS 204, table 2).
_KEY_DIGITS: Final = {"ed25519": 64, "ml-dsa-44": 2624}


class Licence(Dated):
    """A licence or a filing that lets an institution do what it does."""

    title: Line
    number: Line
    issued_by: Line
    scope: Line | None = None


class SigningKey(Dated):
    """A public key with which an institution signs what it submits."""

    kid: RegisterId
    alg: Literal["ed25519", "ml-dsa-44"]
    public: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]+$")]
    """The raw public key in lower-case hex."""

    def contradictions(self) -> Iterator[Fault]:
        """Yield a fault if the key is not as long as its algorithm has it."""
        yield from super().contradictions()
        if len(self.public) != _KEY_DIGITS[self.alg]:
            yield Fault("/public", "length")


class EvaluatorScope(Record):
    """An occupation in which an evaluator may assess, and up to which grades."""

    occupation: OccupationRef
    scale: RegisterId
    ranks: AtLeastOne[Rank]
    work_types: Many[Line] = ()
    """工种; absent for all of the occupation."""


class Evaluator(Record):
    """A body filed as evaluator (评价机构), as its certificate numbers name it.

    The codes are those of a 22-character certificate number: category at place 1, code at 2–5,
    province at 6–7, site at 8–13.
    """

    category: Literal["Y", "S"]
    """Y an employer, S a social training and evaluation organisation."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    """Given by the ministry; 0000 if filed with a province first."""

    province: Annotated[str, StringConstraints(pattern=r"^[1-8][0-9]$")] | None = None
    site: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = None
    scope: Many[EvaluatorScope] = ()


class Institution(Register):
    """An institution; its id is its unified social credit code, its title its registered name."""

    register_kind: ClassVar[str] = "institution"

    id: Uscc
    roles: AtLeastOne[Role]
    other_names: Many[Line] = ()
    """Former names and names in use, as they may stand on papers."""

    licences: Many[Licence] = ()
    evaluator: Evaluator | None = None
    keys: Many[SigningKey] = ()
    signing: Literal["optional", "required"] = "optional"
    """Whether postings in the institution's name are refused unless one of its keys signed them."""

    jurisdiction: RegionCode | None = None
    """The region over which an authority has a say."""

    status: Literal["active", "suspended", "closed"] = "active"

    def contradictions(self) -> Iterator[Fault]:
        """Yield what roles do not allow, and keys or roles given twice."""
        yield from super().contradictions()
        yield from repeated("/roles", self.roles)
        yield from repeated("/keys", (key.kid for key in self.keys))
        if self.signing == "required" and not self.keys:
            yield Fault("/keys", "too_few")
        if self.evaluator is not None and "assessor" not in self.roles:
            yield Fault("/evaluator", "needs_role_assessor")
        if self.jurisdiction is not None and "authority" not in self.roles:
            yield Fault("/jurisdiction", "needs_role_authority")
        if self.jurisdiction is None and "authority" in self.roles:
            yield Fault("/jurisdiction", "missing")

    def references(self) -> Iterator[Reference]:
        """Yield the occupations and grades in which an evaluator may assess."""
        for position, scope in enumerate(self.evaluator.scope if self.evaluator else ()):
            where = f"/evaluator/scope/{position}"
            yield Reference(f"{where}/occupation", "occupation", scope.occupation.register_id)
            for index, rank in enumerate(scope.ranks):
                yield Reference(f"{where}/ranks/{index}", "scale", scope.scale, rank=rank)
