"""Reasons: the trace of one target, as plain JSON of the canonical profile.

It says of every condition what was needed, counted and missing, which outcome counted how much,
and what each cap cut. `rules.words` makes a sentence of it in both languages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from creditbank.domain.conversion.books import Book, Chain, rule_text, title_text
from creditbank.domain.conversion.framing import Framer
from creditbank.domain.conversion.limiting import describe
from creditbank.domain.conversion.problem import Branch, Given, Goal, Leaf, Node, Row, Truth
from creditbank.domain.conversion.targets import Aim
from creditbank.domain.rules.condition import AllOf, Amount, AnyOf, Condition
from creditbank.domain.units import amount_text

TRACE: Final = "conversion-trace/1"
_LEFT_OUT_MAX: Final = 20
_FLAT: Final = (
    *("id", "kind", "text", "unit", "missing", "needed", "counted"),
    *("evidence", "evidence_kind", "confirmed_by"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one tree: the rows that count, and what is lacking where."""

    goal: Goal
    rows: Sequence[Row]
    lacking: Mapping[str, int]
    met: bool


def header(chain: Chain, aim: Aim) -> dict[str, Any]:
    """Return what a trace begins with: rulebook, frames, rule and target."""
    target: dict[str, Any] = {"key": aim.key, "kind": aim.rule.target.kind}
    target |= {"title": aim.text} if aim.text else {}
    if aim.course is not None:
        target |= {"course": aim.course.code, "credit": aim.course.credit.amount}
    return {
        "schema": TRACE,
        "rulebook": chain.own.document() | {"title": title_text(chain.own.rulebook.title)},
        "frames": [
            book.document() | {"title": title_text(book.rulebook.title)} for book in chain.books[1:]
        ],
        "rule": {"id": aim.rule.id, "version": aim.rule.version} | rule_text(aim.rule),
        "target": target,
    }


