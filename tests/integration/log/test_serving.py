"""The log as files: what is sent, how long it may be kept, and never more than is published."""

from __future__ import annotations

import gzip
import http.server
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from creditbank.ledger.checkpoint import Trust, parse_checkpoint, verify_checkpoint
from creditbank.ledger.entry import leaf_hash
from creditbank.ledger.merkle import CompactRange
from creditbank.ledger.proofs import check_consistency, prove_inclusion, subtree_root
from creditbank.ledger.tiles import (
    bundles_between,
    parse_bundle,
    parse_hashes,
    parse_path,
    read_from_tiles,
    tiles_between,
)
from creditbank.services.publishing import Publisher
from tests.integration.log.processes import ON_SQLITE, Processes
from tests.integration.log.serving import served, slug_of

FOR_EVER = "public, max-age=31536000, immutable"


@pytest_asyncio.fixture
async def publisher(log: Processes) -> Publisher:
    """A publisher after its first round."""
    started = log.start()
    await started.publish()
    return started


@pytest_asyncio.fixture
async def client(log: Processes, publisher: Publisher) -> AsyncIterator[httpx.AsyncClient]:
    async with served(log, publisher) as opened:
        yield opened


async def test_the_newest_checkpoint_is_kept_for_a_moment_only(
    log: Processes, publisher: Publisher, client: httpx.AsyncClient
) -> None:
    first = await client.get("/log/checkpoint")
    assert first.headers["content-type"] == "text/plain; charset=utf-8"
    assert first.headers["cache-control"] == "public, max-age=1"
    assert parse_checkpoint(first.content) == log.newest()
    log.post()
    assert (await client.get("/log/checkpoint")).content == first.content
    await publisher.publish()
    second = await client.get("/log/checkpoint")
    assert parse_checkpoint(second.content).head.size == log.head[0]
    assert second.headers["etag"] != first.headers["etag"]


@ON_SQLITE
async def test_checkpoints_of_before_are_kept_for_ever(
    log: Processes, publisher: Publisher, client: httpx.AsyncClient
) -> None:
    for _ in range(2):
        log.post()
        await publisher.publish()
    listed = (await client.get("/log/checkpoints")).json()
    sizes = [checkpoint.head.size for checkpoint in log.published()]
    assert listed == {"sizes": sizes}
    for size in sizes:
        answer = await client.get(f"/log/checkpoints/{size}")
        assert parse_checkpoint(answer.content).head.size == size
        assert answer.headers["cache-control"] == FOR_EVER
    page = (await client.get(f"/log/checkpoints?after={sizes[0]}&limit=1")).json()
    assert page == {"sizes": [sizes[1]], "next": sizes[1]}
    for wrong in (sizes[-1] + 1, 0, "-1", "x", "9" * 30, "٣"):
        answer = await client.get(f"/log/checkpoints/{wrong}")
        assert (answer.status_code, slug_of(answer)) == (404, "not-in-log")


@ON_SQLITE
async def test_tiles_never_change_and_say_so(log: Processes, client: httpx.AsyncClient) -> None:
    size = log.head[0]
    for path in (f"tile/0/000.p/{size}", f"tile/entries/000.p/{size}", "tile/0/000.p/1"):
        answer = await client.get(f"/log/{path}")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == FOR_EVER
        again = await client.get(f"/log/{path}", headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == FOR_EVER
        assert again.headers["etag"] == answer.headers["etag"]


@ON_SQLITE
@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ('"{tag}"', 304), ('W/"{tag}"', 304), ('"other", "{tag}"', 304), ("*", 304),
        ('"other"', 200), ("", 200), ("{tag}", 200),
    ],
)  # fmt: skip
async def test_conditions(client: httpx.AsyncClient, condition: str, status: int) -> None:
    tag = (await client.get("/log/tile/0/000.p/3")).headers["etag"].strip('"')
    named = condition.replace("{tag}", tag)
    answer = await client.get("/log/tile/0/000.p/3", headers={"if-none-match": named})
    assert answer.status_code == status


