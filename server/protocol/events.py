"""Everything a server may tell: one struct an event, tagged by `event`.

An event with `answer` > 0 answers the request of that id; the others come by themselves.
Nothing in a delivered frame depends on its receiver, so each is encoded once.
"""

import builtins
import typing
from typing import Final

from server.protocol.administration import AccountList as AccountList
from server.protocol.administration import AuditPage as AuditPage
from server.protocol.administration import InviteList as InviteList
from server.protocol.changes import MessageDeleted as MessageDeleted
from server.protocol.changes import MessageEdited as MessageEdited
from server.protocol.changes import ReactionChanged as ReactionChanged
from server.protocol.event import Event as Event
from server.protocol.event import Happening as Happening
from server.protocol.facts import (
    ConnectionFacts,
    DeviceFacts,
    MemberMark,
    RoomFacts,
    SearchHit,
    ServerFacts,
)
from server.protocol.messages import Extras as Extras
from server.protocol.messages import HistoryPage as HistoryPage
from server.protocol.messages import Message as Message
from server.protocol.messages import MessageRow as MessageRow
from server.protocol.messages import Messages as Messages
from server.protocol.messages import Sender as Sender
from server.protocol.messages import as_run as as_run
from server.protocol.messages import extras_in as extras_in
from server.protocol.messages import files_in as files_in
from server.protocol.requests import Cursor
from server.protocol.rooms import FriendList as FriendList
from server.protocol.rooms import FriendshipChanged as FriendshipChanged
from server.protocol.rooms import MemberList as MemberList
from server.protocol.rooms import PersonLeft as PersonLeft
from server.protocol.rooms import PersonList as PersonList
from server.protocol.rooms import RoomChanged as RoomChanged
from server.protocol.rooms import RoomCreated as RoomCreated
from server.protocol.rooms import RoomDeleted as RoomDeleted
from server.protocol.rooms import RoomJoined as RoomJoined
from server.protocol.rooms import RoomLeft as RoomLeft
from server.protocol.rooms import RoomList as RoomList


class Welcome(Event, frozen=True, kw_only=True, tag="welcome"):
    """The answer to `hello`: the version in use, who speaks, and how one signs in."""

    version: int
    features: list[str]
    server: str
    cluster: str
    chat: str
    sign_in: list[str]
    nonce: str


class SignedIn(Event, frozen=True, kw_only=True, tag="signed_in"):
    """The answer to `sign_in` and `activate`.

    Delivery goes on behind `cursor` (index of the log), whose trail reaches to the end of the archive;
    `number` is MT there, `archive_number` is MA. Everything up to `delivered` is kept by a device of the
    person. `servers` teaches both addresses; `authority` the cluster's CA certificate (PEM).
    """

    user: str
    name: str
    server: str
    standby: bool
    cursor: Cursor
    number: int
    archive_number: int
    rooms: list[RoomFacts]
    servers: list[ServerFacts]
    authority: str = ""
    delivered: int = 0


class GoTo(Event, frozen=True, kw_only=True, tag="go_to"):
    """The answer to `sign_in` when the other server has room and this one has none."""

    address: str


class Stored(Event, frozen=True, kw_only=True, tag="stored"):
    """The answer to what was to be archived: where it stands, and on how many disks (1 or 2).

    `number` is the message number (0 for what is no message); `room` the id of a created room.
    """

    counter: int
    index: int
    copies: int
    number: int = 0
    room: str = ""


class UploadState(Event, frozen=True, kw_only=True, tag="upload_state"):
    """The answer to `begin_upload` and `chunk`: how much of the file is here.

    All of it (`received` is `size`): it is verified, and on every disk that counts at the moment.
    """

    sha256: str
    received: int
    size: int


class FilePiece(Event, frozen=True, kw_only=True, tag="file_piece"):
    """The answer to `download`: the raw bytes behind this line; `is_packed`: they are one zstd frame."""

    sha256: str
    offset: int
    size: int
    is_packed: bool = False
    # Never in the line: what came behind it.
    raw: builtins.bytes = b""


class Withdrawn(Happening, frozen=True, kw_only=True, tag="withdrawn"):
    """What one server had accepted does not hold after a merge (told to the person who asked).

    `kind` says what it was (room, member …), `code` and `arguments` why, as in `error`. Never a message.
    """

    kind: str
    code: str
    arguments: dict[str, str | int | float] = {}


class AccountChanged(Happening, frozen=True, kw_only=True, tag="account_changed"):
    """Something of the own account changed; all of the person's devices are told.

    `what` is device_added, device_revoked or password_changed; `device`, called `name`, is the one, or
    where the password was changed.
    """

    what: str
    device: str
    name: str


class PositionMoved(Event, frozen=True, kw_only=True, tag="position"):
    """The end of a flush: everything up to `cursor` that this client may see was sent.

    `number` is the running number of messages there: MT = MA at this moment.
    """

    cursor: Cursor
    number: int


class CopiesRaised(Event, frozen=True, kw_only=True, tag="copies"):
    """Everything up to `index` is on both disks now: one tick becomes two."""

    index: int


class Diverged(Event, frozen=True, kw_only=True, tag="diverged"):
    """The archives merged: drop what you hold behind `index`; delivery goes on from there."""

    index: int


