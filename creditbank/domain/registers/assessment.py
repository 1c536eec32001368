"""What an assessment (评) consists of, and what passes it."""

from __future__ import annotations

from collections.abc import Iterator

from creditbank.domain.registers.faults import Fault, repeated
from creditbank.domain.registers.members import AtLeastOne, MemberName, Rank, RegisterId
from creditbank.domain.registers.record import Record
from creditbank.domain.registers.register import Reference
from creditbank.domain.units import AmountText


class AssessmentPart(Record):
    """A part, such as theory (理论), operation (操作) or comprehensive (综合评审)."""

    part: MemberName
    scale: RegisterId
    pass_mark: AmountText | None = None
    """The lowest score that passes, on a scale of numbers."""

    pass_rank: Rank | None = None
    """The lowest rank that passes, on a scale of ranks."""

    def contradictions(self) -> Iterator[Fault]:
        """Yield a fault unless there is a mark or a rank, and not both."""
        yield from super().contradictions()
        if self.pass_mark is None and self.pass_rank is None:
            yield Fault("/pass_mark", "missing")
        if self.pass_mark is not None and self.pass_rank is not None:
            yield Fault("/pass_rank", "beside_pass_mark")


class Assessment(Record):
    """An assessment is passed when each of its parts is."""

    parts: AtLeastOne[AssessmentPart]

    def contradictions(self) -> Iterator[Fault]:
        """Yield parts named twice."""
        yield from super().contradictions()
        yield from repeated("/parts", (part.part for part in self.parts))

    def references(self, where: str) -> Iterator[Reference]:
        """Yield the scales of an assessment that stands at `where`."""
        for position, part in enumerate(self.parts):
            yield Reference(
                f"{where}/parts/{position}",
                "scale",
                part.scale,
                rank=part.pass_rank,
                mark=part.pass_mark,
            )
