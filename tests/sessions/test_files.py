"""Files of clients: sent in pieces, verified, carried by messages, and given to those who may have them."""

import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import pytest
import zstandard

from server.protocol import events, limits, requests
from server.protocol.compression import pack, unpack
from server.protocol.facts import FileFacts
from server.protocol.frames import encode_frame
from server.sessions.file_store import Key
from tests.sessions.scene import Client, E, Scene, codes, messages_in
from tests.waiting import wait_until

CONTENT = os.urandom(limits.CHUNK_BYTES_MAX * 2 + 1000)
TEXT = b"what is written again and again " * 5000


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def facts(content: bytes, name: str = "holiday.jpg", **changes: Any) -> FileFacts:
    return FileFacts(**{"sha256": sha256_of(content), "size": len(content), "name": name, **changes})


def signed_in(scene: Scene, name: str = "Anna") -> Client:
    client = scene.client()
    client.sign_in(name)
    return client


def asked(scene: Scene, client: Client, kind: type[requests.AnyRequest], **fields: Any) -> events.AnyEvent:
    """The answer, which comes when a worker, and perhaps the engine, is done."""
    request = client.request(kind, **fields)
    client.send(encode_frame(request))
    found: list[events.AnyEvent] = []

    def is_answered() -> bool:
        scene.commit()
        found.extend(event for event in scene.do(client.heard) if event.answer == request.id)
        return bool(found)

    wait_until(is_answered)
    (answer,) = found
    return answer


def expect(kind: type[E], answer: events.AnyEvent) -> E:
    assert isinstance(answer, kind), answer
    return answer


def refused(answer: events.AnyEvent) -> str:
    return expect(events.Failed, answer).code


def begun(scene: Scene, client: Client, content: bytes) -> events.UploadState:
    answer = asked(scene, client, requests.BeginUpload, sha256=sha256_of(content), size=len(content))
    return expect(events.UploadState, answer)


def chunk(
    scene: Scene, client: Client, content: bytes, offset: int, raw: bytes, **fields: Any
) -> events.AnyEvent:
    return asked(scene, client, requests.Chunk, sha256=sha256_of(content), offset=offset, raw=raw, **fields)


def uploaded(scene: Scene, client: Client, content: bytes) -> None:
    received = begun(scene, client, content).received
    while received < len(content):
        piece = content[received : received + limits.CHUNK_BYTES_MAX]
        received = expect(events.UploadState, chunk(scene, client, content, received, piece)).received
    assert received == len(content)


def sent(scene: Scene, client: Client, counter: int, file: FileFacts, **fields: Any) -> events.AnyEvent:
    fields = {"room": "general", "text": "", "time_ms": 1, **fields}
    return asked(scene, client, requests.Send, counter=counter, file=file, **fields)


def fetched(scene: Scene, client: Client, content: bytes, **fields: Any) -> bytes:
    found = b""
    while len(found) < len(content):
        fields = {"room": "general", "sha256": sha256_of(content), "offset": len(found), **fields}
        piece = expect(events.FilePiece, asked(scene, client, requests.Download, **fields))
        assert (piece.offset, piece.size) == (len(found), len(content))
        found += unpack(piece.raw, limits.CHUNK_BYTES_MAX) if piece.is_packed else piece.raw
        fields.pop("offset")
    return found


@pytest.mark.parametrize("content", [b"", b"x", CONTENT, TEXT], ids=["empty", "small", "large", "text"])
def test_a_file_is_sent_carried_by_a_message_and_fetched(scene: Scene, content: bytes) -> None:
    anna, bert = signed_in(scene), signed_in(scene, "Bert")
    uploaded(scene, anna, content)
    assert expect(events.Stored, sent(scene, anna, 1, facts(content))).number == 1
    (message,) = messages_in(bert.heard())
    assert (message.text, message.file) == ("", facts(content))
    page = expect(events.HistoryPage, asked(scene, bert, requests.History, room="general"))
    assert page.messages == [message]
    assert fetched(scene, bert, content) == content
    assert fetched(scene, bert, content, takes_packed=True) == content
    assert scene.state.files.bytes_of(next(iter(scene.state.users))) == len(content)


