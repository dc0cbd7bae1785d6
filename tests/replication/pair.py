"""Two real replicas, driven by hand: whoever tests says what arrives, what is synced and what time it is.

Every effect is also kept as a line of text, so that a test reads as a transcript.
"""

from collections import deque
from typing import Final, TypeVar

import msgspec

from server.archive.record import GENESIS_HASH, NO_EPOCH, Draft, Epoch, Record, make_record
from server.archive.record import epoch_draft as make_epoch_draft
from server.replication import steps
from server.replication.log import Log
from server.replication.messages import Append, Confirm, Forward, Hello, Match, Message, Refuse
from server.replication.replica import Replica
from server.replication.settings import Settings

_Kind = TypeVar("_Kind", bound=steps.Effect)

TICK_S: Final = 0.05
SETTINGS: Final = Settings()


def draft(counter: int, device: str = "d", body: bytes = b"") -> Draft:
    """Something a client wants archived."""
    return Draft("message", device, counter, 0, body)


def chain(*parts: Draft | Epoch | tuple[Epoch, tuple[str, ...]]) -> list[Record]:
    """Records in a row. An epoch alone names its own server as the only member."""
    records: list[Record] = []
    epoch, previous_hash = NO_EPOCH, GENESIS_HASH
    for part in parts:
        if isinstance(part, Draft):
            this = part
        else:
            epoch, members = part if isinstance(part, tuple) else (part, (part.server,))
            this = make_epoch_draft(epoch, members, 0)
        record = make_record(this, epoch, len(records) + 1, previous_hash)
        previous_hash = record.hash
        records.append(record)
    return records


def log_of(records: list[Record]) -> Log:
    """A log with all of its records in memory."""
    log = Log([], [], 0, GENESIS_HASH, lambda index: None)
    for record in records:
        log.append(record)
    return log


class Half:
    """One replica with its pending writes, what it sent, and the lines of what it did."""

    def __init__(
        self,
        name: str,
        records: list[Record],
        now: float,
        *,
        cluster: str = "c",
        server: str = "",
        is_founder: bool = False,
        settings: Settings = SETTINGS,
        may_lead_alone: bool = True,
    ) -> None:
        self.name: Final = name
        self.now = now
        self._nonces = 0
        log = log_of(records)
        me, peer = server or name, "b" if name == "a" else "a"
        self.replica: Final = Replica(
            me=me,
            peer=peer,
            cluster=cluster,
            log=log,
            commit=0,
            settings=settings,
            make_nonce=self._nonce,
            may_lead_at_once=log.members == (me,) or (is_founder and not records),
            is_founder=is_founder,
            now=now,
            may_lead_alone=may_lead_alone,
        )
        self.is_disk_stuck = False
        self.sent: deque[Message] = deque()
        self.stored = list(records)
        self.lines: list[str] = []
        self.effects: list[steps.Effect] = []
        self._unsynced: deque[steps.Persist] = deque()

    def _nonce(self) -> str:
        self._nonces += 1
        return f"{self.name}{self._nonces}"

    @property
    def shown(self) -> str:
        """Role and mode."""
        return f"{self.replica.role.name} {self.replica.mode}"

    def take(self, given: steps.Input) -> None:
        """One step."""
        for effect in self.replica.step(given, self.now, int(self.now * 1000)):
            self.effects.append(effect)
            line = _line(effect)
            if line:
                self.lines.append(line)
            if isinstance(effect, steps.Persist):
                self._unsynced.append(effect)
            elif isinstance(effect, steps.SendToPeer):
                self.sent.append(effect.message)
            elif isinstance(effect, steps.Load):
                self.take(steps.Loaded(tuple(self.stored[effect.first - 1 : effect.first + 1])))

    def sync(self) -> bool:
        """The disk has done what it was given; whether there was anything."""
        if not self._unsynced or self.is_disk_stuck:
            return False
        while self._unsynced:
            effect = self._unsynced.popleft()
            if effect.cut_to is not None:
                del self.stored[effect.cut_to :]
            self.stored.extend(effect.records)
            self.take(steps.Persisted(effect.ticket))
        return True

    def read_lines(self) -> list[str]:
        """What it did since the last time, in lines."""
        lines, self.lines = self.lines, []
        return lines

    def did(self, kind: type[_Kind]) -> list[_Kind]:
        """All effects of a kind so far."""
        return [effect for effect in self.effects if isinstance(effect, kind)]


