"""What happened in a run: what was sent, acknowledged and shown, and what was done to which server when."""

import dataclasses
from bisect import bisect_left
from typing import Final

from server.torture.faults import FaultKind

MessageId = tuple[str, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """Something was done to a server at `at_s` (monotonic; `at_ms` is Unix time), for `lasts_s`.

    `role` is what the server was at that moment.
    """

    number: int
    kind: FaultKind
    at_s: float
    at_ms: int
    lasts_s: float
    server: str
    role: str


@dataclasses.dataclass(slots=True)
class SenderHistory:
    """One sender. Its messages have the counters 1 to `sent`."""

    name: str
    device: str
    sent: int = 0
    # Monotonic times (s), one an acknowledgement, as they came.
    acknowledged_at: list[float] = dataclasses.field(default_factory=list)
    acknowledged: set[int] = dataclasses.field(default_factory=set)
    # Those of them that said one copy.
    single_at: list[float] = dataclasses.field(default_factory=list)
    # Counter to code.
    refused: dict[int, str] = dataclasses.field(default_factory=dict)

    def text(self, counter: int) -> str:
        """What the message of this counter says: nobody else ever says the same."""
        return f"{self.name} says {counter}. ({self.device})"

    def stored(self, counter: int, copies: int, at_s: float) -> None:
        """An acknowledgement came; the first one of a message counts."""
        if counter not in self.acknowledged:
            self.acknowledged.add(counter)
            self.acknowledged_at.append(at_s)
            if copies == 1:
                self.single_at.append(at_s)

    def single_between(self, first_s: float, end_s: float) -> int:
        """How many acknowledgements said one copy in a time."""
        return bisect_left(self.single_at, end_s) - bisect_left(self.single_at, first_s)

    @property
    def waiting_count(self) -> int:
        """How many messages are still in the outbox."""
        return self.sent - len(self.acknowledged) - len(self.refused)

    @property
    def unanswered(self) -> list[int]:
        """The counters of what is still in the outbox."""
        counters = range(1, self.sent + 1)
        return [n for n in counters if n not in self.acknowledged and n not in self.refused]


@dataclasses.dataclass(slots=True)
class ReaderHistory:
    """What one reader was shown and still holds: (index, message), in the order of showing."""

    name: str
    shown: list[tuple[int, MessageId]] = dataclasses.field(default_factory=list)
    # What an earlier start of the app had shown already.
    kept_to: int = 0

    def show(self, index: int, message: MessageId) -> None:
        """A message is given; one that an earlier start of the app holds is known to it by its index."""
        if index > self.kept_to:
            self.shown.append((index, message))

    def keep(self) -> None:
        """The app is closed: what it was shown is in its cache."""
        self.kept_to = self.shown[-1][0] if self.shown else 0

    def diverged(self, index: int) -> None:
        """The archives merged: a client drops what lies behind the fork, and is shown it anew."""
        self.shown = [(at, message) for at, message in self.shown if at <= index]
        self.kept_to = min(self.kept_to, index)

    @property
    def messages(self) -> list[MessageId]:
        """Only the messages."""
        return [message for _, message in self.shown]


class History:
    """Everything of one run."""

    def __init__(self, senders: list[SenderHistory], readers: list[ReaderHistory]) -> None:
        self.senders: Final = senders
        self.readers: Final = readers
        self.faults: list[Fault] = []
        self._by_device: Final = {sender.device: sender for sender in senders}

    @property
    def sent(self) -> list[MessageId]:
        """Every message, by sender and counter."""
        return [(s.device, counter) for s in self.senders for counter in range(1, s.sent + 1)]

    @property
    def acknowledged(self) -> set[MessageId]:
        """What some server promised to keep."""
        return {(s.device, counter) for s in self.senders for counter in s.acknowledged}

    @property
    def sent_count(self) -> int:
        """How many messages were sent."""
        return sum(sender.sent for sender in self.senders)

    @property
    def acknowledged_count(self) -> int:
        """How many of them were acknowledged."""
        return sum(len(sender.acknowledged) for sender in self.senders)

    def is_ours(self, message: MessageId, text: str) -> bool:
        """Whether a sender of this run wrote exactly this."""
        sender = self._by_device.get(message[0])
        return sender is not None and text == sender.text(message[1])

    def shown(self, message: MessageId) -> str:
        """A message as people read it."""
        sender = self._by_device.get(message[0])
        return f"{sender.name if sender else message[0]}:{message[1]}"
