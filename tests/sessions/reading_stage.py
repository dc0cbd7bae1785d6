"""A server's delivery over a real log and store, with readers whose outlets are lists."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.archive.disk import SqliteDisk
from server.archive.record import Draft, Epoch, epoch_draft, make_records
from server.archive.store import Store, Write
from server.engine.round import Position, Published
from server.network.loop_thread import LoopThread
from server.protocol import events
from server.protocol.connection import ClientConnection
from server.protocol.requests import Cursor
from server.sessions.delivery import Delivery
from server.sessions.history import missed_frames
from server.sessions.reader import Reader
from server.state.bodies import DeviceBody, MessageBody, RoomBody
from server.state.fold import fold
from server.state.rebuild import rebuild
from server.state.state import GENERAL, State
from tests.sessions.scene import packed
from tests.waiting import DEADLINE_S

FIRST, SECOND = Epoch(1, "a", "0f"), Epoch(2, "b", "0f")
PEOPLE = ["anna", "ben", "cleo"]
ROOMS = ["tea", "chess"]


class Sink:
    """An outlet that keeps what it was given; like a client it passes over what lies before its cursor."""

    def __init__(self, cursor: int = 0) -> None:
        self.is_paused = False
        self.cursor = cursor
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    @property
    def events(self) -> list[events.AnyEvent]:
        return ClientConnection().receive(b"".join(list(self.written)))

    @property
    def texts(self) -> list[str]:
        cursor, texts = self.cursor, list[str]()
        for event in self.events:
            if isinstance(event, events.Messages):
                texts += [message.text for message in event.messages if message.index > cursor]
            elif isinstance(event, events.Diverged):
                cursor = min(cursor, event.index)
            elif isinstance(event, events.PositionMoved):
                cursor = max(cursor, event.cursor.index)
        return texts


class Log:
    """A log in memory and in a store, its state, and what of it is not published yet."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.state = State()
        self.epoch = FIRST
        self._counter = 0
        self._fresh: list[Published] = []
        self.append(epoch_draft(FIRST, ("a",), 1))
        for name in PEOPLE:
            self.act("device", name, DeviceBody(name, name, b""))
        for room in ROOMS:
            self.act("room", "anna", RoomBody(room, room))

    def append(self, draft: Draft) -> None:
        (record,) = make_records([draft], self.epoch, self.state.index, self.state.hash)
        outcome = fold(self.state, record)
        assert outcome.refusal is None, outcome.refusal
        rows = outcome.told.rows(record.index) if outcome.told else []
        self.store.commit([Write(records=(record,), timeline=tuple(rows), derived_index=record.index)])
        if outcome.told:
            self._fresh.append(Published(record, outcome.told))

    def act(self, kind: str, who: str, body: object) -> None:
        self._counter += 1
        self.append(Draft(kind, f"device of {who}", self._counter, 1, packed(body)))

    def say(self, text: str, room: str = GENERAL, who: str = "anna") -> None:
        self.act("message", who, MessageBody(room, text))

    def cut(self, index: int, epoch: Epoch) -> None:
        """Forget the records behind an index; another server's epoch follows."""
        self.state = rebuild([], self.store.all_records, index)
        self.store.commit([Write(cut_to=index)])
        self.epoch, self._fresh = epoch, []

    def fresh(self) -> list[Published]:
        fresh, self._fresh = self._fresh, []
        return fresh

    @property
    def position(self) -> Position:
        spans = self.state.spans
        return Position(self.state.index, str(spans[-1].epoch), self.state.number)


class Stage:
    """The delivery of a server, used on a loop."""

    def __init__(self, loop: LoopThread, store: Store) -> None:
        self._loop = loop
        self.log = Log(store)
        self.log.fresh()
        reader = store.reader()
        self.delivery = Delivery(
            self.log.position,
            state=lambda: self.log.state,
            read_store=lambda audiences, cursor, last: missed_frames(
                reader, self.log.state, audiences, cursor, last
            ),
            durable_end=reader.derived_index,
            is_leader=lambda: False,
            now=lambda: 0.0,
        )

    def publish(self) -> None:
        async def call() -> None:
            self.delivery.publish(self.log.fresh(), self.log.position)

        self._loop.run_sync(call(), DEADLINE_S)

    def say(self, *texts: str, room: str = GENERAL) -> None:
        """Several messages in one batch."""
        for text in texts:
            self.log.say(text, room)
        self.publish()

    def attach(self, who: str = "ben", cursor: int | None = None, resumed: Cursor | None = None) -> Reader:
        index = self.log.state.index if cursor is None else cursor
        reader = Reader(Sink(index), who, self.log.state.users[who].rooms, index)

        async def call() -> None:
            self.delivery.attach(reader, resumed)

        self._loop.run_sync(call(), DEADLINE_S)
        return reader

    def pause(self, reader: Reader, *, is_paused: bool) -> None:
        sink(reader).is_paused = is_paused
        if not is_paused:
            self.flush(reader)

    def trim(self) -> None:
        """Let the older half of what is in memory go."""

        async def call() -> None:
            if any(feed.indices for feed in self.delivery._feeds.values()):
                self.delivery._trim()

        self._loop.run_sync(call(), DEADLINE_S)

    def flush(self, reader: Reader) -> None:
        async def call() -> None:
            self.delivery.flush(reader)

        self._loop.run_sync(call(), DEADLINE_S)


@contextmanager
def a_stage(folder: Path) -> Iterator[Stage]:
    """One with a loop and a store of its own, for tests that play many scripts."""
    loop = LoopThread("stage")
    loop.start()
    store = Store(SqliteDisk(folder / "archive.sqlite"))
    try:
        yield Stage(loop, store)
    finally:
        store.close()
        loop.stop()


def sink(reader: Reader) -> Sink:
    assert isinstance(reader.outlet, Sink)
    return reader.outlet


def reads(reader: Reader, texts: list[str]) -> bool:
    return sink(reader).texts == texts