def test_many_pieces_may_be_on_their_way_and_few_are_in_memory(scene: Scene) -> None:
    anna = signed_in(scene)
    content = os.urandom(limits.CHUNK_BYTES_MAX * 12)
    begun(scene, anna, content)
    for offset in range(0, len(content), limits.CHUNK_BYTES_MAX):
        raw = content[offset : offset + limits.CHUNK_BYTES_MAX]
        anna.send(
            encode_frame(anna.request(requests.Chunk, sha256=sha256_of(content), offset=offset, raw=raw))
        )
    states: list[int] = []

    def hear() -> None:
        heard = scene.do(anna.heard)
        states.extend(event.received for event in heard if isinstance(event, events.UploadState))

    wait_until(lambda: len(states) == 12, pump=hear)
    assert states == [limits.CHUNK_BYTES_MAX * n for n in range(1, 13)]
    wait_until(lambda: anna.channel.is_reading)


def test_while_pieces_are_written_nothing_more_is_read_from_this_client(scene: Scene) -> None:
    anna, bert = signed_in(scene), signed_in(scene, "Bert")
    begun(scene, anna, CONTENT)
    goes_on = threading.Event()
    store = scene.hub.files
    assert store is not None
    scene.do(lambda: [store._pool.submit(goes_on.wait) for _ in range(4)] and None)
    for n in range(limits.READS_IN_FLIGHT_MAX):
        anna.send(encode_frame(anna.request(requests.Chunk, sha256=sha256_of(CONTENT), offset=n, raw=b"x")))
    assert not anna.channel.is_reading
    bert.ask_for(events.Pong, requests.Ping)
    goes_on.set()
    wait_until(lambda: anna.channel.is_reading)


def test_a_packed_piece_is_unpacked(scene: Scene) -> None:
    anna = signed_in(scene)
    begun(scene, anna, TEXT)
    answer = chunk(scene, anna, TEXT, 0, pack(TEXT), is_packed=True)
    assert expect(events.UploadState, answer).received == len(TEXT)


BOMB = zstandard.ZstdCompressor(level=19).compress(bytes(64 * 1024 * 1024))


@pytest.mark.parametrize(
    "raw", [b"", b"no frame", BOMB, pack(TEXT)[:-1]], ids=["empty", "none", "bomb", "cut"]
)
def test_what_is_no_honest_frame_is_refused_and_nothing_is_lost(scene: Scene, raw: bytes) -> None:
    anna = signed_in(scene)
    begun(scene, anna, TEXT)
    assert refused(chunk(scene, anna, TEXT, 0, raw, is_packed=True)) == "bad_packed"
    uploaded(scene, anna, TEXT)


def test_pieces_out_of_order_too_many_or_of_another_file_are_refused(scene: Scene) -> None:
    anna = signed_in(scene)
    assert refused(chunk(scene, anna, CONTENT, 0, b"x")) == "unknown_upload"
    begun(scene, anna, CONTENT)
    chunk(scene, anna, CONTENT, 0, CONTENT[:10])
    answer = expect(events.Failed, chunk(scene, anna, CONTENT, 11, b"x"))
    assert (answer.code, answer.arguments) == ("wrong_offset", {"received": 10})
    small = b"abc"
    begun(scene, anna, small)
    assert refused(chunk(scene, anna, small, 0, b"abcd")) == "too_many_bytes"
    assert refused(chunk(scene, anna, small, 0, b"abd")) == "wrong_hash"
    assert begun(scene, anna, small).received == 0
    uploaded(scene, anna, small)


def test_more_than_one_file_or_one_person_may_have_is_refused(scene: Scene) -> None:
    anna = signed_in(scene)

    def begin(name: str, size: int) -> events.AnyEvent:
        return asked(scene, anna, requests.BeginUpload, sha256=sha256_of(name.encode()), size=size)

    assert refused(begin("large", limits.FILE_BYTES_MAX + 1)) == "file_too_large"
    for n in range(limits.UPLOADS_PER_PERSON_MAX):
        expect(events.UploadState, begin(f"file {n}", 1000))
    assert refused(begin("one more", 1000)) == "too_many_uploads"
    # Again is not one more.
    expect(events.UploadState, begin("file 0", 1000))
    person = next(iter(scene.state.users))
    for n in range(20):
        scene.state.files.add(f"{n:064x}", "general", person, limits.FILE_BYTES_MAX)
    rest = limits.FILE_BYTES_PER_PERSON_MAX - 20 * limits.FILE_BYTES_MAX
    assert refused(begin("file 0", rest - 6_999)) == "quota_exceeded"
    expect(events.UploadState, begin("file 0", rest - 7_000))