@ON_SQLITE
@pytest.mark.parametrize(
    ("accepted", "zipped"),
    [
        ("gzip", True), ("GZIP", True), ("br, gzip;q=0.5", True), ("*", True), ("x-gzip", True),
        ("gzip;q=0", False), ("gzip; q=0.000", False), ("identity", False), ("br", False),
        ("*;q=0", False), ("", False), ("gzip;q=0, *", False),
    ],
)  # fmt: skip
async def test_bundles_are_compressed_for_those_who_ask(
    log: Processes, client: httpx.AsyncClient, accepted: str, zipped: bool
) -> None:
    path = f"/log/tile/entries/000.p/{log.head[0]}"
    async with client.stream("GET", path, headers={"accept-encoding": accepted}) as answer:
        sent = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert (answer.headers.get("content-encoding") == "gzip") is zipped
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-length"] == str(len(sent))
    assert answer.headers["etag"].endswith('-gzip"') is zipped
    leaves = parse_bundle(gzip.decompress(sent) if zipped else sent, log.head[0])
    assert len(leaves) == log.head[0]


@ON_SQLITE
async def test_hashes_are_not_compressed(client: httpx.AsyncClient) -> None:
    answer = await client.get("/log/tile/0/000.p/3", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert "vary" not in answer.headers


@ON_SQLITE
async def test_nothing_beyond_the_published_size_is_sent(
    log: Processes, publisher: Publisher, client: httpx.AsyncClient
) -> None:
    published = log.head[0]
    log.post(2)
    committed = log.head[0]
    for kind in ("0", "entries"):
        assert (await client.get(f"/log/tile/{kind}/000.p/{published}")).status_code == 200
        for width in range(published + 1, committed + 2):
            answer = await client.get(f"/log/tile/{kind}/000.p/{width}")
            assert (answer.status_code, slug_of(answer)) == (404, "not-in-log")
            assert answer.headers["cache-control"] == "no-store"
            assert answer.json()["size"] == published
    await publisher.publish()
    for kind in ("0", "entries"):
        assert (await client.get(f"/log/tile/{kind}/000.p/{committed}")).status_code == 200


@ON_SQLITE
@pytest.mark.parametrize(
    "path",
    [
        "0/000", "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/0", "0/001", "00/000", "64/000",
        "-1/000", "0/x000/000", "0/000/", "1/000.p/1", "entries/000", "entries/001", "data/000",
        "0/000.p/1/", "0/000.p", "0", "", "0/000.p/%31%00", "0/٠٠٠.p/1",
        "0/999/999", "0/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/999",
    ],
)  # fmt: skip
async def test_what_is_no_tile_of_the_log_is_not_found(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(f"/log/tile/{path}")
    assert answer.status_code == 404


@ON_SQLITE
async def test_heads_say_what_a_get_would(log: Processes, client: httpx.AsyncClient) -> None:
    for path in ("checkpoint", "tile/0/000.p/3", f"checkpoints/{log.head[0]}"):
        head = await client.head(f"/log/{path}")
        assert head.status_code == 200
        assert head.headers["etag"] == (await client.get(f"/log/{path}")).headers["etag"]


@ON_SQLITE
async def test_before_the_first_publication_there_is_no_file(log: Processes) -> None:
    async with served(log, log.start()) as client:
        for path in ("checkpoint", f"checkpoints/{log.head[0]}", "tile/0/000.p/1"):
            answer = await client.get(f"/log/{path}")
            assert (answer.status_code, slug_of(answer)) == (404, "not-in-log")
        assert (await client.get("/log/checkpoints")).json() == {"sizes": []}
        state = (await client.get("/v1/log/status")).json()
    assert state == {"state": "starting", "signed": 0, "published": 0, "committed": log.head[0]}


@ON_SQLITE
async def test_memory_for_files_is_bounded(
    log: Processes, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creditbank.services.log_files._KEPT_BYTES_MAX", 1000)
    sent = [await publisher.files.tile(f"tile/0/000.p/{width}") for width in range(1, 20)]
    assert [len(file.body) for file in sent] == [32 * width for width in range(1, 20)]
    assert sum(len(file.body) for file in publisher.files._kept.values()) <= 1000
    again = await publisher.files.tile("tile/0/000.p/19")
    assert again is sent[-1]


# --- a static copy


@pytest.fixture
def folder_server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address of a plain file server for it."""

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
            pass

    folder = tmp_path / "static"
    folder.mkdir()
    handler = partial(Silent, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


async def copy(client: httpx.AsyncClient, folder: Path, size: int) -> None:
    """Copy all files of the log at `size`, as `/log` serves them."""
    paths = [one.path for one in (*tiles_between(0, size), *bundles_between(0, size))]
    for path in ("checkpoint", *paths):
        answer = await client.get(f"/log/{path}")
        assert answer.status_code == 200
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(answer.content)


def verify_copy(address: str, log: Processes) -> int:
    """Return the size of a log after checking every file of it, over plain HTTP."""
    with httpx.Client(base_url=address, trust_env=False) as client:

        def get(path: str) -> bytes:
            answer = client.get(f"/{path}")
            assert answer.status_code == 200
            return answer.content

        trust = Trust(log.origin, log.keys_now)
        head = verify_checkpoint(parse_checkpoint(get("checkpoint")), trust).head
        tiles = {tile.path: get(tile.path) for tile in tiles_between(0, head.size)}
        leaves = [
            leaf
            for bundle in bundles_between(0, head.size)
            for leaf in parse_bundle(get(bundle.path), bundle.width)
        ]
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    assert (tree.size, tree.root()) == (head.size, head.root)
    hashes = {
        (parse_path(path).level, parse_path(path).index): parse_hashes(data, parse_path(path).width)
        for path, data in tiles.items()
    }
    read = read_from_tiles(lambda level, index: hashes[level, index])
    assert subtree_root(read, 0, head.size) == head.root
    assert read(0, head.size - 1) == leaf_hash(leaves[-1])
    prove_inclusion(read, head.size // 2, head.size)
    return head.size


@ON_SQLITE
async def test_a_copy_behind_a_plain_file_server_is_the_same_log(
    log: Processes, publisher: Publisher, client: httpx.AsyncClient,
    folder_server: tuple[Path, str],
) -> None:  # fmt: skip
    folder, address = folder_server
    log.post_batch(300)
    size = await publisher.publish()
    assert size > 512
    await copy(client, folder, size)
    assert verify_copy(address, log) == size


# --- proofs


@ON_SQLITE
async def test_consistency_is_proved_between_published_sizes(
    log: Processes, publisher: Publisher, client: httpx.AsyncClient
) -> None:
    old = log.newest().head
    log.post(3)
    await publisher.publish()
    new = log.newest().head
    answer = await client.get(f"/v1/log/consistency?old={old.size}&new={new.size}")
    assert answer.headers["cache-control"] == FOR_EVER
    proof = [bytes.fromhex(node) for node in answer.json()["proof"]]
    check_consistency(old=old.size, old_root=old.root, new=new.size, new_root=new.root, proof=proof)
    assert (await client.get(f"/v1/log/consistency?old=0&new={new.size}")).json()["proof"] == []
    for query, slug in (
        (f"old={old.size + 1}&new={new.size}", "not-in-log"),
        (f"old={old.size}&new={new.size + 1}", "not-in-log"),
        (f"old={new.size}&new={old.size}", "request-invalid"),
        (f"old=-1&new={new.size}", "request-invalid"),
        ("old=1", "request-invalid"),
    ):
        assert slug_of(await client.get(f"/v1/log/consistency?{query}")) == slug


@ON_SQLITE
async def test_keys_and_status_are_for_everyone(
    log: Processes, publisher: Publisher, client: httpx.AsyncClient
) -> None:
    keys = (await client.get("/v1/log/keys")).json()
    assert keys["periods"][0]["keys"] == [str(key) for key in log.keys_now]
    log.post()
    published = log.newest().head.size
    status = (await client.get("/v1/log/status")).json()
    assert status == {
        "state": "published", "signed": published, "published": published,
        "committed": log.head[0],
    }  # fmt: skip
    log.record.unlink()
    assert await publisher.checkpoint_of(*log.head) is None
    status = (await client.get("/v1/log/status")).json()
    assert (status["state"], status["reason"]) == ("frozen", "record_missing")
