"""Two servers' files: each copies what the other has, while it comes, after a pause, and after a loss."""

import asyncio
import hashlib
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from server.archive.blobs import KEPT_S, BlobStore
from server.cluster.file_copying import FileCopying
from server.cluster.file_link import FileLink
from server.cluster.file_messages import (
    PIECE_BYTES,
    WANTS_AHEAD,
    FileHas,
    FileOffer,
    FilePiece,
    FileWant,
)
from server.engine.round import PairState
from server.protocol.errors import Refusal
from tests.cluster.file_sides import CONTENT, KEY, SHA256, Side, run, until

# What a link needs that neither dials nor is dialed.
ENDS: Final[dict[str, Any]] = {
    "identity": SimpleNamespace(server="a", peer="b"),
    "address": None,
    "terms": None,
    "hub": SimpleNamespace(pair=PairState("leader", "dual", "", "", 0), now=time.monotonic),
}


def test_a_file_is_copied_while_it_comes(tmp_path: Path) -> None:
    async def script(a: Side, b: Side) -> None:
        assert await a.files.begin(KEY, len(CONTENT)) == 0
        half = PIECE_BYTES * WANTS_AHEAD
        await a.receive(0, half)
        # Whole pieces: the rest of the last one comes with what follows.
        await until(lambda: b.blobs.received(*KEY) >= half - PIECE_BYTES)
        assert not b.blobs.has(SHA256)
        await a.receive(half, len(CONTENT))
        await until(lambda: b.blobs.has(SHA256))
        assert b.read() == CONTENT
        while not await a.copying.wait_for_copy(KEY):
            pass
        assert b.blobs.is_shown(*KEY)
        asked = [message for message in a.sent if isinstance(message, FilePiece)]
        assert sum(len(piece.data) for piece in asked) == len(CONTENT)

    run(tmp_path, script)


def test_the_sender_goes_on_at_the_other_server(tmp_path: Path) -> None:
    async def script(a: Side, b: Side) -> None:
        await a.files.begin(KEY, len(CONTENT))
        await a.receive(0, 600_000)
        await until(lambda: b.blobs.received(*KEY) >= 600_000 - PIECE_BYTES)
        # The first server is gone.
        a.is_linked = b.is_linked = False
        b.copying.stop()
        received = await b.files.begin(KEY, len(CONTENT))
        assert isinstance(received, int)
        assert received >= 600_000 - PIECE_BYTES
        await b.receive(received, len(CONTENT))
        assert b.read() == CONTENT

    run(tmp_path, script)


def test_a_sender_who_changes_sides_in_the_middle_disturbs_nothing(tmp_path: Path) -> None:
    async def script(a: Side, b: Side) -> None:
        await a.files.begin(KEY, len(CONTENT))
        await a.receive(0, 700_000)
        received = await b.files.begin(KEY, len(CONTENT))
        assert isinstance(received, int)
        while received < len(CONTENT):
            taken = await b.files.take(KEY, received, CONTENT[received : received + 50_000])
            if not isinstance(taken, Refusal):
                received = taken[0]
            elif taken.code == "wrong_offset":
                # The copy was faster.
                received = int(taken.arguments["received"])
            else:
                assert taken.code == "unknown_upload"
                break
        await until(lambda: b.blobs.has(SHA256) and a.blobs.has(SHA256))
        assert a.read() == b.read() == CONTENT

    run(tmp_path, script)


def test_what_messages_carry_and_is_not_here_is_fetched(tmp_path: Path) -> None:
    async def script(a: Side, b: Side) -> None:
        b.is_linked = False
        await a.files.begin(KEY, len(CONTENT))
        await a.receive(0, len(CONTENT))
        b.copying.stop()
        # It comes back, and knows by the archive what it missed.
        b.is_linked = True
        b.copying = FileCopying(b.files, lambda: b.uses, b._send)
        b.copying.start()
        for uses in (a.uses, b.uses):
            uses.add(SHA256, "general", "anna", len(CONTENT))
        await until(lambda: b.blobs.has(SHA256))
        assert b.read() == CONTENT
        # It was nobody's own transfer there.
        assert not b.blobs.is_shown(*KEY)

    run(tmp_path, script)


def test_what_is_being_copied_is_not_erased_for_what_was_deleted_before(tmp_path: Path) -> None:
    async def script(a: Side, b: Side) -> None:
        def is_held() -> bool:
            return b.files.is_held(SHA256, lambda _device, _counter: False)

        await a.files.begin(KEY, len(CONTENT))
        await until(is_held)
        assert not b.blobs.has(SHA256)
        await a.receive(0, len(CONTENT))
        await until(lambda: FileHas(*KEY) in b.sent)
        # Nor before its message can be here.
        assert is_held()

    run(tmp_path, script)


