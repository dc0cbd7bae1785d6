"""A hub on a loop, with clients whose channels are lists and an engine that commits when it is told to.

The engine's place is taken by the real fold over a log in memory: what a session asks for is archived
at the next `commit`, which is given to the hub as an engine's round would be.
"""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from server.archive.blobs import BlobStore
from server.archive.disk import SqliteDisk
from server.archive.record import Draft, Epoch, Record, epoch_draft, make_records
from server.archive.store import Store, Write
from server.engine.round import Answer, Ask, EngineInput, Output, PairState, Position, Published
from server.network.loop_thread import LoopThread
from server.protocol import events, requests
from server.protocol.connection import ClientConnection
from server.protocol.frames import encode_frame
from server.sessions.admission import Policy
from server.sessions.facts import OwnFacts, PeerNews
from server.sessions.hub import Hub
from server.sessions.session import Session
from server.state.fold import fold
from server.state.rebuild import rebuild
from server.state.state import State
from server.state.told import Outcome
from tests.waiting import DEADLINE_S, wait_until

T = TypeVar("T")
E = TypeVar("E", bound=events.Event)
EPOCH = Epoch(1, "5e12e1", "0")
SECRET = bytes(range(32))


class FakeClock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic_s(self) -> float:
        return self.now_s

    def wall_ms(self) -> int:
        return 1_700_000_000_000 + int(self.now_s * 1000)


class FakeChannel:
    """A channel that keeps what is written to it."""

    def __init__(self, address: str) -> None:
        self.peer_address = (address, 50_000)
        self.written: list[bytes] = []
        self.is_paused = False
        self.is_reading = True
        self.is_established = False
        self.end = ""

    @property
    def buffered_bytes(self) -> int:
        return sum(map(len, self.written)) if self.is_paused else 0

    def write(self, data: bytes) -> None:
        assert not self.end, "written after the end"
        self.written.append(data)

    def established(self) -> None:
        self.is_established = True

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True

    def close(self) -> None:
        self.end = self.end or "closed"

    def abort(self) -> None:
        self.end = self.end or "aborted"


class Client:
    """One connection to the hub."""

    def __init__(self, scene: "Scene", address: str) -> None:
        self._scene = scene
        self.channel = FakeChannel(address)
        self._connection = ClientConnection()
        self._last_id = 0
        self.device, self.secret = secrets.token_hex(16), secrets.token_hex(32)
        self.session = scene.do(lambda: Session(scene.hub))
        scene.do(lambda: self.session.opened(as_channel(self.channel)))

    def send(self, data: bytes) -> None:
        """Bytes to the server."""
        self._scene.do(lambda: self.session.received(data))

    def heard(self) -> list[events.AnyEvent]:
        """What came since the last look."""
        written, self.channel.written = self.channel.written, []
        return self._connection.receive(b"".join(written))

    def ask(self, kind: type[requests.AnyRequest], **fields: Any) -> list[events.AnyEvent]:
        """Send a request; what came until then, and what it brought at once."""
        self.send(encode_frame(self.request(kind, **fields)))
        return self.heard()

    def archive(self, kind: type[requests.AnyRequest], **fields: Any) -> list[events.AnyEvent]:
        """Ask for something to be archived, and what came when it was committed."""
        found = self.ask(kind, **fields)
        self._scene.commit()
        return found + self.heard()

    def ask_until(
        self, wanted: type[events.AnyEvent], kind: type[requests.AnyRequest], **fields: Any
    ) -> list[events.AnyEvent]:
        """Ask, and what came up to one of these; all that is asked for meanwhile is committed."""
        found = self.ask(kind, **fields)

        def is_answered() -> bool:
            self._scene.commit()
            found.extend(self.heard())
            return any(isinstance(event, wanted) for event in found)

        wait_until(is_answered)
        return found

    def request(self, kind: type[requests.AnyRequest], **fields: Any) -> requests.AnyRequest:
        """A request with the next id."""
        self._last_id += 1
        return kind(id=self._last_id, **fields)

    def ask_for(self, wanted: type[E], kind: type[requests.AnyRequest], **fields: Any) -> E:
        """Send a request that is answered by exactly one event of this kind."""
        (found,) = [event for event in self.ask(kind, **fields) if isinstance(event, wanted)]
        return found

    def greet(self) -> events.Welcome:
        """Say hello."""
        return self.ask_for(events.Welcome, requests.Hello, versions=[1])

    def sign_in(self, name: str = "Anna", **fields: Any) -> list[events.AnyEvent]:
        """Greet and sign in; a new device is committed."""
        self.greet()
        found = self.ask(requests.SignIn, name=name, device=self.device, secret=self.secret, **fields)
        self._scene.commit()
        return found + self.heard()

    def close(self) -> None:
        """The connection is lost."""
        self._scene.do(lambda: self.session.closed(None))


