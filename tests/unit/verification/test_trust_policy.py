"""Trust policies: what they say, whom they believe, and what is no policy."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.errors.ledger import MalformedKey, SignatureInvalid
from creditbank.errors.verification import MalformedPolicy
from creditbank.ledger.keys import KeyType
from creditbank.ledger.note import NoteSigner, Signed
from creditbank.ledger.policy import MAX_POLICY_BYTES, parse_policy
from creditbank.ledger.suite import Ed25519Signer, MlDsa44Signer
from tests.proof_scene import ED25519, MLDSA44, ORIGIN, WITNESSES, standard_log

LOG = str(ED25519.key)
W1, W2, W3 = (str(witness.key) for witness in WITNESSES)
THREE = f"witness A {W1}\nwitness B {W2}\nwitness C {W3}\n"
NESTED = f"{THREE}group AB any A B\ngroup both all AB C\nquorum both\n"


def test_policy_says_what_its_lines_say() -> None:
    text = (
        "# 广东省学分银行\n"
        "\n"
        f" \tlog {LOG}\thttps://bank.example/log \n"
        f"log {MLDSA44.key}\n"
        f"witness A {W1} https://w1.example/\n"
        f"witness 乙 {W2}\n"
        "group G 2 A 乙\n"
        "quorum G\n"
    )
    policy = parse_policy(text)
    assert [(log.key, log.url) for log in policy.logs] == [
        (ED25519.key, "https://bank.example/log"),
        (MLDSA44.key, None),
    ]
    assert [(one.name, one.url) for one in policy.witnesses] == [
        ("A", "https://w1.example/"),
        ("乙", None),
    ]
    assert [(one.name, one.threshold, one.members) for one in policy.groups] == [
        ("G", 2, ("A", "乙"))
    ]
    assert policy.quorum == "G"


@pytest.mark.parametrize(
    ("lines", "needed"),
    [
        ("quorum none\n", 0),
        ("quorum B\n", 1),
        ("group G any A B C\nquorum G\n", 1),
        ("group G 2 A B C\nquorum G\n", 2),
        ("group G all A B C\nquorum G\n", 3),
        ("group G all A B\ngroup H any G C\nquorum H\n", 1),
        ("group G any A B\ngroup H all G C\nquorum H\n", 2),
    ],
)
def test_trust_asks_for_the_least_number_that_can_be_enough(lines: str, needed: int) -> None:
    policy = parse_policy(f"log {LOG}\n{THREE}{lines}")
    assert policy.trust(ORIGIN).quorum == needed
    enough = [
        len(names)
        for count in range(4)
        for names in combinations("ABC", count)
        if policy.satisfied(names)
    ]
    assert min(enough) == needed


def test_quorum_is_judged_by_names_of_the_policy() -> None:
    policy = parse_policy(NESTED)
    assert policy.satisfied({"A", "C"})
    assert policy.satisfied({"B", "C", "unheard of"})
    assert not policy.satisfied({"A", "B"})
    assert not policy.satisfied({"AB", "C", "both"}), "groups do not sign"
    assert not policy.satisfied(set())


def test_witnesses_are_recognised_by_their_keys() -> None:
    policy = parse_policy(NESTED)
    signed = [Signed(WITNESSES[1].key, 1), Signed(ED25519.key, None)]
    assert policy.names_of(signed) == {"B"}


def test_two_keys_of_one_witness_count_as_the_policy_says() -> None:
    both = [
        NoteSigner("w.example", KeyType.COSIGNATURE, Ed25519Signer(b"\7" * 32)),
        NoteSigner("w.example", KeyType.MLDSA44, MlDsa44Signer(b"\7" * 32)),
    ]
    policy = parse_policy(
        f"witness old {both[0].key}\nwitness new {both[1].key}\nwitness A {W1}\n"
        "group w all old new\nquorum w\n"
    )
    log = standard_log()
    checkpoint = log.checkpoint(witnesses=both)
    assert len(policy.verify(checkpoint, [ED25519.key]).witnesses) == 2
    with pytest.raises(SignatureInvalid, match="quorum"):
        policy.verify(log.checkpoint(witnesses=both[:1]), [ED25519.key])


def test_checkpoint_is_valid_if_log_and_quorum_have_signed() -> None:
    policy = parse_policy(f"log {LOG}\n{NESTED}")
    log = standard_log()
    verified = policy.verify(log.checkpoint(witnesses=[WITNESSES[0], WITNESSES[2]]))
    assert policy.names_of(verified.witnesses) == {"A", "C"}
    with pytest.raises(SignatureInvalid, match="quorum"):
        policy.verify(log.checkpoint(witnesses=WITNESSES[:2]))
    with pytest.raises(SignatureInvalid, match="quorum"):
        policy.verify(log.checkpoint(witnesses=WITNESSES[:1]))
    with pytest.raises(SignatureInvalid):
        parse_policy(NESTED).verify(log.checkpoint(witnesses=WITNESSES))


def test_keys_of_other_logs_are_not_this_ones() -> None:
    other = NoteSigner("other.example/log", KeyType.ED25519, Ed25519Signer(b"\6" * 32)).key
    policy = parse_policy(f"log {LOG}\nlog {other}\nquorum none\n")
    assert policy.trust(ORIGIN).log == (ED25519.key,)
    assert policy.trust(ORIGIN, [MLDSA44.key, ED25519.key]).log == (ED25519.key, MLDSA44.key)
    assert policy.trust("third.example/log").log == ()


def test_witness_under_the_name_of_the_log_is_refused() -> None:
    posing = NoteSigner(ORIGIN, KeyType.COSIGNATURE, Ed25519Signer(b"\7" * 32)).key
    policy = parse_policy(f"log {LOG}\nwitness A {posing}\nquorum A\n")
    with pytest.raises(MalformedKey, match="ambiguous"):
        policy.trust(ORIGIN)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "no_quorum"),
        (f"log {LOG}\n", 2, "no_quorum"),
        ("quorum none", 1, "line_not_ended"),
        ("quorum none\n# cut", 2, "line_not_ended"),
        ("quorum none\nquorum none\n", 2, "quorum_repeated"),
        ("quorum\n", 1, "items"),
        ("quorum none none\n", 1, "items"),
        ("quorum none # why\n", 1, "items"),
        ("quorum A\nwitness A key\n", 1, "name_not_defined"),
        ("Quorum none\n", 1, "keyword"),
        ("quorum none\r\n", 1, "character"),
        ("quorum\vnone\n", 1, "character"),
        ("quorum none\n\x7f\n", 2, "character"),
        ("quorum none\n# \ud800\n", 2, "character"),
        ("quorum\u00a0none\n", 1, "keyword"),
        ("log\n", 1, "items"),
        (f"log {LOG} url more\n", 1, "items"),
        (f"log {LOG[:-2]}\n", 1, "key"),
        (f"log {W1}\n", 1, "key_type"),
        (f"log {LOG}\nlog {LOG}\n", 2, "key_repeated"),
        ("witness A\n", 1, "items"),
        (f"witness A {LOG}\n", 1, "key_type"),
        (f"witness none {W1}\n", 1, "name_taken"),
        (f"witness A {W1}\nwitness A {W2}\n", 2, "name_taken"),
        (f"witness A {W1}\nwitness B {W1}\n", 2, "key_repeated"),
        (f"{THREE}group G any\n", 4, "items"),
        (f"{THREE}group A any B\n", 4, "name_taken"),
        (f"{THREE}group G any G\n", 4, "name_not_defined"),
        (f"{THREE}group G any D\n", 4, "name_not_defined"),
        (f"{THREE}group G any none\n", 4, "name_not_defined"),
        (f"{THREE}group G any A A\n", 4, "member_repeated"),
        (f"{THREE}group G any A\ngroup H any A B\n", 5, "member_repeated"),
        (f"{THREE}group G 0 A\n", 4, "threshold"),
        (f"{THREE}group G 2 A\n", 4, "decimal"),
        (f"{THREE}group G 01 A\n", 4, "decimal"),
        (f"{THREE}group G some A\n", 4, "decimal"),
        ("#" * (MAX_POLICY_BYTES + 1), 1, "size"),
    ],
)
def test_other_text_is_no_policy(text: str, line: int, reason: str) -> None:
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(text)
    assert caught.value.fields == {"line": line, "reason": reason}


def test_one_key_under_two_names_is_the_same_witness_twice() -> None:
    same = NoteSigner("other.example", KeyType.COSIGNATURE, WITNESSES[0].signer).key
    with pytest.raises(MalformedPolicy, match="key_repeated"):
        parse_policy(f"witness A {W1}\nwitness B {same}\nquorum A\n")


def test_many_nested_groups_are_judged_without_recursion() -> None:
    count = 2_000
    groups = "".join(
        f"group G{number} any {'A' if number == 0 else f'G{number - 1}'}\n"
        for number in range(count)
    )
    policy = parse_policy(f"witness A {W1}\n{groups}quorum G{count - 1}\n")
    assert policy.satisfied({"A"})
    assert not policy.satisfied(set())
    assert policy.trust(ORIGIN).quorum == 1


LINES = st.lists(
    st.sampled_from(
        ["log", "witness", "group", "quorum", "none", "any", "2", "A", "B", LOG, W1, W2]
    )
    | st.text(max_size=4),
    max_size=6,
).map(" ".join)


@given(st.lists(LINES, max_size=8).map(lambda lines: "".join(f"{line}\n" for line in lines)))
def test_parsing_any_text_gives_a_policy_or_says_what_is_wrong(text: str) -> None:
    try:
        policy = parse_policy(text)
    except MalformedPolicy:
        return
    names = {witness.name for witness in policy.witnesses}
    assert policy.satisfied(names), "all witnesses together are always enough"
