"""Slow readers on real sockets: who takes nothing costs a bounded buffer, holds nobody up, and is let go."""

from collections.abc import Iterator

import pytest

from server.archive.record import Draft
from server.network.channel import DEFAULT_LIMITS
from server.network.listener import Listener, listen
from server.network.loop_thread import LoopThread
from server.protocol import limits
from server.protocol.requests import Cursor
from server.sessions.session import Session
from server.state.bodies import MessageBody
from tests.sessions.scene import Scene, packed
from tests.socket_reader import SocketReader
from tests.waiting import DEADLINE_S, wait_until

TEXT = "x" * limits.MESSAGE_CHARACTERS_MAX
# More than the kernel keeps for a connection that nobody reads, on any system that we know.
MESSAGES_MAX = 4_000
AFTER_PAUSE = 100


class Room:
    """A hub behind a real listener, and its readers."""

    def __init__(self, scene: Scene, loop: LoopThread) -> None:
        self.scene = scene
        self._loop = loop
        self.listener: Listener = loop.run_sync(
            listen("127.0.0.1", 0, lambda: Session(scene.hub)), timeout_s=DEADLINE_S
        )
        self.readers: list[SocketReader] = []
        self.said: list[str] = []

    def reader(
        self, number: int, cursor: Cursor | None = None, *, receive_buffer_bytes: int = 0
    ) -> SocketReader:
        """Somebody signs in; who is new is committed."""
        found = SocketReader("127.0.0.1", self.listener.port, receive_buffer_bytes=receive_buffer_bytes)
        self.readers.append(found)
        is_new = f"{number:032x}" not in self.scene.state.devices
        found.enter(number, cursor)
        if is_new:
            wait_until(lambda: self.scene.asked, what="the request of a new one")
            self.scene.commit()
        wait_until(lambda: found.is_in, pump=found.take_all)
        return found

    def say(self) -> None:
        """One long message is committed."""
        self.said.append(f"{len(self.said)} {TEXT}"[: len(TEXT)])
        body = packed(MessageBody("general", self.said[-1]))
        device = f"{1:032x}"
        self.scene.append(Draft("message", device, len(self.said), 0, body))

    def session_of(self, reader: SocketReader) -> Session | None:
        """The server's end of a connection."""
        sessions = self.scene.do(lambda: list(self.scene.hub.sessions))
        return next((session for session in sessions if session.address == reader.address), None)

    def close(self) -> None:
        """Everybody leaves."""
        for reader in self.readers:
            reader.close()
        self._loop.run_sync(self.listener.close(), timeout_s=DEADLINE_S)


@pytest.fixture
def room(scene: Scene, loop: LoopThread) -> Iterator[Room]:
    """A room with its first reader, who is also the one who writes."""
    found = Room(scene, loop)
    found.reader(1)
    yield found
    found.close()


def stall(room: Room, stalled: SocketReader) -> Session:
    """Speak until the server stops writing to who takes nothing; the others read on."""
    session = room.session_of(stalled)
    assert session is not None
    while not session.is_paused:
        assert len(room.said) < MESSAGES_MAX, "a connection that nobody reads takes everything"
        room.say()
        for reader in room.readers:
            if reader is not stalled:
                reader.take_all()
    return session


def await_all(room: Room, reader: SocketReader) -> None:
    """It has everything that was said, in that order."""
    wait_until(lambda: len(reader.messages) >= len(room.said), pump=reader.take_all)
    assert reader.texts == room.said


def test_a_stalled_reader_costs_a_bounded_buffer_and_the_others_have_everything(room: Room) -> None:
    others = [room.reader(number) for number in (2, 3)]
    stalled = room.reader(4, receive_buffer_bytes=4096)
    session = stall(room, stalled)
    buffered_bytes = session.buffered_bytes
    assert buffered_bytes <= DEFAULT_LIMITS.write_buffer_bytes + 2 * len(TEXT)
    for _ in range(AFTER_PAUSE):
        room.say()
        assert session.buffered_bytes <= buffered_bytes
        for reader in others:
            reader.take_all()
    assert not session._held
    for reader in others:
        await_all(room, reader)


def test_a_stalled_reader_that_reads_again_has_everything_in_order(room: Room) -> None:
    stalled = room.reader(2, receive_buffer_bytes=4096)
    stall(room, stalled)
    for _ in range(AFTER_PAUSE):
        room.say()
    await_all(room, stalled)


def test_who_takes_nothing_for_too_long_is_let_go_and_comes_back_at_its_cursor(room: Room) -> None:
    other = room.reader(2)
    stalled = room.reader(3, receive_buffer_bytes=4096)
    session = stall(room, stalled)
    room.scene.pass_time(1)
    room.scene.pass_time(limits.BLOCKED_READER_S_MAX - 1)
    assert room.session_of(stalled) is session
    room.scene.pass_time(2)
    wait_until(lambda: room.session_of(stalled) is None, what="the stalled one is let go")
    assert room.session_of(other) is not None
    wait_until(lambda: stalled.is_over, pump=stalled.take_all)
    room.say()
    again = room.reader(3, stalled.cursor)

    def has_all() -> bool:
        return len({*stalled.messages, *again.messages}) == len(room.said)

    wait_until(has_all, pump=again.take_all)
    assert [text for _, text in sorted({*stalled.messages, *again.messages})] == room.said