def test_what_will_not_come_is_held_no_more(tmp_path: Path) -> None:
    async def script(a: Side, b: Side) -> None:
        a.copying.offer(KEY, len(CONTENT))
        await until(lambda: b.copying._copies)
        await until(lambda: not b.copying._copies)
        assert not b.files.is_held(SHA256, lambda _device, _counter: False)

    run(tmp_path, script)


def test_what_is_being_erased_is_copied_when_that_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()

    async def script(a: Side, b: Side) -> None:
        def remove(sha256: str) -> bool:
            assert goes_on.wait(60)
            return BlobStore.remove(b.blobs, sha256)

        for side in (a, b):
            side.is_linked = False
            await side.files.begin(KEY, len(CONTENT))
            await side.receive(0, len(CONTENT))
            side.is_linked = True
        monkeypatch.setattr(b.blobs, "remove", remove)
        removal = asyncio.ensure_future(b.files.remove(SHA256))
        await until(lambda: b.files._removing)
        a.copying.offer(KEY, len(CONTENT))
        await until(lambda: b.copying._copies)
        # The file is still here, and it is said of nothing that is about to go.
        assert b.blobs.has(SHA256)
        goes_on.set()
        await removal
        await until(lambda: FileHas(*KEY) in b.sent)
        assert b.read() == CONTENT

    run(tmp_path, script)


@pytest.mark.expected_errors("could not be written")
def test_one_that_does_not_come_holds_up_no_other(tmp_path: Path) -> None:
    contents = [bytes([number]) * 1000 for number in range(12)]
    hashes = [hashlib.sha256(content).hexdigest() for content in contents]

    async def script(a: Side, b: Side) -> None:
        b.copying.stop()
        a.is_linked = False
        for content, sha256 in zip(contents, hashes, strict=True):
            await a.files.begin(("anna", sha256), len(content))
            await a.files.take(("anna", sha256), 0, content)
            b.uses.add(sha256, "general", "anna", len(content))
        # Nobody ever answers for the first one; the second one's place on this disk cannot be used.
        a.is_linked = True
        b.unheard.add(hashes[0])
        (tmp_path / "b" / "parts" / b.blobs._part_path("", hashes[1]).name).mkdir()
        b.copying = FileCopying(b.files, lambda: b.uses, b._send)
        b.copying.start()
        await until(lambda: all(b.blobs.has(sha256) for sha256 in hashes[2:]))
        # Nor anything that is missed later.
        a.is_linked = False
        await a.files.begin(KEY, len(CONTENT))
        await a.receive(0, len(CONTENT))
        a.is_linked = True
        b.uses.add(SHA256, "general", "anna", len(CONTENT))
        await until(lambda: b.blobs.has(SHA256))
        assert not b.blobs.has(hashes[0])
        assert not b.blobs.has(hashes[1])

    run(tmp_path, script)


def test_what_is_gone_is_said_to_be_gone_and_what_is_there_is_not_copied_again(tmp_path: Path) -> None:
    async def script(a: Side, b: Side) -> None:
        a.uses.add("0" * 64, "general", "anna", 5)
        await until(lambda: b.sent)
        await until(lambda: not a.copying._copies)
        assert not a.blobs.has("0" * 64)
        await b.files.begin(KEY, len(CONTENT))
        await b.receive(0, len(CONTENT))
        await until(lambda: a.blobs.has(SHA256))
        await until(lambda: not a.copying._copies)
        pieces = sum(isinstance(message, FilePiece) for message in b.sent)
        a.copying.offer(KEY, len(CONTENT))
        while not await a.copying.wait_for_copy(KEY):
            pass
        b.copying.offer(("bert", SHA256), len(CONTENT))
        await until(lambda: a.blobs.is_shown("bert", SHA256))
        assert sum(isinstance(message, FilePiece) for message in b.sent) == pieces

    run(tmp_path, script)


