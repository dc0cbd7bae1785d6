"""Transfers: pieces ahead, in order, over lost links, and what each refusal means for them."""

import hashlib
import os
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.client.effects import KeepPiece, ReadPiece
from server.client.notices import TransferEnded, TransferFailed, TransferMoved
from server.client.settings import ConversationSettings
from server.client.transfers import Transfers
from server.protocol import events, limits, requests
from server.protocol.compression import pack
from server.protocol.connection import BadFrame, ServerConnection

CHUNK = limits.CHUNK_BYTES_MAX
CONTENT = os.urandom(CHUNK * 10 + 99)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
FILE = {"sha256": SHA256, "size": len(CONTENT)}


class Side:
    """A client's transfers; a link with everything that was asked on it; and the client's disk."""

    def __init__(self) -> None:
        self.settings = ConversationSettings()
        self.active: object | None = object()
        self.asked: list[requests.AnyRequest] = []
        self.told: list[TransferMoved | TransferEnded | TransferFailed] = []
        self.to_read: list[ReadPiece] = []
        self.kept = b""
        self.now = 100.0
        self._last_id = 0
        self._connection = ServerConnection()
        self._connection.allow_long_frames()
        links: Any = self
        self.transfers = Transfers(links, self._emit)

    # The links.

    def next_request_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def write(self, link: object, frames: bytes, now: float) -> None:
        assert link is self.active
        for request in self._connection.receive(frames):
            assert not isinstance(request, BadFrame), request
            self.asked.append(request)

    # What comes out.

    def _emit(self, effect: object) -> None:
        if isinstance(effect, ReadPiece):
            self.to_read.append(effect)
        elif isinstance(effect, KeepPiece):
            assert effect.offset == len(self.kept)
            self.kept += effect.data
        else:
            assert isinstance(effect, TransferMoved | TransferEnded | TransferFailed)
            self.told.append(effect)

    # What a test does.

    def turn(self) -> None:
        self.transfers.write(self.now)

    def lose(self) -> None:
        self.active = object()
        self.asked.clear()
        self.turn()

    def read(self, place: int = 0) -> None:
        piece = self.to_read.pop(place)
        raw = CONTENT[piece.offset : piece.offset + piece.length]
        self.transfers.piece_read(piece.ticket, piece.offset, raw, self.now, is_packed=False)

    def refuse(self, answer: int, code: str, **arguments: Any) -> bool:
        return self.transfers.failed(events.Failed(answer=answer, code=code, arguments=arguments), self.now)

    @property
    def is_ended(self) -> bool:
        return any(isinstance(notice, TransferEnded) for notice in self.told)


class Server:
    """What a server does with a file: two of them may have different parts of it."""

    def __init__(self, received: int = 0) -> None:
        self.content = CONTENT[:received]

    def answer(self, side: Side) -> None:
        request = side.asked.pop(0)
        if isinstance(request, requests.Chunk):
            if request.offset != len(self.content):
                side.refuse(request.id, "wrong_offset", received=len(self.content))
                return
            self.content += request.raw
        if isinstance(request, requests.BeginUpload | requests.Chunk):
            state = events.UploadState(answer=request.id, received=len(self.content), **FILE)  # type: ignore[arg-type]
            side.transfers.upload_state(state)
            return
        assert isinstance(request, requests.Download)
        raw = CONTENT[request.offset : request.offset + request.length]
        side.transfers.file_piece(
            events.FilePiece(
                answer=request.id, sha256=SHA256, offset=request.offset, size=len(CONTENT), raw=raw
            )
        )


def uploading() -> Side:
    side = Side()
    side.transfers.upload(1, SHA256, len(CONTENT))
    side.turn()
    return side


def downloading(done: int = 0) -> Side:
    side = Side()
    side.kept = CONTENT[:done]
    side.transfers.download(1, "general", SHA256, len(CONTENT), done)
    side.turn()
    return side


def run(side: Side, server: Server) -> None:
    """Until nothing is to do."""
    while side.to_read or side.asked:
        if side.to_read:
            side.read()
        else:
            server.answer(side)
        side.turn()


def test_a_file_is_sent_from_where_the_server_is() -> None:
    side, server = uploading(), Server(CHUNK + 5)
    run(side, server)
    assert server.content == CONTENT
    assert side.told[-1] == TransferEnded(ticket=1)
    moved = [notice.done for notice in side.told if isinstance(notice, TransferMoved)]
    assert moved == sorted(moved)
    assert moved[-1] == len(CONTENT)


