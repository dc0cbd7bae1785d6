"""Everything a conversation tells its app: one frozen struct a notice.

Refusals are a code of `server.protocol.errors` (or, for a dial, of the dialer) with its
arguments; the app makes the sentence in the person's language.
"""

import msgspec

from server.protocol.events import AnyAnswer, AnyHappening, Message
from server.protocol.facts import (
    MemberMark,
    RoomFacts,
    ServerFacts,
    is_waiting_for_other,
)
from server.protocol.requests import Cursor

Arguments = dict[str, str | int | float]


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag_field="notice"):
    """What every notice is: data that can be printed as one JSON object."""


class Connected(Notice, frozen=True, tag="connected"):
    """Signed in: `server` is its name; from here on drafts go out.

    `chat` is what people call this chat; `cluster` is its id: keep it, and give it to the next
    conversation, so that what was written for this chat never goes to another one.
    """

    server: str
    address: str
    user: str
    name: str
    chat: str
    cluster: str


class Disconnected(Notice, frozen=True, tag="disconnected"):
    """No server has us: what is written waits. The next dial is in `retry_in_s` (None: none is planned)."""

    retry_in_s: float | None
    code: str
    arguments: Arguments = {}


class StandbyChanged(Notice, frozen=True, tag="standby"):
    """The server that would take over at once; empty when there is none."""

    server: str


class SignInRefused(Notice, frozen=True, tag="sign_in_refused"):
    """A server will not have us: tried again in `retry_in_s`, or only after `connect` (None)."""

    code: str
    arguments: Arguments = {}
    retry_in_s: float | None = None


class CertificateUnknown(Notice, frozen=True, tag="certificate_unknown"):
    """Nobody vouched for this server yet: ask the person, then trust it and `connect`."""

    address: str
    fingerprint: str


class CertificateChanged(Notice, frozen=True, tag="certificate_changed"):
    """The server shows another authority than the one that is trusted: a hard stop for this address."""

    address: str
    fingerprint: str


class OtherChat(Notice, frozen=True, tag="other_chat"):
    """Another chat than the expected one lives at this address: a hard stop for the address."""

    address: str
    chat: str


class Arrived(Notice, frozen=True, tag="arrived"):
    """New messages in order, each given once."""

    messages: list[Message]


class Stored(Notice, frozen=True, tag="stored"):
    """What was written under `counter` is archived, on one disk or both; it may leave the outbox.

    `ticket` is that of the question that it answers; 0 for a message.
    """

    counter: int
    index: int
    number: int
    copies: int
    room: str = ""
    ticket: int = 0


class Refused(Notice, frozen=True, tag="refused"):
    """What was written under `counter` will never be stored; it may leave the outbox."""

    counter: int
    code: str
    arguments: Arguments = {}


class Delayed(Notice, frozen=True, tag="delayed"):
    """The server could not take what was written now; it stays in the outbox and is sent again."""

    retry_in_s: float
    code: str
    arguments: Arguments = {}


class CopiesRaised(Notice, frozen=True, tag="copies_raised"):
    """Everything up to `index` is on both disks."""

    index: int


class PositionMoved(Notice, frozen=True, tag="position"):
    """How far this client is (`number`, MT) in the archive (`archive_number`, MA).

    `cursor` is where a later conversation resumes. From `since` on this device lacks nothing: keep it with
    the cursor, and give both to the next conversation.
    """

    cursor: Cursor
    number: int
    archive_number: int
    since: int = 0


class Diverged(Notice, frozen=True, tag="diverged"):
    """The archives merged: drop what you hold behind `index`; it is given again in its new order."""

    index: int


class Renamed(Notice, frozen=True, tag="renamed"):
    """A merge gave us, or a room that we made, another name: the other half of the chat had used it.

    `what` is person or room.
    """

    what: str
    wanted_name: str
    name: str


class Happened(Notice, frozen=True, tag="happened"):
    """Something happened that concerns us, once and in order: see the event."""

    event: AnyHappening


class ServersChanged(Notice, frozen=True, tag="servers"):
    """The state of both servers; `mode` is dual, solo, waiting, or empty while it is not known."""

    servers: list[ServerFacts]
    mode: str

    @property
    def is_waiting_for_other(self) -> bool:
        """Whether nothing is stored until the other server is back."""
        return is_waiting_for_other(self.mode, self.servers)


class Taught(Notice, frozen=True, tag="taught"):
    """What to keep for the next start: every address, the first first, and the cluster's CA (PEM)."""

    addresses: list[str]
    authority: str


class PresenceChanged(Notice, frozen=True, tag="presence"):
    """How many people there are, and how many of them are online."""

    members: int
    online: int


class PersonPresence(Notice, frozen=True, tag="person_presence"):
    """Somebody who shares a room with us came online, or went."""

    user: str
    is_online: bool


class TypingNow(Notice, frozen=True, tag="typing"):
    """Somebody types in a room; it is over after `limits.TYPING_EVERY_S` twice without another one."""

    room: str
    user: str
    name: str


class ReceiptsChanged(Notice, frozen=True, tag="receipts"):
    """How far the members of a watched room are: see `receipts.tick_of`. None are told of a large room."""

    room: str
    marks: list[MemberMark]


class RoomsChanged(Notice, frozen=True, tag="rooms"):
    """The rooms that are known: the own ones, and those that were made or listed since."""

    rooms: list[RoomFacts]


class Answered(Notice, frozen=True, tag="answered"):
    """The answer to the question of this ticket."""

    ticket: int
    answer: AnyAnswer


class QuestionFailed(Notice, frozen=True, tag="question_failed"):
    """A question of this ticket has no answer: a code, `unknown` when time ran out."""

    ticket: int
    code: str
    arguments: Arguments = {}


class TransferMoved(Notice, frozen=True, tag="transfer_moved"):
    """So much of a file is at the servers, or here."""

    ticket: int
    done: int
    size: int


class TransferEnded(Notice, frozen=True, tag="transfer_ended"):
    """All of it: verified, and on every disk that counts. `path`: where a file that was fetched is.

    What was sent may be put into a message now, as `file`.
    """

    ticket: int
    path: str = ""
    sha256: str = ""
    size: int = 0


class TransferFailed(Notice, frozen=True, tag="transfer_failed"):
    """It will not be tried again: a code of the servers, `file_trouble`, or `file_changed`."""

    ticket: int
    code: str
    arguments: Arguments = {}


class LatencyMeasured(Notice, frozen=True, tag="latency"):
    """A round trip to the server that has us."""

    server: str
    latency_s: float


AnyNotice = (
    Connected | Disconnected | StandbyChanged | SignInRefused | CertificateUnknown | CertificateChanged
    | OtherChat | Arrived | Stored | Refused | Delayed | CopiesRaised | PositionMoved | Diverged
    | Renamed | Happened
    | ServersChanged | Taught | PresenceChanged | RoomsChanged | Answered | QuestionFailed
    | LatencyMeasured | TransferMoved | TransferEnded | TransferFailed
    | PersonPresence | TypingNow | ReceiptsChanged
)  # fmt: skip
