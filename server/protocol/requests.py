"""Everything a client may ask: one struct a request, tagged by `request`.

A request carries an `id` that its answer repeats. What is to be archived also carries a
`counter`: (device, counter) is the identity of the thing for ever, however often it is sent.
"""

import builtins
import typing
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from server.protocol import limits
from server.protocol.account import AccountRequest
from server.protocol.account import ChangePassword as ChangePassword
from server.protocol.account import Devices as Devices
from server.protocol.account import RevokeDevice as RevokeDevice
from server.protocol.account import Unregister as Unregister
from server.protocol.administration import Accounts as Accounts
from server.protocol.administration import AdministrationRequest
from server.protocol.administration import Audit as Audit
from server.protocol.administration import ChangeSettings as ChangeSettings
from server.protocol.administration import CreateInvite as CreateInvite
from server.protocol.administration import Invites as Invites
from server.protocol.administration import ResetPassword as ResetPassword
from server.protocol.administration import SetStanding as SetStanding
from server.protocol.administration import TakeBackInvite as TakeBackInvite
from server.protocol.facts import FileFacts
from server.protocol.past import History as History
from server.protocol.past import PastRequest
from server.protocol.past import Search as Search
from server.protocol.request import Count, Counter, DeviceId, Identifier, Name, Password, Request

# The id of a person, or @ and the name that the person has now.
Person = Annotated[str, Meta(min_length=1, max_length=65)]
Secret = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
EpochText = Annotated[str, Meta(max_length=96, pattern=r"^[0-9]{1,16}\.[0-9a-z]{1,32}\.[0-9a-f]{1,32}\Z")]
# Either may be empty: there is none.
Code = Annotated[str, Meta(pattern=r"^([a-z2-7]{26})?\Z")]
Proof = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")]


Sha256 = Annotated[str, Meta(max_length=64, pattern=r"^[0-9a-f]{64}\Z")]


class EpochEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An epoch, and the last index that was read in it."""

    epoch: EpochText
    index: Count


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How far a client has read: the index of a record and the epoch it was written in.

    `trail` holds the epochs before it, oldest first.
    """

    epoch: EpochText
    index: Count
    trail: Annotated[tuple[EpochEnd, ...], Meta(max_length=limits.TRAIL_EPOCHS_MAX)] = ()


class Hello(Request, frozen=True, tag="hello", forbid_unknown_fields=True):
    """The first request: which protocol versions and features this client speaks."""

    versions: Annotated[list[int], Meta(min_length=1, max_length=16)]
    features: Annotated[list[Identifier], Meta(max_length=64)] = []
    client: Annotated[str, Meta(max_length=64)] = ""


class SignIn(Request, frozen=True, tag="sign_in", forbid_unknown_fields=True):
    """Sign in; the first time, the secret is bound to the device.

    `password` shows who somebody is on a device that is not known yet; with `register` it protects a
    name that nobody has, where `code` is that of an invite or of the setup. Without `register` a `code`
    is that of a reset, and `password` the new one. Where registering is open, a name without a password
    is open to everybody. `device_name` is what the person's list of devices calls a new one.
    `proof` (HMAC-SHA-256 of the welcome's nonce with the cluster's secret, hex) is the operator's.
    `standby` keeps the link idle until `activate`; `cursor` resumes behind what was read,
    without it delivery starts at the end (`history` gives the past), or with `from_mark` behind what the
    person's other devices have; index 0 gives it all.
    `is_redirected` says that the other server sent us here.
    """

    name: Name
    device: DeviceId
    secret: Secret
    standby: bool = False
    cursor: Cursor | None = None
    is_redirected: bool = False
    password: Password = ""
    register: bool = False
    device_name: Annotated[str, Meta(max_length=64)] = ""
    from_mark: bool = False
    code: Code = ""
    proof: Proof = ""


class Activate(Request, frozen=True, tag="activate"):
    """Make a standby link the active one; delivery goes on behind the cursor, as in `sign_in`."""

    cursor: Cursor | None = None
    from_mark: bool = False


class Send(Request, frozen=True, tag="send"):
    """A message for a room. `time_ms` is when the person pressed Enter (Unix, ms).

    `file` must have been uploaded before, by this person, to either server; the text may be empty then.
    `reply` is (device, counter) of the message that it answers.
    """

    counter: Counter
    room: Identifier
    text: str
    time_ms: Count
    file: FileFacts | None = None
    reply: tuple[DeviceId, Counter] | None = None


class _Changing(Request, frozen=True):
    """It is about the message with the counter `message` of a device."""

    counter: Counter
    device: DeviceId
    message: Counter


class Edit(_Changing, frozen=True, tag="edit"):
    """Another text for an own message, the one with the counter `message` of a device."""

    text: str


class Delete(_Changing, frozen=True, tag="delete"):
    """Take away a message, the one with the counter `message` of a device: its text is erased.

    Who wrote it may, and who administers the room.
    """


class React(_Changing, frozen=True, tag="react"):
    """Put an emoji to a message, the one with the counter `message` of a device, or take it away."""

    emoji: Annotated[str, Meta(min_length=1, max_length=limits.EMOJI_CHARACTERS_MAX)]
    is_on: bool = True


class BeginUpload(Request, frozen=True, tag="begin_upload"):
    """A file for a message, by the SHA-256 (hex) of its content; or go on with one, at either server."""

    sha256: Sha256
    size: Count


class Chunk(Request, frozen=True, tag="chunk", omit_defaults=True):
    """The next piece of a file, as the raw bytes behind this line; `is_packed`: they are one zstd frame.

    The last one is answered when the whole file is verified, and on the disks of both servers.
    """

    sha256: Sha256
    offset: Count
    is_packed: bool = False
    # Never in the line: what came behind it.
    raw: builtins.bytes = b""