def test_pieces_are_sent_ahead_but_not_without_end() -> None:
    side, server = uploading(), Server()
    server.answer(side)
    side.turn()
    while side.to_read:
        side.read()
        side.turn()
    assert len(side.asked) == 8


def test_a_file_is_fetched_in_order_however_it_comes() -> None:
    side, server = downloading(), Server()
    while side.asked:
        random.Random(1).shuffle(side.asked)
        server.answer(side)
        side.turn()
    assert side.kept == CONTENT
    assert side.is_ended


def test_a_download_goes_on_behind_what_is_here() -> None:
    side = downloading(done=CHUNK * 9 + 1)
    assert isinstance(side.asked[0], requests.Download)
    assert side.asked[0].offset == CHUNK * 9 + 1
    run(side, Server())
    assert side.kept == CONTENT
    assert downloading(done=len(CONTENT)).is_ended


STEPS = st.lists(st.sampled_from(["answer", "read", "last read", "lose", "turn"]), max_size=60)


@given(STEPS, st.booleans())
def test_whenever_links_are_lost_all_of_it_arrives(steps: list[str], is_upload: bool) -> None:
    side = uploading() if is_upload else downloading()
    servers = [Server(), Server(3 * CHUNK)]
    place = 0
    for step in steps:
        if step == "answer" and side.asked:
            servers[place].answer(side)
        elif step in {"read", "last read"} and side.to_read:
            side.read(0 if step == "read" else -1)
        elif step == "lose":
            place = 1 - place
            side.lose()
        elif step == "turn":
            side.turn()
    side.now += 100.0
    side.turn()
    for _second in range(5):
        run(side, servers[place])
        side.now += 10.0
        side.turn()
    assert side.is_ended
    assert (servers[place].content if is_upload else side.kept) == CONTENT or is_upload


@pytest.mark.parametrize("code", ["unknown", "file_on_its_way", "busy"])
def test_what_passes_is_tried_again_after_a_while(code: str) -> None:
    side = downloading()
    assert side.refuse(side.asked[0].id, code)
    side.asked.clear()
    side.turn()
    assert side.asked == []
    wake = side.transfers.next_wake()
    assert wake is not None
    side.now = wake
    side.turn()
    run(side, Server())
    assert side.kept == CONTENT


def test_a_file_that_arrives_broken_is_sent_once_more_and_not_for_ever() -> None:
    side = uploading()
    for n in (1, 2):
        Server().answer(side)
        side.turn()
        side.read()
        assert side.refuse(side.asked[0].id, "wrong_hash", sha256=SHA256)
        side.asked.clear()
        side.to_read.clear()
        side.turn()
        assert [type(request) for request in side.asked] == ([requests.BeginUpload] if n == 1 else [])
    assert side.told[-1] == TransferFailed(ticket=1, code="wrong_hash", arguments={"sha256": SHA256})


def test_what_is_final_is_told() -> None:
    side = uploading()
    side.refuse(side.asked[0].id, "quota_exceeded", limit=5)
    assert side.told == [TransferFailed(ticket=1, code="quota_exceeded", arguments={"limit": 5})]
    side.turn()
    assert len(side.asked) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"raw": b"short"},
        {"raw": CONTENT[: CHUNK + 1]},
        {"offset": 5},
        {"sha256": "0" * 64},
        {"is_packed": True},
        {"is_packed": True, "raw": pack(bytes(CHUNK - 1))},
    ],
    ids=["short", "long", "elsewhere", "another", "not packed", "packed short"],
)
def test_a_server_that_sends_something_else_is_not_believed(changes: dict[str, Any]) -> None:
    side = downloading()
    fields = {
        "answer": side.asked[0].id,
        "sha256": SHA256,
        "offset": 0,
        "size": len(CONTENT),
        "raw": CONTENT[:CHUNK],
    }
    side.transfers.file_piece(events.FilePiece(**{**fields, **changes}))
    assert side.told[-1] == TransferFailed(ticket=1, code="protocol")
    assert side.kept == b""


def test_what_is_cancelled_is_asked_for_no_more() -> None:
    side = uploading()
    side.transfers.cancel(1)
    Server().answer(side)
    side.turn()
    assert (side.asked, side.to_read, side.told) == ([], [], [])
    assert not side.refuse(999, "unknown")
