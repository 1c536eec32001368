"""Files made to hurt whoever verifies them: they are refused, quickly, and nothing is fetched."""

from __future__ import annotations

import base64
import gzip
import io
import json
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter

from creditbank.credentials.extracting import MAX_FILE_BYTES, extract
from creditbank.credentials.limits import MAX_CREDENTIAL_BYTES, MAX_DEPTH
from creditbank.credentials.signing import JCS, compact_bytes
from creditbank.credentials.subjects import MAX_ASKED
from creditbank.domain.certifying import Purpose, StatusPlace
from creditbank.domain.verification import Result
from creditbank.errors.verification import MalformedDocument
from tests.credential_scene import (
    ISSUER,
    KEY,
    World,
    answers,
    badge,
    copied,
    record,
    sd_jwt,
    signed,
)


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return signed(badge())


def reason_of(data: bytes | str) -> str:
    with pytest.raises(MalformedDocument) as refused:
        extract(data)
    return str(refused.value.fields["reason"])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "syntax"),
        (b"{", "syntax"),
        (b"[1]", "syntax"),
        (b"null", "syntax"),
        (b'{"a": NaN}', "syntax"),
        (b'{"a": 1, "a": 2}', "duplicate_member"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\udc00": 1}', "surrogate"),
        (b'{"a": ' + b"9" * 500 + b"}", "integer_range"),
        (b'{"a": "\xff"}', "syntax"),
        (b'{"a": ' + b"[" * 3000 + b"]" * 3000 + b"}", "depth"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "depth"),
        (b'{"a": [' + b"1," * 30_000 + b"1]}", "size"),
        (b'{"a": "' + b"x" * MAX_CREDENTIAL_BYTES + b'"}', "size"),
        (b" " * (MAX_FILE_BYTES + 1), "size"),
        ("\ud800", "syntax"),
        (b"a.b.c", "syntax"),
        (b"a.b.c~" + b"A" * MAX_CREDENTIAL_BYTES, "size"),
        (b"\x89PNG\r\n\x1a\n", "no_credential"),
        (b"\x89PNG\r\n\x1a\n" + b"\x7f\xff\xff\xffiTXt", "no_credential"),
        (b"<svg", "no_credential"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no_credential"),
        (b"%PDF-1.7", "no_credential"),
        (b"%PDF-1.7\n" + b"1 0 obj\n<</Length 99999999>>stream\n" * 100, "no_credential"),
    ],
)
def test_what_is_no_certificate_is_refused(data: bytes | str, reason: str) -> None:
    assert reason_of(data) == reason
    report = World().verify(data)
    assert (report.result, answers(report)) == (Result.NOT_VALID, {"malformed"})


def test_entities_of_a_picture_are_not_expanded() -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    picture = (
        f'<!DOCTYPE svg [<!ENTITY l0 "lol">{lol}]><svg xmlns:openbadges="x">'
        "<openbadges:credential>&l11;</openbadges:credential></svg>"
    )
    outside = (
        '<!DOCTYPE svg [<!ENTITY f SYSTEM "file:///etc/passwd">]><svg xmlns:openbadges="x">'
        "<openbadges:credential>&f;</openbadges:credential></svg>"
    )
    assert reason_of(picture) == reason_of(outside) == "no_credential"


def _png(*chunks: tuple[bytes, bytes]) -> bytes:
    def chunk(tag: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(tag + data) & 0xFFFFFFFF
        return len(data).to_bytes(4) + tag + data + crc.to_bytes(4)

    header = (b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0")
    body = b"".join(chunk(*one) for one in (header, *chunks, (b"IEND", b"")))
    return b"\x89PNG\r\n\x1a\n" + body


def test_a_compressed_chunk_is_unpacked_no_further_than_a_certificate(
    whole: dict[str, Any],
) -> None:
    keyword = b"openbadgecredential\0"
    bomb = zlib.compress(b" " * 40_000_000)
    assert reason_of(_png((b"iTXt", keyword + b"\1\0\0\0" + bomb))) == "no_credential"
    plain = _png((b"iTXt", keyword + b"\0\0\0\0" + compact_bytes(whole)))
    assert extract(plain) == whole


def _pdf(*attachments: tuple[str, bytes]) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(10, 10)
    for name, content in attachments:
        writer.add_attachment(name, content)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def test_a_pdf_is_searched_for_the_attachment_that_is_a_certificate(
    whole: dict[str, Any],
) -> None:
    other = ("notes.txt", b"hello")
    assert extract(_pdf(other, ("credential.json", compact_bytes(whole)))) == whole
    assert extract(_pdf(("credential.sd-jwt", sd_jwt().encode()))) == sd_jwt()
    assert reason_of(_pdf(other)) == "syntax"
    assert reason_of(_pdf()) == "no_credential"
    assert reason_of(_pdf(("big.json", b"{" + b" " * MAX_CREDENTIAL_BYTES))) == "no_credential"


def test_a_graph_made_to_keep_a_processor_busy_is_given_up(whole: dict[str, Any]) -> None:
    document = copied(whole)
    names = [f"_:n{number}" for number in range(10)]
    nodes: list[dict[str, Any]] = [
        {
            "id": name,
            "type": ["Evidence"],
            "evidence": [{"id": one} for one in names if one != name],
        }
        for name in names
    ]
    document["evidence"] = nodes
    began = time.process_time()
    assert World().verify(document).result is Result.NOT_VALID
    assert time.process_time() - began < 10


def test_very_many_nodes_are_given_up(whole: dict[str, Any]) -> None:
    document = copied(whole)
    document["evidence"] = [{"id": f"urn:x:{n}", "type": ["Evidence"]} for n in range(4000)]
    began = time.process_time()
    assert World().verify(document).result is Result.NOT_VALID
    assert time.process_time() - began < 20


def test_depth_is_bounded_for_values_as_well_as_for_bytes(whole: dict[str, Any]) -> None:
    document = copied(whole)
    value: dict[str, Any] = {}
    for _ in range(MAX_DEPTH + 1):
        value = {"a": value}
    document["evidence"] = value
    assert answers(World().verify(document)) == {"malformed"}


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "https://evil.example/context.jsonld",
        "https://www.w3.org/ns/credentials/v2/",
        "https://evil.example/contexts/skills-credit-v1.jsonld",
        "did:web:evil.example",
    ],
)
def test_contexts_are_never_fetched(whole: dict[str, Any], url: str) -> None:
    document = copied(whole)
    document["@context"].append(url)
    world = World()
    assert answers(world.verify(document)) == {"context_unknown"}
    assert world.asked == []