class Tracer:
    """Writes the trees of one evaluation."""

    def __init__(self, framer: Framer) -> None:
        self.framer = framer
        self.holdings = framer.holdings

    def tree(self, told: Told, condition: Condition) -> dict[str, Any]:
        """Return the tree of a condition."""
        return self._node(told, told.goal.root, condition)

    def requirement(self, told: Told, book: Book, condition: Condition) -> dict[str, Any]:
        """Return the tree of what a book requires for any target."""
        return {"rulebook": book.id, "needs": self.tree(told, condition)}

    def _node(self, told: Told, node: Node, condition: Condition) -> dict[str, Any]:
        document: dict[str, Any] = {"id": condition.id or node.path, "kind": condition.kind}
        if condition.text is not None:
            document["text"] = title_text(condition.text)
        match node, condition:
            case Branch(), AllOf() | AnyOf():
                pairs = zip(node.children, condition.of, strict=True)
                inner = [self._node(told, child, one) for child, one in pairs]
                held = sum(one["met"] for one in inner)
                document |= {"count": node.count, "met": held >= node.count, "of": inner}
            case Leaf(), Amount():
                document |= self._leaf(told, node, condition)
            case Given(), _:
                document |= {"met": holds(node)} | node.detail
                if node.path in told.lacking:
                    document["lacking"] = True
        return document

    def _leaf(self, told: Told, leaf: Leaf, condition: Amount) -> dict[str, Any]:
        rows = [row for row in told.rows if row.path == leaf.path]
        counted = sum(row.counted for row in rows)
        lack = told.lacking.get(leaf.path, 0)
        floors = [
            {
                "needed": amount_text(floor.least),
                "counted": amount_text(sum(r.counted for r in rows if r.outcome in floor.members)),
            }
            for floor in leaf.floors
        ]
        document: dict[str, Any] = {
            "unit": leaf.unit,
            "needed": amount_text(leaf.need),
            "counted": amount_text(counted),
            "met": leaf_holds(leaf, told.rows),
            "outcomes": [self._outcome(told.goal, leaf, row) for row in rows],
        }
        document |= {"least": floors} if floors else {}
        document |= {"partial": True} if leaf.soft else {}
        document |= {"missing": amount_text(lack), "lacking": True} if lack else {}
        cut = list(self._cut(told, leaf, rows))
        document |= {"cut": cut} if cut else {}
        left_out = list(self._left_out(told.goal, leaf, condition))
        document |= {"left_out": left_out[:_LEFT_OUT_MAX]} if left_out else {}
        return document

    def _outcome(self, goal: Goal, leaf: Leaf, row: Row) -> dict[str, Any]:
        of = next(item.of for item in leaf.items if item.outcome == row.outcome)
        taken = 0 if goal.use.sharing == "free" else row.engaged
        fact = self.holdings.by_id[row.outcome]
        document: dict[str, Any] = {
            "outcome": row.outcome,
            "amount": amount_text(row.counted),
            "of": amount_text(of),
            "taken": amount_text(taken),
        }
        return document | ({"title": fact.title} if fact.title else {})

    def _cut(self, told: Told, leaf: Leaf, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
        """Yield what limits kept from counting: of all where that is too little."""
        counted = {row.outcome: row.counted for row in rows}
        short = leaf.path in told.lacking
        offered = {
            item.outcome: item.available for item in leaf.items if short or item.outcome in counted
        }
        for limit in leaf.limits:
            among = sum(amount for one, amount in counted.items() if one in limit.members)
            whole = sum(amount for one, amount in offered.items() if one in limit.members)
            if whole > limit.most and (short or among >= limit.most):
                found = {
                    "limit": amount_text(limit.most),
                    "amount": amount_text(whole - limit.most),
                }
                yield describe(limit) | found
        most = leaf.counted_at_most
        if most is not None and sum(offered.values()) > most == sum(counted.values()):
            over = sum(offered.values()) - most
            yield {
                "cap": "counted_at_most",
                "limit": amount_text(most),
                "amount": amount_text(over),
            }
        if leaf.outcomes_at_most is not None and short:
            yield {"cap": "outcomes_at_most", "outcomes": leaf.outcomes_at_most}

    def _left_out(self, goal: Goal, leaf: Leaf, condition: Amount) -> Iterator[dict[str, Any]]:
        """Yield the selected outcomes that do not count, with the reason."""
        offered = {item.outcome for item in leaf.items}
        if self.holdings.excluded:
            test = self.holdings.test(condition.select)
            for one, reason in self.holdings.excluded.items():
                if test(self.holdings.by_id[one]):
                    yield {"outcome": one} | reason
        gone = self.framer.beaten(goal.use.scope)
        for fact in self.framer.select(condition):
            if fact.id in offered:
                continue
            if fact.id in gone:
                yield {"outcome": fact.id} | gone[fact.id]
            elif self.holdings.uses(fact.id, goal.use.scope) and goal.use.sharing != "free":
                yield {"outcome": fact.id, "code": "used_before"}


def holds(node: Given) -> bool:
    """Return whether a condition beside the outcomes holds, as far as anybody has said."""
    return node.truth is Truth.YES and not node.detail.get("open")


def leaf_holds(leaf: Leaf, rows: Sequence[Row]) -> bool:
    """Return whether what counts at a leaf is enough."""
    counted = {row.outcome: row.counted for row in rows if row.path == leaf.path}
    if not leaf.soft and sum(counted.values()) < leaf.need:
        return False
    return all(
        sum(amount for one, amount in counted.items() if one in floor.members) >= floor.least
        for floor in leaf.floors
    )


def lacking_of(tree: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is lacking, condition by condition, from a tree that was written."""
    return _marked(tree, "lacking")


def open_of(tree: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what somebody must still supply, from a tree that was written."""
    return _marked(tree, "open")


def _marked(tree: Mapping[str, Any], mark: str) -> list[dict[str, Any]]:
    found = []
    stack = [tree]
    while stack:
        node = stack.pop()
        stack += reversed(node.get("of", []))
        if node.get(mark):
            found.append({name: node[name] for name in _FLAT if name in node})
    return found
