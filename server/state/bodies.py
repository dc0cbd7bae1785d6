"""The bodies of the records that the fold understands, one struct a kind."""

import enum
from typing import Annotated

import msgspec
from msgspec import Meta

from server.archive.record import Epoch, Number


class Way(enum.StrEnum):
    """How a device came in: the server that took it has checked what the fold cannot know."""

    # A new person with an invite, or as the first administrator.
    INVITE = "invite"
    SETUP = "setup"
    # Somebody with a code in place of the password, which becomes another one.
    RESET = "reset"
    # The password was right, and is hashed anew with today's parameters.
    REHASH = "rehash"
    # Whoever has a server's data folder.
    OPERATOR = "operator"


class DeviceBody(msgspec.Struct, frozen=True, array_like=True):
    """A device that signs in for the first time; it makes the person when the name is new.

    `user` is the id for a new person; it follows from the device, so that a retry is the same.
    `password` is the Argon2id hash (PHC string) for a new person. `proof` is SHA-256 of that of a known
    one, against which the password was checked. `way` is how it came in (`Way`), where that was not with
    the password alone; `code` is SHA-256 of the one-time code of an invite or a reset.
    """

    user: str
    name: str
    secret_hash: bytes
    password: str = ""
    proof: bytes = b""
    device_name: str = ""
    way: str = ""
    code: bytes = b""


class PasswordBody(msgspec.Struct, frozen=True, array_like=True):
    """The sender's new password, as its Argon2id hash (PHC string); `proof` as in `DeviceBody`."""

    password: str
    proof: bytes


class RevokeBody(msgspec.Struct, frozen=True, array_like=True):
    """One of the sender's devices is signed out for good."""

    device: str


class UnregisterBody(msgspec.Struct, frozen=True, array_like=True):
    """The sender leaves the chat for good; `proof` as in `DeviceBody`."""

    proof: bytes


class FileBody(msgspec.Struct, frozen=True, array_like=True):
    """The file that a message carries; `sha256` (hex) is that of its content."""

    sha256: str
    size: int
    name: str
    media_type: str = ""


class MessageBody(msgspec.Struct, frozen=True, array_like=True):
    """A message for a room. `reply` is (device, counter) of the one that it answers."""

    room: str
    text: str
    file: FileBody | None = None
    reply: tuple[str, int] | None = None


class EditBody(msgspec.Struct, frozen=True, array_like=True):
    """Another text for the message (device, counter) of a room."""

    room: str
    device: str
    counter: int
    text: str


class DeleteBody(msgspec.Struct, frozen=True, array_like=True):
    """The message (device, counter) of a room is taken away; `sha256` is that of the file it carried."""

    room: str
    device: str
    counter: int
    sha256: str = ""


class ReactBody(msgspec.Struct, frozen=True, array_like=True):
    """The sender puts an emoji to the message (device, counter) of a room, or takes it away."""

    room: str
    device: str
    counter: int
    emoji: str
    is_on: bool


class RoomBody(msgspec.Struct, frozen=True, array_like=True):
    """A new public room; its id follows from the request, so that a retry is the same."""

    room: str
    name: str


class MemberBody(msgspec.Struct, frozen=True, array_like=True):
    """The sender becomes a member of a room."""

    room: str


class PersonMarks(msgspec.Struct, frozen=True, array_like=True):
    """One device of a person kept everything behind `since` up to `delivered`.

    `read` are (room, index): up to where the person has read.
    """

    user: str
    since: Number
    delivered: Number
    read: tuple[tuple[str, Number], ...] = ()


class MarksBody(msgspec.Struct, frozen=True, array_like=True):
    """The marks of many people, gathered by a server. `trail` says in which log they were made.

    It holds the latest epochs of that log, oldest first, each with the index of its last record.
    """

    trail: Annotated[tuple[tuple[Epoch, Number], ...], Meta(max_length=16)]
    people: tuple[PersonMarks, ...]


class LeaveBody(msgspec.Struct, frozen=True, array_like=True):
    """The sender leaves a room."""

    room: str


class GroupBody(msgspec.Struct, frozen=True, array_like=True):
    """A new group with its first people beside the sender, who administers it."""

    room: str
    name: str
    users: tuple[str, ...]


class AddBody(msgspec.Struct, frozen=True, array_like=True):
    """Somebody is taken into a group."""

    room: str
    user: str


class RemoveBody(msgspec.Struct, frozen=True, array_like=True):
    """Somebody is put out of a room."""

    room: str
    user: str


class RenameBody(msgspec.Struct, frozen=True, array_like=True):
    """A room gets another name."""

    room: str
    name: str


class DeleteRoomBody(msgspec.Struct, frozen=True, array_like=True):
    """A room is there no more."""

    room: str


class TopicBody(msgspec.Struct, frozen=True, array_like=True):
    """What a room is about; "" for nothing in particular."""

    room: str
    topic: str


class AdministerBody(msgspec.Struct, frozen=True, array_like=True):
    """A member administers the room from now on, or no longer."""

    room: str
    user: str
    is_administrator: bool


class FriendBody(msgspec.Struct, frozen=True, array_like=True):
    """What the sender wants with another person; `act` is one of `friendships.FriendAct`."""

    user: str
    act: str


class SeenBody(msgspec.Struct, frozen=True, array_like=True):
    """A device is in use; written by a server, as marks are."""

    device: str


class InviteBody(msgspec.Struct, frozen=True, array_like=True):
    """An invite of the sender for one new person: SHA-256 of its code. Its time begins with the record's."""

    hash: bytes


class TakeBackBody(msgspec.Struct, frozen=True, array_like=True):
    """An invite that lets nobody in any more."""

    hash: bytes


class StandingBody(msgspec.Struct, frozen=True, array_like=True):
    """How somebody stands from here on: `server.protocol.requests.Standing`."""

    user: str
    standing: str


class ResetBody(msgspec.Struct, frozen=True, array_like=True):
    """Somebody may take another password with a code: its SHA-256. Its time begins with the record's."""

    user: str
    hash: bytes


class SettingsBody(msgspec.Struct, frozen=True, array_like=True):
    """What the chat allows; None leaves it as it is."""

    members_invite: bool | None
    send_rate_per_s: float | None
    one_device: bool | None = None
