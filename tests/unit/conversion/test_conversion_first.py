from creditbank.domain.conversion.evaluating import evaluate
from creditbank.domain.conversion.results import Verdict
from creditbank.ledger import canonical
from tests.conversions import amount, book, case, course, elective, outcome, programme, registers
from tests.conversions import rule as a_rule

REGISTERS = registers(("programme", programme(("A", "2.00"), ("B", "3.00"))))


def test_a_scarce_outcome_goes_to_the_rule_that_needs_it() -> None:
    rules = book(
        a_rule("any", course("A"), amount("2.00")),
        a_rule("scarce", course("B"), amount("3.00", select={"scene": ["x"]})),
    )
    there = case(outcome("x", "3.00", scene="x"), outcome("y", "2.00"))
    results = evaluate(there, [rules], REGISTERS).results
    assert [(one.verdict, one.counted[0].outcome) for one in results] == [
        (Verdict.MET, "y"),
        (Verdict.MET, "x"),
    ]


def test_the_document_is_canonical_json() -> None:
    rules = book(a_rule("r", elective("4.00"), amount("0.00")))
    found = evaluate(case(outcome("x", "3.00")), [rules], REGISTERS)
    assert found.results[0].granted == 300
    assert canonical.encode(found.document())