def test_nothing_is_asked_for_what_does_not_hold(whole: dict[str, Any]) -> None:
    document = copied(whole)
    document["credentialStatus"] = {
        "id": "http://169.254.169.254/#1",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "1",
        "statusListCredential": "http://169.254.169.254/",
    }
    world = World()
    assert answers(world.verify(document)) == {"forged"}
    assert world.asked == [ISSUER.did]


def _list(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], Any]:
    """Return a way to change a list before the issuer signs it: the issuer itself is hostile."""

    def changed(document: dict[str, Any]) -> dict[str, Any]:
        document = {name: value for name, value in document.items() if name != "proof"}
        document["credentialSubject"] = dict(document["credentialSubject"])
        change(document["credentialSubject"])
        return signed(document)

    return changed


def _packed(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "encoded",
    [
        _packed(gzip.compress(bytes(40_000_000), mtime=0)),  # a bomb
        _packed(gzip.compress(bytes(100), mtime=0)),  # too short to hide in
        _packed(b"no gzip"),
        "x",
        "",
        7,
    ],
)
def test_lists_of_a_hostile_issuer_say_nothing(whole: dict[str, Any], encoded: object) -> None:
    world = World(changed=_list(lambda subject: subject.update(encodedList=encoded)))
    began = time.process_time()
    report = world.verify(whole)
    assert (report.result, answers(report)) == (Result.UNDECIDABLE, {"status_unusable"})
    assert time.process_time() - began < 10


@pytest.mark.parametrize("position", ["99999999", "-1", "1.5", "٣", ""])
def test_positions_outside_a_list_say_nothing(position: str) -> None:
    document = badge()
    entry = dict(document["credentialStatus"][0]) | {"statusListIndex": position}
    made = signed(document | {"credentialStatus": entry})
    assert answers(World().verify(made)) == {"status_unusable"}


def test_a_record_cannot_make_us_ask_without_end() -> None:
    inside = []
    for number in range(40):
        place = StatusPlace(Purpose.REVOCATION, f"https://bank.example/status/{number}", 1)
        inside.append(signed(badge(f"inside-{number}", status=(place,)), KEY, JCS))
    world = World(down={"all lists"})
    report = world.verify(signed(record(*inside, status=()), KEY, JCS))
    assert report.result is Result.UNDECIDABLE
    assert len([url for url in world.asked if url.startswith("https:")]) == MAX_ASKED
    assert world.asked.count(ISSUER.did) == 1


def test_what_a_stranger_put_together_is_not_gone_through() -> None:
    inside = [signed(badge(f"inside-{number}"), KEY, JCS) for number in range(3)]
    made = signed(record(*inside, status=()), KEY, JCS)
    report = World(known=frozenset()).verify(made)
    assert report.result is Result.UNDECIDABLE
    assert answers(report) == {"issuer_unknown", "later_unknown"}
    assert [one.kind for one in report.credentials] == ["clr"]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=300) | st.text(max_size=300))
def test_no_bytes_at_all_raise_anything_but_the_one_refusal(data: bytes | str) -> None:
    try:
        extract(data)
    except MalformedDocument:
        return


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(value=_JSON, name=st.sampled_from(sorted(badge())))
def test_no_value_in_any_member_makes_the_verifier_stumble(value: Any, name: str) -> None:
    document = signed_once() | {name: value}
    report = World().verify(json.loads(json.dumps(document)))
    assert report.result is not Result.VALID or document == signed_once()


_SIGNED: list[dict[str, Any]] = []


def signed_once() -> dict[str, Any]:
    """Return the signed badge, made once."""
    if not _SIGNED:
        _SIGNED.append(signed(badge()))
    return _SIGNED[0]
