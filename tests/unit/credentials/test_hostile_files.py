"""Files as large as they may be, made so that reading them takes long or much memory."""

from __future__ import annotations

import time
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from creditbank.credentials.extracting import MAX_FILE_BYTES, extract
from creditbank.credentials.svg_reading import MAX_SVG_BYTES
from creditbank.errors.verification import MalformedDocument

SECONDS = 8.0
"""A limit for a busy machine; what these guard against took minutes."""
MEMORY_BYTES = 120 * 1024 * 1024
"""Beside the file itself; trees of the same files took gigabytes."""
LARGE = MAX_FILE_BYTES - 100_000


def pdf(*objects: bytes, size: int | None = None) -> bytes:
    """Return a PDF of these objects, the first of which is the catalogue, with a table of them."""
    made, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(made) + trailer % (size or len(objects) + 1, table)


def attaching(content: bytes, filters: bytes, many: int = 1) -> bytes:
    """Return a PDF to which the same stream is attached, perhaps many times."""
    names = b"".join(b"(a%d)2 0 R" % number for number in range(many))
    stream = b"<</Type/EmbeddedFile/Filter%s/Length %d>>\nstream\n%s\nendstream"
    return pdf(
        b"<</Type/Catalog/Names<</EmbeddedFiles<</Names[%s]>>>>>>" % names,
        b"<</Type/Filespec/F(a)/EF<</F 3 0 R>>>>",
        stream % (filters, len(content), content),
    )


def bomb() -> bytes:
    return attaching(zlib.compress(b"\0" * 60_000_000), b"/FlateDecode")


def bomb_in_a_bomb() -> bytes:
    inner = zlib.compress(b"\0" * 200_000_000, 9)
    return attaching(zlib.compress(inner, 9), b"[/FlateDecode/FlateDecode]")


def many_attachments() -> bytes:
    return attaching(zlib.compress(b"\0" * 250_000), b"/FlateDecode", 50_000)


def names_of_nothing() -> bytes:
    names = b"".join(b"(a%d)%d 0 R" % (number, number + 9) for number in range(300_000))
    return pdf(b"<</Type/Catalog/Names<</EmbeddedFiles<</Names[%s]>>>>>>" % names)


def no_catalogue() -> bytes:
    return pdf(b"<</Type/None>>", b"(" + b"x" * LARGE + b")", size=10_000)


def no_table() -> bytes:
    return b"%PDF-1.7\n" + b"1 0 obj\n<<>>\nendobj\n" * (LARGE // 20)


def table_elsewhere() -> bytes:
    return no_table() + b"trailer\n<</Root 1 0 R/Size 9>>\nstartxref\n7\n%%EOF\n"


def round_in_circles() -> bytes:
    kids = [b"<</Kids[%d 0 R %d 0 R]>>" % (number + 1, number + 1) for number in range(2, 60)]
    catalogue = b"<</Type/Catalog/Names<</EmbeddedFiles 2 0 R>>>>"
    return pdf(catalogue, *kids, b"<</Kids[2 0 R]>>")


def nested() -> bytes:
    return pdf(b"[" * LARGE)


def picture(content: bytes) -> bytes:
    return b'<svg xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0">' + content


def elements() -> bytes:
    return picture(b"<g/>" * (LARGE // 4))


def fewer_elements() -> bytes:
    return picture(b"<g/>" * (MAX_SVG_BYTES // 4 - 100))


def attributes() -> bytes:
    many = b" ".join(b"a%d=''" % number for number in range(MAX_SVG_BYTES // 12))
    return b"<svg " + many + b"/>"


def long_text() -> bytes:
    text = b"{" * (MAX_SVG_BYTES - 1000)
    return picture(b"<openbadges:credential>" + text + b"</openbadges:credential></svg>")


def pieces() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + (b"\0\0\0\3tEXta\0b" + b"\0\0\0\0") * (LARGE // 15)


@pytest.mark.parametrize(
    "make",
    [
        bomb,
        bomb_in_a_bomb,
        many_attachments,
        names_of_nothing,
        no_catalogue,
        no_table,
        table_elsewhere,
        round_in_circles,
        nested,
        elements,
        fewer_elements,
        attributes,
        long_text,
        pieces,
    ],
)
def test_no_file_takes_long_or_much(make: Callable[[], bytes]) -> None:
    file = make()
    assert len(file) <= MAX_FILE_BYTES
    began = time.process_time()
    with pytest.raises(MalformedDocument):
        extract(file)
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("make", [elements, fewer_elements, bomb_in_a_bomb, nested])
def test_no_file_is_unpacked_into_memory(make: Callable[[], bytes]) -> None:
    file = make()
    tracemalloc.start()
    try:
        with pytest.raises(MalformedDocument):
            extract(file)
        assert tracemalloc.get_traced_memory()[1] < MEMORY_BYTES
    finally:
        tracemalloc.stop()