def test_files_that_are_begun_and_left_are_not_without_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "UPLOADS_LEFT_MAX", 2)
    anna = signed_in(scene)
    uploaded(scene, anna, CONTENT)
    other = b"something else"
    begun(scene, anna, other)
    assert scene.hub.files is not None
    scene.clock.now_s += 100
    wait_until(lambda: scene.hub.files is not None and not scene.hub.files.coming())
    # The first connection was silent for too long.
    anna = signed_in(scene)
    third = asked(scene, anna, requests.BeginUpload, sha256=sha256_of(b"third"), size=5)
    assert refused(third) == "too_many_uploads"
    # To go on with one is not one more, and what a message carries counts no more.
    assert begun(scene, anna, other).received == 0
    expect(events.Stored, sent(scene, anna, 1, facts(CONTENT)))
    begun(scene, anna, b"third")


def test_who_asks_from_many_connections_at_once_sends_no_more_files(scene: Scene) -> None:
    anna = signed_in(scene)
    clients = [anna]
    for _ in range(4):
        other = scene.client()
        other.sign_in("Anna")
        clients.append(other)
    frames = []
    for number, client in enumerate(clients):
        begun = (sha256_of(f"{number} {n}".encode()) for n in range(limits.READS_IN_FLIGHT_MAX))
        asked_for = (client.request(requests.BeginUpload, sha256=sha256, size=1000) for sha256 in begun)
        frames.append(b"".join(map(encode_frame, asked_for)))

    def all_at_once() -> None:
        for client, data in zip(clients, frames, strict=True):
            client.session.received(data)

    scene.do(all_at_once)
    found: list[events.AnyEvent] = []

    def are_answered() -> bool:
        for client in clients:
            found.extend(e for e in client.heard() if isinstance(e, events.UploadState | events.Failed))
        return len(found) == len(clients) * limits.READS_IN_FLIGHT_MAX

    wait_until(are_answered)
    begun_now = [event for event in found if isinstance(event, events.UploadState)]
    assert len(begun_now) == limits.UPLOADS_PER_PERSON_MAX
    assert set(codes(found)) == {"too_many_uploads"}


def test_a_message_cannot_carry_what_its_writer_has_not_shown(scene: Scene) -> None:
    anna, bert = signed_in(scene), signed_in(scene, "Bert")
    assert refused(sent(scene, anna, 1, facts(CONTENT))) == "unknown_file"
    uploaded(scene, anna, CONTENT)
    # Knowing the hash is not having the file.
    assert refused(sent(scene, bert, 1, facts(CONTENT))) == "unknown_file"
    assert begun(scene, bert, CONTENT).received == 0
    assert refused(sent(scene, anna, 2, facts(CONTENT, size=5))) == "unknown_file"
    assert refused(sent(scene, anna, 3, facts(CONTENT, "../x"))) == "bad_file_name"
    assert refused(
        asked(scene, bert, requests.Download, room="general", sha256=sha256_of(CONTENT), offset=0)
    ) == ("unknown_file")
    expect(events.Stored, sent(scene, anna, 4, facts(CONTENT)))
    # Whoever may read it may pass it on.
    expect(events.Stored, sent(scene, bert, 2, facts(CONTENT, "other.jpg")))


def test_only_who_may_read_the_room_may_fetch_its_files(scene: Scene) -> None:
    anna, bert = signed_in(scene), signed_in(scene, "Bert")
    room = expect(events.Stored, asked(scene, anna, requests.CreateRoom, counter=1, name="secrets")).room
    uploaded(scene, anna, CONTENT)
    expect(events.Stored, sent(scene, anna, 2, facts(CONTENT), room=room))
    sha256 = sha256_of(CONTENT)

    def fetch(client: Client, room: str) -> events.AnyEvent:
        return asked(scene, client, requests.Download, room=room, sha256=sha256, offset=0)

    assert refused(fetch(bert, room)) == "not_a_member"
    assert refused(fetch(bert, "nowhere")) == "unknown_room"
    assert refused(fetch(bert, "general")) == "unknown_file"
    assert refused(sent(scene, bert, 1, facts(CONTENT))) == "unknown_file"
    expect(events.FilePiece, fetch(anna, room))