class ServersChanged(Event, frozen=True, kw_only=True, tag="servers"):
    """The state of the pair. `mode` is dual, solo, or waiting (no leader at the moment)."""

    servers: list[ServerFacts]
    mode: str


class PresenceChanged(Event, frozen=True, kw_only=True, tag="presence"):
    """How many people there are in the chat, and how many of them are online at both servers."""

    members: int
    online: int


class SearchPage(Event, frozen=True, kw_only=True, tag="search_page"):
    """The answer to `search`, the newest first.

    Everything from the index `reached` on was looked at; `is_end` when that is all. A page may have fewer
    hits than were asked for, or none, and not be the last one: a search takes no longer than a moment.
    """

    hits: list[SearchHit]
    reached: int
    is_end: bool


class Noted(Event, frozen=True, kw_only=True, tag="noted"):
    """The answer to `mark`, when that is archived or says nothing new, and to `typing`."""


class ReceiptsMoved(Event, frozen=True, kw_only=True, tag="receipts"):
    """Members of a room have more, or have read more: those whose marks changed.

    Told of rooms of up to 100 members, at most once a second each; perhaps before their messages.
    """

    room: str
    marks: list[MemberMark]


class RoomReceipts(Event, frozen=True, kw_only=True, tag="room_receipts"):
    """The answer to `receipts`: how many others it was for (`members`), and how many have it and read it.

    `marks` are those of all members of a room of up to 100.
    """

    room: str
    members: int
    delivered: int
    read: int
    marks: list[MemberMark] = []


class UnreadCounts(Event, frozen=True, kw_only=True, tag="unread_counts"):
    """The answer to `unread`: (room, messages) where there are any; 1,000 stands for as many or more."""

    counts: list[tuple[str, int]]


class TypingNow(Event, frozen=True, kw_only=True, tag="typing"):
    """Somebody types in a room (told to those of its members who are online, in rooms of up to 100)."""

    room: str
    user: str
    name: str


class PersonPresence(Event, frozen=True, kw_only=True, tag="person_presence"):
    """Somebody who shares a room of up to 100 members with you came online, or went."""

    user: str
    is_online: bool


class DeviceList(Event, frozen=True, kw_only=True, tag="device_list"):
    """The answer to `devices`, the oldest first."""

    devices: list[DeviceFacts]


class StatusFacts(Event, frozen=True, kw_only=True, tag="status_facts"):
    """The answer to `status`; the part behind `peer` needs a proof."""

    server: str
    cluster: str
    role: str
    mode: str
    epoch: str
    archive_number: int
    index: int
    hash: str
    durable_index: int = 0
    peer: str = ""
    users: int = 0
    users_max: int = 0
    servers: list[ServerFacts] = []
    connections: list[ConnectionFacts] = []
    promotions: int = 0
    alarm: str = ""


class Pong(Event, frozen=True, kw_only=True, tag="pong"):
    """The answer to `ping`."""


class Failed(Event, frozen=True, kw_only=True, tag="error"):
    """A refusal: a code of `errors.ERRORS` and its arguments. `answer` 0: about no request."""

    code: str
    arguments: dict[str, str | int | float] = {}


class Goodbye(Event, frozen=True, kw_only=True, tag="goodbye"):
    """The server ends the connection, for the reason in `code`; `address` is where to go on."""

    code: str
    arguments: dict[str, str | int | float] = {}
    address: str = ""


AnyEvent = (
    Welcome
    | SignedIn
    | GoTo
    | Stored
    | UploadState
    | FilePiece
    | Messages
    | RoomCreated
    | RoomJoined
    | RoomLeft
    | PersonLeft
    | RoomDeleted
    | RoomChanged
    | FriendshipChanged
    | Withdrawn
    | AccountChanged
    | MessageEdited
    | MessageDeleted
    | ReactionChanged
    | PositionMoved
    | CopiesRaised
    | Diverged
    | ServersChanged
    | PresenceChanged
    | PersonPresence
    | TypingNow
    | Noted
    | ReceiptsMoved
    | RoomReceipts
    | UnreadCounts
    | HistoryPage
    | SearchPage
    | RoomList
    | MemberList
    | FriendList
    | PersonList
    | DeviceList
    | InviteList
    | AccountList
    | AuditPage
    | StatusFacts
    | Pong
    | Failed
    | Goodbye
)

# What answers a question of the app and is given to it as it is.
AnyAnswer = (
    HistoryPage
    | SearchPage
    | RoomList
    | MemberList
    | FriendList
    | PersonList
    | DeviceList
    | RoomReceipts
    | UnreadCounts
    | InviteList
    | AccountList
    | AuditPage
)
# What happened in the archive and is given to the app as it is, once.
AnyHappening = (
    AccountChanged
    | Withdrawn
    | RoomLeft
    | PersonLeft
    | RoomDeleted
    | RoomChanged
    | FriendshipChanged
    | MessageEdited
    | MessageDeleted
    | ReactionChanged
)

EVENT_NAMES: Final = frozenset(str(kind.__struct_config__.tag) for kind in typing.get_args(AnyEvent))
