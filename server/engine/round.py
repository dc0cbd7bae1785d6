"""A round of the engine: what goes in, and what comes out (data only)."""

from dataclasses import dataclass, field

import msgspec

from server.archive.record import Draft, Record
from server.archive.store import Write
from server.protocol.errors import Refusal
from server.replication import steps
from server.state.told import Told

Asker = int


class Ask(msgspec.Struct, frozen=True):
    """A client of this server asks for something to be archived; `asker` is told the answer.

    What comes on one `connection` comes in the order in which it was sent; 0: the server asks itself.
    """

    draft: Draft
    asker: Asker
    connection: int = 0


class DiskSpace(msgspec.Struct, frozen=True):
    """Whether there is too little room on the disk to take anything new."""

    is_full: bool


class Stop(msgspec.Struct, frozen=True):
    """The server stops: leave a snapshot for a quick start."""


class Answer(msgspec.Struct, frozen=True):
    """What became of a request. `refusal` None: it stands at `index`, on `copies` disks.

    The code `unknown` means that no answer came in time; the request may still be archived.
    """

    asker: Asker
    device: str
    counter: int
    index: int = 0
    number: int = 0
    copies: int = 0
    refusal: Refusal | None = None


class Published(msgspec.Struct, frozen=True):
    """An accepted record and what the fold said about it."""

    record: Record
    told: Told


class Position(msgspec.Struct, frozen=True):
    """The end of the committed log: index, the epoch there, and MA, the number of messages."""

    index: int
    epoch: str
    number: int


class PairState(msgspec.Struct, frozen=True):
    """What the pair looks like from here.

    `is_behind`: so much is to be learned from the leader that people are better served there.
    `is_merging`: something that a cut took out of the log is not judged again yet, whatever the alarm is.
    """

    role: str
    mode: str
    epoch: str
    alarm: str
    promotions: int
    is_behind: bool = False
    is_merging: bool = False


@dataclass(slots=True)
class Output:
    """What one round gives to the disk, the peer, and the io thread, in this order."""

    writes: list[tuple[int, Write]] = field(default_factory=list)
    loads: list[steps.Load] = field(default_factory=list)
    messages: list[steps.SendToPeer | steps.DropLink] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    # People whose marks are higher now.
    marked: set[str] = field(default_factory=set)
    position: Position | None = None
    answers: list[Answer] = field(default_factory=list)
    copies_index: int | None = None
    pair: PairState | None = None
    halt: steps.Halt | None = None

    @property
    def has_news(self) -> bool:
        """Whether there is anything for the io thread."""
        return bool(
            self.messages
            or self.published
            or self.position
            or self.answers
            or self.copies_index is not None
            or self.pair
            or self.halt
        )


EngineInput = Ask | Stop | DiskSpace | steps.Input
