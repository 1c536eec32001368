"""An operator is erased by themselves: the entries, the learners and the proofs stay."""

from __future__ import annotations

from creditbank.services.actors import Poster
from creditbank.services.auditing import audit
from creditbank.services.forgetting import Forgotten, forget_operator
from creditbank.services.learners import PublishErasures
from creditbank.storage import reading
from tests.banks import ASSESSOR, SCHOOL, TestBank
from tests.factories import achievement, completion, course

WHO = "王经办"


def post(bank: TestBank, source_id: str, number: int, org: str = SCHOOL, **named: str) -> int:
    poster = Poster(bank.tokens[org].id, org, **named)
    index: int = bank.do(bank.intake.outcome(achievement(source_id, number), poster)).index
    return index


def parts(bank: TestBank, index: int) -> dict[str, object]:
    def read(connection: reading.Connection) -> dict[str, object]:
        (row,) = reading.entries_from(connection, index, 1)
        shown = reading.show_entry(
            connection, bank.bank.keyring, row, frozenset({"act", "actor", "person"})
        )
        return {name: part.value for name, part in shown.parts.items()} | {"erased": shown.erased}

    return bank.database.read_sync(read)


def test_an_operator_is_erased_and_nobody_else(bank: TestBank) -> None:
    gone = [
        post(bank, "w-1", 1, operator=WHO),
        post(bank, "w-2", 2, operator=WHO, reviewer="李复核"),
        post(bank, "w-3", 3, operator="别人", reviewer=WHO),
    ]
    kept = [
        post(bank, "w-4", 4, operator="别人"),
        post(bank, "w-5", 5),
        post(bank, "w-6", 6, org=ASSESSOR, operator=WHO),
    ]
    # each opened an account too, under the same actor
    found = forget_operator(bank.database, bank.bank.keyring, SCHOOL, WHO)
    assert found == Forgotten(entries=6, keys=3)
    for index in gone:
        told = parts(bank, index)
        assert (told["erased"], "actor" in told, "person" in told) == (True, False, True)
    for index in kept:
        assert "actor" in parts(bank, index)
    bank.require_clean()
    assert bank.do(PublishErasures(through_today=True)).index == bank.size - 1
    bank.require_clean()


def test_what_is_posted_afterwards_stands_under_a_new_key(bank: TestBank) -> None:
    post(bank, "w-1", 1, operator=WHO)
    keyring = bank.bank.keyring
    assert forget_operator(bank.database, keyring, SCHOOL, WHO).keys == 1
    assert forget_operator(bank.database, keyring, SCHOOL, WHO) == Forgotten(entries=0, keys=0)
    again = post(bank, "w-2", 2, operator=WHO)
    assert parts(bank, again)["actor"] == {"token": bank.tokens[SCHOOL].id, "operator": WHO}
    # a replay is answered all the same: who posted is no part of what was posted
    poster = Poster(bank.tokens[SCHOOL].id, SCHOOL, operator=WHO)
    assert bank.do(bank.intake.outcome(achievement("w-1", 1), poster)).replayed
    bank.require_clean()


def test_nothing_of_the_name_is_left_in_the_files(bank: TestBank) -> None:
    bank.post(completion("s-1", 1))
    bank.post(course("c-1", 2), SCHOOL)
    assert forget_operator(bank.database, bank.bank.keyring, SCHOOL, "经办甲").entries == 4
    assert audit(bank.database, bank.bank.keyring).is_clean
    assert forget_operator(bank.database, bank.bank.keyring, SCHOOL, "经办甲").entries == 0
