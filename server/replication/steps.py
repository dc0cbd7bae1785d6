"""What goes into the core and what comes out: `step(input) -> effects`, nothing else."""

import msgspec

from server.archive.record import Draft, Record
from server.replication.messages import Message


class LinkUp(msgspec.Struct, frozen=True):
    """A link to the peer is there: authenticated, same cluster, empty."""


class LinkDown(msgspec.Struct, frozen=True):
    """The link ended."""


class PeerRefused(msgspec.Struct, frozen=True):
    """The peer's machine answers, but nobody listens at its port: the process is dead."""


class PeerReplaced(msgspec.Struct, frozen=True):
    """Another server, with an empty log, takes the place of the peer, which is gone for good."""

    server: str


class Received(msgspec.Struct, frozen=True):
    """A message came over the link."""

    message: Message


class Propose(msgspec.Struct, frozen=True):
    """Append these (leader only; already judged against the committed state)."""

    drafts: tuple[Draft, ...]


class RefuseForwarded(msgspec.Struct, frozen=True):
    """What the follower forwarded is not allowed (leader only)."""

    device: str
    counter: int
    digest: bytes
    code: str
    arguments: dict[str, str | int | float]


class Persisted(msgspec.Struct, frozen=True):
    """The `Persist` of this ticket, and all before it, are synced."""

    ticket: int


class Loaded(msgspec.Struct, frozen=True):
    """What a `Load` asked for."""

    records: tuple[Record, ...]


class Tick(msgspec.Struct, frozen=True):
    """Time passed."""


Input = (
    LinkUp
    | LinkDown
    | PeerRefused
    | PeerReplaced
    | Received
    | Propose
    | RefuseForwarded
    | Persisted
    | Loaded
    | Tick
)


class Persist(msgspec.Struct, frozen=True):
    """Cut the log behind `cut_to` (if given), append the records, sync, answer `Persisted`.

    The requests behind the cut must be kept for their re-submission, durable with the cut.
    """

    ticket: int
    records: tuple[Record, ...]
    cut_to: int | None = None


class SendToPeer(msgspec.Struct, frozen=True):
    """Send over the link that is up."""

    message: Message


class Load(msgspec.Struct, frozen=True):
    """Read records from the store, from `first` on, about `bytes_max`; answer `Loaded`."""

    first: int
    bytes_max: int


class Committed(msgspec.Struct, frozen=True):
    """Everything up to `index` is committed: fold it."""

    index: int


class CopiesKnown(msgspec.Struct, frozen=True):
    """Everything up to `index` is on both disks."""

    index: int


class Rewound(msgspec.Struct, frozen=True):
    """The log was cut behind `index`, perhaps below what was folded: fold anew from there.

    `uncommitted` is the end of what was cut off, behind the last commit, which nobody folded.
    """

    index: int
    uncommitted: tuple[Record, ...]


class Forwarded(msgspec.Struct, frozen=True):
    """The follower forwarded a request: judge and propose it, or refuse it."""

    draft: Draft


class RefusedByLeader(msgspec.Struct, frozen=True):
    """The leader refused what this server had forwarded."""

    device: str
    counter: int
    digest: bytes
    code: str
    arguments: dict[str, str | int | float]


class DropLink(msgspec.Struct, frozen=True):
    """Close the link to the peer, and dial it anew."""

    reason: str


class Alarm(msgspec.Struct, frozen=True):
    """Something an administrator should know; a code of `alarms.ALARMS` ("" clears it)."""

    code: str


class Halt(msgspec.Struct, frozen=True):
    """This server must stop, for a reason that a person has to read."""

    code: str
    arguments: dict[str, str | int]


Effect = (
    Persist
    | SendToPeer
    | Load
    | Committed
    | CopiesKnown
    | Rewound
    | Forwarded
    | RefusedByLeader
    | DropLink
    | Alarm
    | Halt
)