def test_what_was_erased_and_comes_again_is_copied_again(tmp_path: Path) -> None:
    async def send(a: Side, b: Side) -> None:
        assert await a.files.begin(KEY, len(CONTENT)) == 0
        await a.receive(0, len(CONTENT))
        while not await a.copying.wait_for_copy(KEY):
            pass
        assert b.blobs.has(SHA256)

    async def script(a: Side, b: Side) -> None:
        await send(a, b)
        for side in (a, b):
            await side.files.remove(SHA256)
        await send(a, b)
        # And what one of them took away before it heard of the message is looked for.
        await b.files.remove(SHA256)
        b.uses.add(SHA256, "general", "anna", len(CONTENT))
        await until(lambda: b.blobs.has(SHA256))
        assert b.read() == CONTENT

    run(tmp_path, script)


def test_a_person_who_sends_a_file_twice_at_once_disturbs_no_copy(tmp_path: Path) -> None:
    # Found by the simulator (seed 67).
    async def script(a: Side, b: Side) -> None:
        b.is_linked = False
        await a.files.begin(KEY, len(CONTENT))
        await a.receive(0, len(CONTENT))
        assert await a.files.begin(KEY, len(CONTENT)) == len(CONTENT)
        # Begun once more, a moment before that could be known.
        part = a.blobs.part(*KEY, len(CONTENT))
        assert await a.files.piece_for_copy(KEY, 5, 10) == CONTENT[5:15]
        part.close()

    run(tmp_path, script)


def test_a_file_that_was_said_to_be_here_is_not_erased_at_once(tmp_path: Path) -> None:
    # Found by the simulator (seed 90002535): what was deleted before took it away.
    async def script(a: Side, b: Side) -> None:
        await a.files.begin(KEY, len(CONTENT))
        await a.receive(0, len(CONTENT))
        while not await a.copying.wait_for_copy(KEY):
            pass
        assert b.files.is_held(SHA256, lambda _device, _counter: False)

    run(tmp_path, script)


def test_who_needs_a_file_has_it_held_at_the_other_server_however_long_that_has_it(tmp_path: Path) -> None:
    async def script(a: Side, b: Side) -> None:
        def is_held() -> bool:
            return b.files.is_held(SHA256, lambda _device, _counter: False)

        await a.files.begin(KEY, len(CONTENT))
        await a.receive(0, len(CONTENT))
        while not await a.copying.wait_for_copy(KEY):
            pass
        # Two days later; and an older message with it was deleted a moment ago.
        await until(lambda: not b.copying._copies)
        b.files._held.clear()
        for path in (tmp_path / "b").rglob(SHA256):
            os.utime(path, (time.time() - 2 * KEPT_S,) * 2)
        assert not is_held()
        link = FileLink(**ENDS, files=a.files)
        link._copying = a.copying
        assert await link.copied(KEY, len(CONTENT), 60)
        assert is_held()
        await b.files.sweep(lambda _sha256: False, lambda _sha256: True, time.time())
        assert b.blobs.has(SHA256)

    run(tmp_path, script)


def test_a_part_that_was_torn_is_copied_anew_at_once(tmp_path: Path) -> None:
    # Found by the simulator (seed 101536869).
    async def script(a: Side, b: Side) -> None:
        torn = b.blobs.part(*KEY, len(CONTENT))
        torn.write(0, bytes(PIECE_BYTES))
        torn.close()
        await a.files.begin(KEY, len(CONTENT))
        await a.receive(0, len(CONTENT))
        await until(lambda: b.blobs.has(SHA256))
        assert b.read() == CONTENT

    run(tmp_path, script)


def test_a_piece_that_is_shorter_than_it_should_be_is_wanted_again(tmp_path: Path) -> None:
    async def script(a: Side, b: Side) -> None:
        def wanted() -> list[int]:
            return [message.offset for message in b.sent if isinstance(message, FileWant)]

        b.is_linked = False
        b.copying.take(FileOffer(*KEY, len(CONTENT)))
        await until(lambda: len(wanted()) == WANTS_AHEAD)
        b.copying.take(FilePiece(*KEY, 0, CONTENT[:100]))
        await until(lambda: len(wanted()) > WANTS_AHEAD)
        assert wanted()[WANTS_AHEAD] == 100

    run(tmp_path, script)


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1])
def test_files_of_every_size_are_copied(tmp_path: Path, size: int) -> None:
    content = CONTENT[:size]
    key = ("anna", hashlib.sha256(content).hexdigest())

    async def script(a: Side, b: Side) -> None:
        assert await a.files.begin(key, size) == 0
        if size:
            taken = await a.files.take(key, 0, content)
            assert taken == (size, size)
        await until(lambda: b.blobs.has(key[1]))
        assert b.blobs.read(key[1], 0, size + 1) == content

    run(tmp_path, script)
