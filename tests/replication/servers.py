"""Two engines with their disks, driven by hand: requests in, records on both disks, verdicts out."""

from typing import Final

from server.archive.record import Draft
from server.archive.store import Store, StoreReader
from server.engine.engine import Engine
from server.engine.opening import open_log
from server.engine.round import Answer, Ask, EngineInput, Output
from server.replication import steps
from server.replication.replica import Replica
from server.replication.settings import Settings
from tests.simulation.disk import SimulatedDisk

SETTINGS: Final = Settings()


class Server:
    """An engine with its disk; what it gives out is kept, and synced when the test says so."""

    def __init__(
        self, name: str, peer: str, disk: SimulatedDisk, now: float, settings: Settings = SETTINGS
    ) -> None:
        self.name, self.disk, self.now = name, disk, now
        state, log = open_log(StoreReader(disk.durable))
        nonces = iter(range(1_000_000))
        replica = Replica(
            me=name,
            peer=peer,
            cluster="c",
            log=log,
            commit=state.index,
            settings=settings,
            make_nonce=lambda: f"{name}{next(nonces)}{now}",
            may_lead_at_once=log.members == (name,) or (not log.spans and name == "a"),
            is_founder=name == "a",
            now=now,
        )
        self.engine = Engine(replica, state, StoreReader(disk.durable))
        self.store = Store(disk)
        self.reader = StoreReader(disk.durable)
        self.outputs: list[Output] = []
        self.is_disk_stuck = False
        self._askers = 0
        self._unsynced: list[Output] = []

    def give(self, *inputs: EngineInput) -> Output:
        """One round."""
        output = self.engine.handle(list(inputs), self.now, int(self.now * 1000))
        self.outputs.append(output)
        self._unsynced.append(output)
        for load in output.loads:
            self.give(steps.Loaded(tuple(self.reader.records(load.first, load.bytes_max))))
        return output

    def ask(self, *drafts: Draft, connection: int = 0) -> list[int]:
        """Ask for these in one round, perhaps on a connection of a client; the askers' numbers."""
        first = self._askers + 1
        self._askers += len(drafts)
        askers = list(range(first, first + len(drafts)))
        self.give(*(Ask(draft, asker, connection) for draft, asker in zip(drafts, askers, strict=True)))
        return askers

    def sync(self) -> bool:
        """The disk does what it was given."""
        if self.is_disk_stuck:
            return False
        unsynced, self._unsynced = self._unsynced, []
        writes = [item for output in unsynced for item in output.writes]
        if not writes:
            return False
        self.store.commit([write for _, write in writes])
        self.disk.sync()
        self.give(steps.Persisted(max(ticket for ticket, _ in writes)))
        return True

    def answers(self) -> dict[int, Answer]:
        """Everything answered so far, by asker."""
        found: dict[int, Answer] = {}
        for output in self.outputs:
            for answer in output.answers:
                assert answer.asker not in found, "answered twice"
                found[answer.asker] = answer
        return found

    def verdict(self, asker: int) -> str:
        """The answer to one ask in a word."""
        answer = self.answers().get(asker)
        if answer is None:
            return "waits"
        return answer.refusal.code if answer.refusal else f"stored at {answer.index}"


class Servers:
    """Both servers, and a link that delivers at once."""

    def __init__(self) -> None:
        self.disks = {"a": SimulatedDisk(), "b": SimulatedDisk()}
        self.now = 100.0
        self.is_linked = False
        self.running: dict[str, Server] = {}

    def start(self, name: str, settings: Settings = SETTINGS) -> Server:
        """A process on the disk of this name."""
        peer = "b" if name == "a" else "a"
        self.running[name] = Server(name, peer, self.disks[name], self.now, settings)
        return self.running[name]

    def kill(self, name: str) -> None:
        """The process is gone with what it had not synced."""
        self.running.pop(name)
        self.disks[name].crash(0)
        self.is_linked = False
        for server in self.running.values():
            server.give(steps.LinkDown(), steps.PeerRefused())
        self.settle()

    def connect(self) -> None:
        """A link, and all that follows."""
        self.link()
        self.settle()

    def link(self) -> None:
        """A link, and nothing has come over it yet."""
        self.is_linked = True
        for server in self.running.values():
            server.outputs.append(Output())
            server.give(steps.LinkUp())

    def disconnect(self) -> None:
        """The link is lost, and both processes live."""
        self.is_linked = False
        for server in self.running.values():
            server.give(steps.LinkDown())

    def settle(self) -> None:
        """Sync and deliver until nothing moves."""
        while self.move():
            pass

    def move(self) -> bool:
        """Each syncs and delivers once; whether anything moved."""
        has_moved = False
        for server in self.running.values():
            has_moved |= server.sync()
            has_moved |= self.deliver(server)
        return has_moved

    def deliver(self, server: Server) -> bool:
        """What one server said arrives at the other."""
        other = self.running.get("b" if server.name == "a" else "a")
        messages = [m for output in server.outputs for m in output.messages]
        for output in server.outputs:
            output.messages.clear()
        received = [steps.Received(m.message) for m in messages if isinstance(m, steps.SendToPeer)]
        if self.is_linked and other is not None and received:
            other.give(*received)
        return bool(received)

    def wait(self, seconds: float) -> None:
        """Time passes."""
        for _ in range(round(seconds / 0.05)):
            self.now += 0.05
            for server in self.running.values():
                server.now = self.now
                server.give(steps.Tick())
            self.settle()


def dual_pair(*asked: Draft) -> Servers:
    """Two servers in dual mode, of which a leads and has archived these."""
    servers = Servers()
    servers.start("a")
    servers.start("b")
    servers.wait(0.05)
    servers.connect()
    servers.wait(0.1)
    servers.running["a"].ask(*asked)
    servers.settle()
    return servers