class Scene:
    """A hub with its clients. Made and used from the test's thread; `do` runs on the loop."""

    def __init__(self, loop: LoopThread, path: Path, **settings: Any) -> None:
        self._loop = loop
        self._store = Store(SqliteDisk(path / "archive.sqlite"))
        self.clock = FakeClock()
        self.state = State()
        self.copies_index = 0
        self.asked: list[Ask] = []
        # So many records stand in the log behind what is committed.
        self.uncommitted = 0
        self.told_peer: list[PeerNews] = []
        facts = OwnFacts(
            name="a",
            server=EPOCH.server,
            cluster="c",
            chat="Lab",
            address="a:1",
            is_first=True,
            authority_pem="PEM",
            cluster_secret=SECRET,
            is_open=settings.pop("is_open", True),
        )
        chosen = {
            "users_max": 100,
            "policy": Policy.FILL,
            "send_rate_per_s": 0.0,
            **settings,
        }
        self.hub = self.do(
            lambda: Hub(
                engine=self,
                reader=self._store.reader(),
                clock=self.clock,
                facts=facts,
                position=Position(0, "0.0.0", 0),
                pair=PairState("leader", "solo", str(EPOCH), "", 0),
                tell_peer=self.told_peer.append,
                blobs=BlobStore(path / "blobs"),
                **chosen,
            )
        )
        self.append(epoch_draft(EPOCH, (EPOCH.server,), 0))

    # What the hub needs of an engine.

    @property
    def durable_index(self) -> int:
        return self.state.index

    @property
    def known_end(self) -> int:
        return self.state.index + self.uncommitted

    def put(self, *given: EngineInput) -> None:
        for ask in given:
            assert isinstance(ask, Ask)
            self.asked.append(ask)

    # What a test does.

    def do(self, function: Callable[[], T]) -> T:
        """Call something on the loop's thread."""

        async def call() -> T:
            return function()

        return self._loop.run_sync(call(), DEADLINE_S)

    def client(self, address: str = "127.0.0.1") -> Client:
        """Somebody connects."""
        return Client(self, address)

    def commit(self) -> None:
        """The engine commits what was asked for."""
        asked, self.asked = self.asked, []
        outputs = [self.append(ask.draft, ask.asker) for ask in asked]
        assert all(outputs) or not asked

    def append(self, draft: Draft, asker: int = 0, epoch: Epoch = EPOCH) -> Output:
        """Archive one record and give the hub the round in which it was committed."""
        record, outcome = self._archive(draft, epoch)
        number = outcome.told.number if outcome.told else 0
        answer = Answer(asker, *draft.id, record.index, number, 1, outcome.refusal)
        output = Output(
            published=[Published(record, outcome.told)] if outcome.told else [],
            marked=set(outcome.marked.users) if outcome.marked else set(),
            position=Position(record.index, str(epoch), self.state.number),
            answers=[answer] if asker else [],
        )
        self.do(lambda: self.hub.deliver(output))
        return output

    def append_at_once(self, *drafts: Draft) -> None:
        """Archive several records that are committed in one round."""
        archived = [self._archive(draft, EPOCH) for draft in drafts]
        output = Output(
            published=[Published(record, outcome.told) for record, outcome in archived if outcome.told],
            position=Position(self.state.index, str(EPOCH), self.state.number),
        )
        self.do(lambda: self.hub.deliver(output))

    def _archive(self, draft: Draft, epoch: Epoch) -> tuple[Record, Outcome]:
        (record,) = make_records([draft], epoch, self.state.index, self.state.hash)
        outcome = fold(self.state, record)
        row = outcome.told.rows(record.index) if outcome.told else []
        self._store.commit([Write(records=(record,), timeline=tuple(row), derived_index=record.index)])
        return record, outcome

    def cut(self, index: int) -> None:
        """A merge: the log is cut behind an index, and what stood there is not back yet."""
        self._store.commit([Write(cut_to=index)])
        self.state = rebuild([], self._store.all_records, index)
        epoch = str(self.state.spans[-1].epoch)
        output = Output(position=Position(index, epoch, self.state.number))
        self.do(lambda: self.hub.deliver(output))

    def records(self) -> list[Record]:
        """The archive."""
        return list(self._store.all_records())

    def re_submitted(self) -> list[Draft]:
        """What waits for its re-submission."""
        return [row.draft for row in self._store.quarantine(b"", 1000)]

    def pass_time(self, time_s: float) -> None:
        """The clock goes on, and the house is kept once."""
        self.clock.now_s += time_s
        self.do(self.hub._keep_house)

    def stop(self) -> None:
        """Nothing runs afterwards."""
        self.do(self.hub.stop)
        self._store.close()


def packed(body: object) -> bytes:
    """The body of a record."""
    return msgspec.msgpack.encode(body)


def as_channel(channel: FakeChannel) -> Any:
    """It has the parts of a channel that a session uses."""
    return channel


def only(found: list[events.AnyEvent], kind: type[E]) -> E:
    """The one event of a kind."""
    (event,) = [event for event in found if isinstance(event, kind)]
    return event


def messages_in(found: list[events.AnyEvent]) -> list[events.Message]:
    """The messages among events, in order."""
    runs = (event for event in found if isinstance(event, events.Messages))
    return [message for run in runs for message in run.messages]


def codes(found: list[events.AnyEvent]) -> list[str]:
    """The codes of the errors among events."""
    return [event.code for event in found if isinstance(event, events.Failed)]