def test_a_message_that_is_archived_is_answered_again_without_its_file(scene: Scene, tmp_path: Path) -> None:
    anna = signed_in(scene)
    uploaded(scene, anna, CONTENT)
    first = expect(events.Stored, sent(scene, anna, 1, facts(CONTENT)))
    for path in (tmp_path / "blobs").rglob("*"):
        if path.is_file():
            path.unlink()
    assert expect(events.Failed, sent(scene, anna, 1, facts(CONTENT))).code == "id_reuse"
    assert scene.state.has_seen(anna.device, first.counter)
    answer = asked(scene, anna, requests.Download, room="general", sha256=sha256_of(CONTENT), offset=0)
    assert refused(answer) == "file_on_its_way"


class SlowCopier:
    """Another server that has nothing until it is told to."""

    def __init__(self, scene: Scene) -> None:
        self.has = threading.Event()
        self.offered: list[Key] = []
        self._scene = scene

    def offer(self, key: Key, size: int) -> None:
        self.offered.append(key)

    def moved(self, key: Key) -> None:
        pass

    def removed(self, sha256: str) -> None:
        pass

    async def copied(self, key: Key, size: int, limit_s: float) -> bool:
        self.offered.append(key)
        files = self._scene.hub.files
        assert files is not None
        return await files.run(lambda: self.has.wait(10.0))


def test_nothing_is_acknowledged_before_the_other_server_has_the_file(scene: Scene) -> None:
    anna = signed_in(scene)
    store = scene.hub.files
    assert store is not None
    copier = SlowCopier(scene)
    store.copier = copier
    begun(scene, anna, b"abc")
    last = anna.request(requests.Chunk, sha256=sha256_of(b"abc"), offset=0, raw=b"abc")
    anna.send(encode_frame(last))
    wait_until(lambda: len(copier.offered) == 2)
    message = anna.request(requests.Send, counter=1, room="general", text="", time_ms=1, file=facts(b"abc"))
    later = anna.request(requests.Send, counter=2, room="general", text="later", time_ms=1)
    anna.send(encode_frame(message) + encode_frame(later))
    wait_until(lambda: len(copier.offered) == 3)
    assert not [event for event in anna.heard() if event.answer]
    assert scene.asked == []
    assert not anna.channel.is_reading
    copier.has.set()
    wait_until(lambda: len(scene.asked) == 2)
    # What was written later stays behind it.
    assert [ask.draft.counter for ask in scene.asked] == [1, 2]
    scene.commit()
    assert [event.answer for event in anna.heard() if event.answer] == [last.id, message.id, later.id]


def test_two_who_wait_for_one_file_hold_it_each_by_itself(scene: Scene) -> None:
    # The requests of two devices of one person have the same numbers.
    store, sha256 = scene.hub.files, sha256_of(b"abc")
    assert store is not None
    holders = [store.new_holder() for _ in range(2)]
    for holder in holders:
        store.hold(holder, sha256)
    store.let_go(holders[0])
    assert store.is_held(sha256, scene.state.has_seen)
    store.let_go(holders[1])
    assert not store.is_held(sha256, scene.state.has_seen)


def test_a_part_that_nobody_goes_on_with_is_closed_and_stays(scene: Scene) -> None:
    anna = signed_in(scene)
    begun(scene, anna, CONTENT)
    chunk(scene, anna, CONTENT, 0, CONTENT[:10])
    store = scene.hub.files
    assert store is not None
    scene.clock.now_s += 40.0
    anna.ask(requests.Ping)
    scene.clock.now_s += 40.0
    anna.ask(requests.Ping)
    wait_until(lambda: not store.coming())
    assert refused(chunk(scene, anna, CONTENT, 10, b"x")) == "unknown_upload"
    assert begun(scene, anna, CONTENT).received == 10
