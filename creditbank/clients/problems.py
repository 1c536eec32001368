"""A refusal as the bank states it: problem details of RFC 9457."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """Problem details. `members` are those beyond the standard's own, such as `errors`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str = "about:blank"
    title: str = ""
    status: int = 0
    detail: str = ""
    where: str | None = None
    """A JSON pointer into what was sent."""

    @property
    def slug(self) -> str:
        """Return the last step of `type`; empty where an answer came from somebody else."""
        return "" if self.type == "about:blank" else self.type.rstrip("/").rpartition("/")[2]

    @property
    def members(self) -> dict[str, Any]:
        """Return the further members, `where` among them."""
        further = dict(self.model_extra or {})
        return further | ({"where": self.where} if self.where is not None else {})


class BankProblem(Exception):
    """The bank refused a request, and says why and what to do.

    `retry_after` is how many seconds it asks to wait, where it does.
    """

    def __init__(self, problem: Problem, retry_after: int | None = None) -> None:
        super().__init__(problem.status, problem.slug)
        self.problem = problem
        self.retry_after = retry_after
        self.status = problem.status
        self.slug = problem.slug
        self.title = problem.title
        self.detail = problem.detail
        self.members = problem.members

    def __str__(self) -> str:
        """Return title and detail in the language in which they were asked for."""
        return ": ".join(part for part in (self.title, self.detail) if part) or str(self.status)