class Download(Request, frozen=True, tag="download"):
    """A piece of a file that a message of this room carries; `takes_packed`: it may come as a zstd frame."""

    room: Identifier
    sha256: Sha256
    offset: Count
    length: Annotated[int, Meta(ge=1, le=limits.CHUNK_BYTES_MAX)] = limits.CHUNK_BYTES_MAX
    takes_packed: bool = False


class CreateRoom(Request, frozen=True, tag="create_room"):
    """Make a public room; its creator is its first member."""

    counter: Counter
    name: Name


class JoinRoom(Request, frozen=True, tag="join_room"):
    """Become a member of a public room."""

    counter: Counter
    room: Identifier


class LeaveRoom(Request, frozen=True, tag="leave_room"):
    """Be a member of a room or group no more."""

    counter: Counter
    room: Identifier


class DeleteRoom(Request, frozen=True, tag="delete_room"):
    """End a public room or a group, for everybody who is in it; its administrators may."""

    counter: Counter
    room: Identifier


class RenameRoom(Request, frozen=True, tag="rename_room"):
    """Another name for a room or group; its administrators may."""

    counter: Counter
    room: Identifier
    name: Name


class SetTopic(Request, frozen=True, tag="set_topic"):
    """What a room or group is about, in one line, or ""; its administrators may."""

    counter: Counter
    room: Identifier
    topic: Annotated[str, Meta(max_length=limits.TOPIC_CHARACTERS_MAX)]


class CreateGroup(Request, frozen=True, tag="create_group"):
    """Make a group with other people; whoever makes it administers it. They need not be friends."""

    counter: Counter
    name: Name
    users: Annotated[list[Person], Meta(max_length=limits.ROOM_MEMBERS_MAX)] = []


class AddMember(Request, frozen=True, tag="add_member"):
    """Take somebody into a group; its administrators may."""

    counter: Counter
    room: Identifier
    user: Person


class RemoveMember(Request, frozen=True, tag="remove_member"):
    """Put somebody else out of a room or group; its administrators may."""

    counter: Counter
    room: Identifier
    user: Person


class Administer(Request, frozen=True, tag="administer"):
    """Make a member an administrator of a room or group, or take that back; its administrators may."""

    counter: Counter
    room: Identifier
    user: Person
    is_administrator: bool


class Friend(Request, frozen=True, tag="friend"):
    """Ask somebody to be friends, answer, end it, or block.

    A blocked person cannot ask us, and cannot take us into groups.
    """

    counter: Counter
    user: Person
    act: Literal["ask", "accept", "decline", "remove", "block", "unblock"]


class Friends(Request, frozen=True, tag="friends"):
    """The own friends, who was asked, who has asked, and who is blocked."""


class People(Request, frozen=True, tag="people"):
    """The people whose name begins so, in order of their names."""

    name: Annotated[str, Meta(max_length=64)] = ""
    limit: Annotated[int, Meta(ge=1, le=limits.PEOPLE_ROWS_MAX)] = 50


class Mark(Request, frozen=True, tag="mark"):
    """This device keeps everything that was delivered to it behind `since`, up to the cursor.

    `read` are (room, index): up to where the person has read. Say it again as often as you like.
    """

    cursor: Cursor
    since: Count
    read: Annotated[list[tuple[Identifier, Count]], Meta(max_length=limits.MARKED_ROOMS_MAX)] = []


class Receipts(Request, frozen=True, tag="receipts"):
    """Who of a room has what; with `index` how many of those for whom it was have that message."""

    room: Identifier
    index: Count | None = None


class Unread(Request, frozen=True, tag="unread"):
    """How many messages of others there are behind the own marks, for each of the own rooms."""


class Typing(Request, frozen=True, tag="typing"):
    """The person types in a room: those who are there now are told, for a moment."""

    room: Identifier


class Rooms(Request, frozen=True, tag="rooms"):
    """All public rooms, and the own groups and private chats."""


class Who(Request, frozen=True, tag="who"):
    """The members of a room, and who of them is online."""

    room: Identifier


class Status(Request, frozen=True, tag="status"):
    """Facts about this server. `proof` (HMAC-SHA-256 of the welcome's nonce with the cluster's
    secret, hex) shows more; `hash_at` asks for the chain's hash at an index, which without a proof is one
    that only says whether two servers have the same."""

    proof: Annotated[str, Meta(max_length=64)] = ""
    hash_at: Count | None = None


class Ping(Request, frozen=True, tag="ping"):
    """Answered at once: measures the round trip and shows life."""


class SignOut(Request, frozen=True, tag="sign_out"):
    """A polite end: the server answers `goodbye` and closes."""


AnyRequest = (
    Hello
    | SignIn
    | Activate
    | Send
    | Edit
    | Delete
    | React
    | BeginUpload
    | Chunk
    | Download
    | CreateRoom
    | JoinRoom
    | LeaveRoom
    | DeleteRoom
    | RenameRoom
    | SetTopic
    | CreateGroup
    | AddMember
    | RemoveMember
    | Administer
    | Friend
    | Friends
    | People
    | AccountRequest
    | AdministrationRequest
    | PastRequest
    | Mark
    | Receipts
    | Unread
    | Typing
    | Rooms
    | Who
    | Status
    | Ping
    | SignOut
)

REQUEST_NAMES: Final = frozenset(str(kind.__struct_config__.tag) for kind in typing.get_args(AnyRequest))