class Pair:
    """Both halves and the link between them."""

    def __init__(
        self,
        a: list[Record] | None = None,
        b: list[Record] | None = None,
        *,
        settings: Settings = SETTINGS,
    ) -> None:
        self.now = 100.0
        self.settings: Final = settings
        self.halves: dict[str, Half] = {
            "a": Half("a", a or [], self.now, is_founder=True, settings=settings),
            "b": Half("b", b or [], self.now, settings=settings),
        }
        # What these send does not arrive; what is no link any more is not delivered.
        self.muted: set[str] = set()
        self.dead: set[str] = set()
        self.is_linked = False

    @property
    def a(self) -> Half:
        """The founder, of the lower name."""
        return self.halves["a"]

    @property
    def b(self) -> Half:
        """The other one."""
        return self.halves["b"]

    def connect(self) -> None:
        """A proven link is there."""
        self.is_linked = True
        for half in self.living():
            half.sent.clear()
            half.take(steps.LinkUp())
        self.settle()

    def disconnect(self) -> None:
        """The link ends, and both see it."""
        self.is_linked = False
        for half in self.living():
            half.take(steps.LinkDown())
        self.settle()

    def kill(self, name: str, *, is_refused: bool = True) -> None:
        """A process dies: the link ends, and whoever dials is refused."""
        self.dead.add(name)
        self.disconnect()
        for half in self.living():
            if is_refused:
                half.take(steps.PeerRefused())
        self.settle()

    def restart(self, name: str) -> None:
        """A process starts again with what its disk has."""
        self.dead.discard(name)
        stored = self.halves[name].stored
        founder = name == "a"
        self.halves[name] = Half(name, stored, self.now, is_founder=founder, settings=self.settings)

    def living(self) -> list[Half]:
        """Those that run."""
        return [half for name, half in self.halves.items() if name not in self.dead]

    def settle(self) -> None:
        """Deliver and sync until nothing moves."""
        has_moved = True
        while has_moved:
            has_moved = False
            for half in self.living():
                has_moved |= self._deliver(half) or half.sync()

    def wait(self, seconds: float) -> None:
        """Time passes, with its ticks."""
        for _ in range(round(seconds / TICK_S)):
            self.now += TICK_S
            for half in self.living():
                half.now = self.now
                half.take(steps.Tick())
            self.settle()

    def become_dual(self) -> None:
        """From two empty archives to two members."""
        self.wait(TICK_S)
        self.connect()
        self.wait(TICK_S)
        assert (self.a.shown, self.b.shown) == ("leader dual", "follower dual")
        for half in self.halves.values():
            half.read_lines()

    def _deliver(self, half: Half) -> bool:
        other = self.halves["b" if half.name == "a" else "a"]
        messages, half.sent = half.sent, deque()
        if self.is_linked and half.name not in self.muted and other.name not in self.dead:
            for message in messages:
                other.take(steps.Received(message))
        return bool(messages)


def hello_of(server: str, records: list[Record], *, cluster: str = "c", is_leader: bool = False) -> Hello:
    """What a server with this log says first."""
    half = Half(server, records, 0.0, cluster=cluster)
    half.take(steps.LinkUp())
    said = half.sent.popleft()
    assert isinstance(said, Hello)
    return msgspec.structs.replace(said, session=f"session of {server}", is_leader=is_leader)


def _line(effect: steps.Effect) -> str:
    match effect:
        case steps.Persist(_, records, cut_to):
            cut = "" if cut_to is None else f"cut to {cut_to}, "
            return f"persist {cut}{', '.join(_name(record) for record in records)}".rstrip(", ")
        case steps.SendToPeer(message):
            return _message_line(message)
        case steps.Load(first, _):
            return f"load from {first}"
        case steps.Committed(index):
            return f"committed {index}"
        case steps.CopiesKnown(index):
            return f"copies {index}"
        case steps.Rewound(index):
            return f"rewound to {index}"
        case steps.Forwarded(forwarded):
            return f"forwarded {forwarded.counter}"
        case steps.RefusedByLeader():
            return f"refused by leader {effect.counter} {effect.code}"
        case steps.DropLink(reason):
            return f"drop link: {reason}"
        case steps.Alarm(code):
            return f"alarm {code}" if code else "no alarm"
        case steps.Halt(code):
            return f"halt {code}"


def _message_line(message: Message) -> str:
    match message:
        case Hello():
            return f"→ hello {message.last_index}"
        case Match():
            return f"→ match {message.index}"
        case Append():
            names = [_name(Record(packed)) for packed in message.records]
            return f"→ append {', '.join(names)} commit {message.commit}".replace("  ", " ")
        case Confirm():
            return f"→ confirm {message.durable}"
        case Forward():
            return f"→ forward {message.draft.counter}"
        case Refuse():
            return f"→ refuse {message.counter} {message.code}"
    return ""


def _name(record: Record) -> str:
    if record.is_epoch:
        return f"{record.index}:epoch({'+'.join(record.members())})"
    return f"{record.index}:{record.header.counter}"
