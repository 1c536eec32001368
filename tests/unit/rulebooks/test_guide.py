"""docs/rulebooks.md: what it shows is from a rulebook in order, and it names what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from creditbank.domain.catalogue import Catalogue
from creditbank.domain.registers import parse_register
from creditbank.domain.registers_on import RegistersOn
from creditbank.domain.rules import condition, target
from creditbank.domain.rules.drafts import parse_draft, read_drafts, with_drafts
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.errors.rules import RulebookFaulty
from creditbank.rulebooks import shipped_registers, shipped_rulebooks
from creditbank.services.rulebooks import vet

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "rulebooks.md").read_text(encoding="utf-8")
EXAMPLE = (DOCS / "examples" / "rulebook.yaml").read_text(encoding="utf-8")


def catalogue() -> Catalogue:
    shipped = [*shipped_registers(), *shipped_rulebooks()]
    return with_drafts(Catalogue(), (parse_register(one.kind, one.document) for one in shipped))


def test_the_example_is_in_order_and_its_cases_pass() -> None:
    (draft,) = read_drafts(EXAMPLE)
    book = parse_draft(draft)
    assert isinstance(book, Rulebook)
    vetted = vet(book, catalogue())
    assert list(vetted.findings) == []
    assert len(vetted.cases) == 4
    assert ("institution", book.owner) in RegistersOn(catalogue(), book.valid_from)


def test_every_fragment_stands_in_the_example() -> None:
    fragments = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(fragments) >= 6
    assert [text for text in fragments if text not in EXAMPLE] == []


def test_every_kind_of_target_and_condition_is_in_the_tables() -> None:
    for union in (target.Target, condition.Condition):
        members = get_args(get_args(union)[0])
        kinds = {get_args(get_args(one)[0].model_fields["kind"].annotation)[0] for one in members}
        assert {kind for kind in kinds if f"`{kind}`" not in PAGE} == set()


def test_every_reason_for_refusing_has_its_page_in_the_table() -> None:
    slugs = {one.slug for one in RulebookFaulty.__subclasses__()}
    assert len(slugs) == 7
    assert {slug for slug in slugs if f"problems/{slug}.md" not in PAGE} == set()
