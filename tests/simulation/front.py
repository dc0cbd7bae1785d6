"""The front of a process: the real hub and its real sessions, on an io thread of virtual time."""

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from server.archive.record import Draft
from server.archive.store import StoreReader
from server.engine.round import Answer, Ask, EngineInput, Output, PairState
from server.sessions.admission import Policy
from server.sessions.facts import OwnFacts, PeerNews
from server.sessions.hub import Hub
from server.sessions.session import Session
from server.state.bodies import MessageBody
from server.state.fold import decode_body
from server.state.state import State
from tests.simulation.checkers.files import check_copies
from tests.simulation.checkers.receipts import ReceiptAudit
from tests.simulation.file_path import FilePath
from tests.simulation.io_loop import IoLoop
from tests.simulation.shelf import ShelfStore

if TYPE_CHECKING:
    from tests.simulation.process import Process

ADDRESSES: Final = {"a": "10.0.0.1:7000", "b": "10.0.0.2:7000"}
# Of a new machine: its id may be the lower or the higher one, and the lower one dials.
NEW_ADDRESSES: Final = {"0": "10.0.0.3:7000", "c": "10.0.0.4:7000"}
_ALL_ADDRESSES: Final = ADDRESSES | NEW_ADDRESSES
CLUSTER: Final = "simulated"


class Front:
    """What clients meet of a server. It is the engine's door and the clock of its hub as well."""

    def __init__(self, process: "Process") -> None:
        self._process: Final = process
        self.loop: Final = IoLoop(process)
        self._waiting: dict[int, int] = {}
        self.file_path: FilePath | None = None
        self.receipts: Final = ReceiptAudit(process)
        self.loop.run(self._open)

    def _open(self) -> None:
        process = self._process
        self.hub: Hub = Hub(
            engine=self,
            reader=StoreReader(process.machine.disk.durable),
            clock=self,
            facts=OwnFacts(
                name=process.name,
                server=process.name,
                cluster=CLUSTER,
                chat="pretended",
                address=_ALL_ADDRESSES[process.name],
                is_first=process.machine.is_first,
                is_open=True,
            ),
            position=process.engine.position(),
            pair=PairState("recovering", "waiting", "", "", 0),
            users_max=1_000,
            policy=Policy.FILL,
            send_rate_per_s=0.0,
            tell_peer=self._tell_peer,
            marking_device=f"{process.world.rng.getrandbits(128):032x}",
            blobs=self._blobs(),
        )
        self._remember_peer()
        self._lay_file_path()

    def _blobs(self) -> Any:
        """The files of this machine, in a run that has some."""
        machine, weather = self._process.machine, self._process.world.weather
        return ShelfStore(machine.shelf, machine.time_ms, weather.kept_s) if weather.files else None

    def _lay_file_path(self) -> None:
        """Files go to the second server that there is now."""
        if self.file_path is not None:
            self.file_path.end()
        if self.hub.files is not None:
            self.file_path = FilePath(self._process, self._process.peer, self.hub, self.hub.files)
            self.hub.files.copier = self.file_path

    def _remember_peer(self) -> None:
        self.hub.remember_peer(self._process.peer, _ALL_ADDRESSES[self._process.peer])

    def new_session(self) -> Session:
        """A client was accepted."""
        return Session(self.hub)

    # --- the clock

    def monotonic_s(self) -> float:
        """Virtual time (s)."""
        return self._process.world.clock.now

    def wall_ms(self) -> int:
        """What the machine's clock says."""
        return self._process.machine.time_ms()

    # --- the door to the engine

    @property
    def state(self) -> State:
        """The folded state."""
        return self._process.engine.state

    @property
    def copies_index(self) -> int:
        """Everything up to here is on both disks."""
        return self._process.engine.copies_index

    @property
    def durable_index(self) -> int:
        """How far the own disk reaches."""
        return self._process.engine.replica.durable

    @property
    def known_end(self) -> int:
        """Where the log ends as far as is known, committed or not."""
        return self._process.engine.replica.known_end

    def put(self, *given: EngineInput) -> None:
        """Sessions ask: under a number that no other asker of this run has."""
        history = self._process.world.history
        if self._process.is_dead:
            # A task of its loop was thrown away, and tidies up.
            return
        for ask in given:
            assert isinstance(ask, Ask)
            self._carried(ask.draft)
            if ask.draft.kind == "marks":
                history.ask(ask.draft)
                # One that has no answer in time may still come behind the next one.
                history.unordered.add(ask.draft.device)
            asker = history.new_asker(ask.draft)
            self._waiting[asker] = ask.asker
            self._process.ask(Ask(ask.draft, asker, ask.connection), lambda _: None)

    def _carried(self, draft: Draft) -> None:
        body = decode_body(draft.kind, draft.body) if self.file_path is not None else None
        if isinstance(body, MessageBody) and body.file is not None:
            # In a task nobody would hear of a broken promise.
            check = partial(check_copies, self._process, draft, body.file, self.hub.pair)
            self._process.world.clock.after(0.0, check)

    # --- news

    def deliver(self, output: Output) -> None:
        """What a round brought, with the answers to those who asked here."""
        answers = [
            Answer(
                self._waiting.pop(answer.asker),
                answer.device,
                answer.counter,
                answer.index,
                answer.number,
                answer.copies,
                answer.refusal,
            )
            for answer in output.answers
            if answer.asker in self._waiting
        ]
        news = Output(
            published=output.published,
            marked=output.marked,
            position=output.position,
            answers=answers,
            copies_index=output.copies_index,
            pair=output.pair,
        )
        self.receipts.look(output)
        if news.has_news:
            self.loop.run(partial(self.hub.deliver, news))

    def linked(self) -> None:
        """There is a connection to the other server."""
        self.loop.run(self.hub.announcements.greet_peer)
        if self.file_path is not None:
            self.loop.run(self.file_path.link_up)

    def unlinked(self) -> None:
        """There is none any more."""
        self.loop.run(partial(self.hub.hear_peer, None))
        if self.file_path is not None:
            self.loop.run(self.file_path.link_down)

    def peer_replaced(self) -> None:
        """Another server has the place of the other one."""
        self.loop.run(self._remember_peer)
        self.unlinked()
        self.loop.run(self._lay_file_path)

    def hear(self, facts: PeerNews) -> None:
        """The other server's front told about itself."""
        self.loop.run(partial(self.hub.hear_peer, facts))

    def _tell_peer(self, facts: PeerNews) -> None:
        wire = self._process.wire
        if wire is not None:
            wire.send(self._process.name, facts)
