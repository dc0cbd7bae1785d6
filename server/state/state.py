"""The state: what verdicts need to know, folded from the log (pure).

It holds people, devices, rooms, epochs and which counters were used, never the messages. Values are frozen
and replaced, not changed: `devices`, `users` and `rooms` may be looked up from any thread, while
only the engine folds.
"""

import enum
import hashlib
from collections import Counter
from typing import Final

import msgspec

from server.archive.record import Span
from server.protocol.names import name_key
from server.state.classic_names import IDENTITY_CHARACTERS_MAX, MAIN_HALL, ROOM_CHARACTERS_MAX, ClassicNames
from server.state.counters import CounterSet
from server.state.files import FileUse, FileUses
from server.state.marks import Marks, RoomMark
from server.state.pairs import PairTable

GENERAL: Final = "general"
# Whoever has a server's data folder: acts as an administrator, and is nobody in the chat.
OPERATOR: Final = "operator"


class User(msgspec.Struct, frozen=True, array_like=True):
    """A person. `rooms` are the ids of the rooms the person is a member of.

    `former_name`: as the person was called before a merge, when another one has that name now.
    `password`: its Argon2id hash (PHC string); without one the name is open to everybody.
    `is_banned` is about a disabled one whose devices are signed out for good as well. `has_left`: nobody any
    more, but for what was written; the name stays taken. `reset` is SHA-256 of the code with which another
    password may be taken until then, as long as `reset_by`, who made it, may make such codes. For
    `classic_name` see `classic_names`; the operator has none.
    """

    id: str
    name: str
    devices: int
    rooms: tuple[str, ...]
    former_name: str = ""
    password: str = ""
    is_admin: bool = False
    is_disabled: bool = False
    is_banned: bool = False
    has_left: bool = False
    reset: bytes = b""
    reset_until_ms: int = 0
    reset_by: str = ""
    classic_name: str = ""


class Device(msgspec.Struct, frozen=True, array_like=True):
    """A device of a person; `secret_hash` is SHA-256 of its secret.

    A revoked one stays, for what was written on it has a writer; nothing new is taken from it. `seen_ms` is
    when it was last in use, to the day.
    """

    id: str
    user: str
    secret_hash: bytes
    name: str = ""
    since_ms: int = 0
    is_revoked: bool = False
    seen_ms: int = 0


class RoomKind(enum.StrEnum):
    """Where people talk: all of them, whoever wants to, those who were taken in, or two friends."""

    GENERAL = "general"
    PUBLIC = "public"
    GROUP = "group"
    PRIVATE = "private"


class Invite(msgspec.Struct, frozen=True, array_like=True):
    """An invite by SHA-256 of its code. `used_by`: ids; two when both sides of a cut let somebody in."""

    hash: bytes
    by: str
    since_ms: int
    until_ms: int
    used_by: tuple[str, ...] = ()
    is_taken_back: bool = False


class ChatSettings(msgspec.Struct, frozen=True, array_like=True):
    """What administrators set for the whole chat; a rate of None is that of each server's configuration."""

    members_invite: bool = False
    send_rate_per_s: float | None = None
    one_device: bool = False


class Room(msgspec.Struct, frozen=True, array_like=True):
    """A conversation, of whichever kind; `members` are the ids of its people, in the order they came.

    Names of public rooms are given once. A private chat has none: each of the two sees the other's name.
    `maker` is the id of the person who made it; nobody made a private chat. A deleted one has no members and
    gives its name away; it stays known, for what a merge brings may have been written in it.
    """

    id: str
    name: str
    members: tuple[str, ...]
    kind: RoomKind = RoomKind.PUBLIC
    administrators: tuple[str, ...] = ()
    topic: str = ""
    maker: str = ""
    is_deleted: bool = False
    # Of those whose names are given once: given when the room was made, and not changed with its name.
    classic_name: str = ""


# Those whose names are given once.
NAMED_KINDS: Final = frozenset({RoomKind.GENERAL, RoomKind.PUBLIC})


class Friendship(msgspec.Struct, frozen=True, array_like=True):
    """Two people of whom one has asked the other; friends, once it was accepted."""

    asker: str
    other: str
    is_accepted: bool = False


class VoidRecord(msgspec.Struct, frozen=True, array_like=True):
    """An archived request that lost a race: its id and the verdict, for those who ask again.

    `is_withdrawn`: another server had accepted it before a merge, so there is nothing more to come.
    """

    device: str
    counter: int
    code: str
    arguments: dict[str, str | int | float]
    is_withdrawn: bool = False


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """The whole state in one encodable value."""

    index: int
    hash: bytes
    number: int
    spans: list[Span]
    users: list[User]
    devices: list[Device]
    rooms: list[Room]
    counters: list[tuple[str, tuple[tuple[int, int], ...]]]
    voids: list[VoidRecord]
    files: list[FileUse] = []
    deleted: list[tuple[str, tuple[tuple[int, int], ...]]] = []
    delivered: list[tuple[str, int]] = []
    room_marks: list[RoomMark] = []
    last_messages: list[tuple[str, int]] = []
    friendships: list[Friendship] = []
    blocks: list[tuple[str, str, bool]] = []
    invites: list[Invite] = []
    settings: ChatSettings = ChatSettings()


class State:
    """What the log up to `index` means. `number` is the running number of messages there."""

    def __init__(self) -> None:
        self.index = 0
        self.hash = bytes(32)
        self.number = 0
        self.spans: list[Span] = []
        self.users: dict[str, User] = {}
        self.devices: dict[str, Device] = {}
        general = Room(GENERAL, GENERAL, (), RoomKind.GENERAL, classic_name=MAIN_HALL)
        self.rooms: dict[str, Room] = {GENERAL: general}
        # How many each person has made, whatever became of them.
        self.rooms_made = Counter[str]()
        self.user_by_name: dict[str, str] = {}
        self.room_by_name: dict[str, str] = {GENERAL: GENERAL}
        self.classic_people = ClassicNames("person", IDENTITY_CHARACTERS_MAX)
        self.classic_rooms = ClassicNames("room", ROOM_CHARACTERS_MAX)
        self.classic_rooms.put(MAIN_HALL, GENERAL)
        self.counters: dict[str, CounterSet] = {}
        self.voids: dict[tuple[str, int], VoidRecord] = {}
        # Messages that were deleted, by the device that wrote them.
        self.deleted: dict[str, CounterSet] = {}
        self.files = FileUses()
        self.marks = Marks()
        # By the two people, the smaller id first.
        self.friendships = PairTable[Friendship]()
        # (who does not want to hear, from whom), in the order they came; whether a merge brought it.
        self.blocks = PairTable[bool]()
        self.invites: dict[bytes, Invite] = {}
        self.settings = ChatSettings()

    def user_of_device(self, device: str) -> User | None:
        """The person behind a device."""
        found = self.devices.get(device)
        return None if found is None else self.users[found.user]

    def devices_of(self, user_id: str) -> list[Device]:
        """The devices with which a person may sign in, the oldest first. From any thread."""
        # In the order of the log: what hangs on it must not hang on anybody's clock.
        return [d for d in list(self.devices.values()) if d.user == user_id and not d.is_revoked]

    def has_seen(self, device: str, counter: int) -> bool:
        """Whether (device, counter) stands in the log up to `index`."""
        seen = self.counters.get(device)
        return seen is not None and counter in seen

    def use(self, device: str, counter: int) -> None:
        """(device, counter) stands in the log."""
        used = self.counters.get(device)
        if used is None:
            used = self.counters[device] = CounterSet()
        used.add(counter)

    def is_settled(self, device: str, counter: int) -> bool:
        """Whether nothing that a merge re-submits can change the verdict on (device, counter)."""
        void = self.voids.get((device, counter))
        return self.has_seen(device, counter) and (void is None or void.is_withdrawn)

    def is_deleted(self, device: str, counter: int) -> bool:
        """Whether the message (device, counter) was deleted. From any thread."""
        deleted = self.deleted.get(device)
        return deleted is not None and counter in deleted

    def put_deleted(self, device: str, counter: int) -> None:
        """The message (device, counter) is deleted for good."""
        old = self.deleted.get(device)
        # Replaced, not changed: other threads look.
        new = CounterSet(list(old.ranges) if old else None)
        new.add(counter)
        self.deleted[device] = new

    def put_user(self, user: User) -> None:
        """Add or replace a person."""
        before = self.users.get(user.id)
        self.users[user.id] = user
        if before is None and user.classic_name:
            self.classic_people.put(user.classic_name, user.id)
        if before is not None and before.name != user.name:
            self.user_by_name.pop(name_key(before.name), None)
        if user.name and user.id != OPERATOR:
            self.user_by_name[name_key(user.name)] = user.id

    def administrators(self) -> list[User]:
        """The people who may administer now; the operator is not among them. From any thread."""
        return [user for user in list(self.users.values()) if user.is_admin and user.id != OPERATOR]

    def put_room(self, room: Room) -> None:
        """Add or replace a room."""
        before = self.rooms.get(room.id)
        if before is None and room.kind is not RoomKind.PRIVATE:
            self.rooms_made[room.maker] += 1
        self.rooms[room.id] = room
        if room.kind not in NAMED_KINDS:
            # A group may be called like a public room.
            return
        if before is not None and (before.name != room.name or room.is_deleted):
            self.room_by_name.pop(name_key(before.name), None)
        if room.is_deleted:
            if before is not None:
                self.classic_rooms.free(room.classic_name)
            return
        self.room_by_name[name_key(room.name)] = room.id
        if before is None:
            self.classic_rooms.put(room.classic_name, room.id)

    def add_member(self, room_id: str, user_id: str) -> None:
        """Make a person a member of a room, by the record behind `index`."""
        self.marks.join(room_id, user_id, self.index + 1)
        room, user = self.rooms[room_id], self.users[user_id]
        self.put_room(msgspec.structs.replace(room, members=(*room.members, user_id)))
        self.put_user(msgspec.structs.replace(user, rooms=(*user.rooms, room_id)))

    def remove_member(self, room_id: str, user_id: str) -> None:
        """Somebody is in a room no more, and administers it no more."""
        self.relieve(room_id, user_id)
        room, user = self.rooms[room_id], self.users[user_id]
        members = tuple(member for member in room.members if member != user_id)
        administrators = tuple(member for member in room.administrators if member != user_id)
        self.put_user(
            msgspec.structs.replace(user, rooms=tuple(room for room in user.rooms if room != room_id))
        )
        # A group without anybody is closed. It is still known: what a merge brings was written for it.
        self.put_room(msgspec.structs.replace(room, members=members, administrators=administrators))

    def delete_room(self, room_id: str) -> None:
        """Nobody is in a room any more; called once for a room."""
        room = self.rooms[room_id]
        for member in room.members:
            user = self.users[member]
            rooms = tuple(one for one in user.rooms if one != room_id)
            self.put_user(msgspec.structs.replace(user, rooms=rooms))
        self.marks.forget(room_id)
        self.put_room(msgspec.structs.replace(room, members=(), administrators=(), topic="", is_deleted=True))

    def relieve(self, room_id: str, user_id: str) -> None:
        """Somebody administers a room no more. The last one is followed by the oldest member who can."""
        room = self.rooms[room_id]
        if user_id not in room.administrators:
            return
        others = tuple(member for member in room.administrators if member != user_id)
        heirs = [member for member in room.members if member != user_id]
        able = [member for member in heirs if not self.users[member].is_disabled]
        if not any(member in able for member in others):
            others += tuple(member for member in (able or heirs)[:1] if member not in others)
        # Whoever is alone there stays what one was.
        if others:
            self.put_room(msgspec.structs.replace(room, administrators=others))

    def take_over(self, room_id: str, user_id: str) -> None:
        """Somebody who can administers a room that nobody else can: they all have left, or were sent away."""
        room = self.rooms[room_id]
        if all(self.users[one].is_disabled for one in room.administrators):
            self.put_room(msgspec.structs.replace(room, administrators=(user_id,)))

    def friendship(self, user: str, other: str) -> Friendship | None:
        """What there is between two people."""
        return self.friendships.get(pair_of(user, other))

    def are_friends(self, user: str, other: str) -> bool:
        """Whether two people may write to each other. Nobody is the friend of somebody who left.

        What became of them on the other side of a cut is kept, for what was written there.
        """
        found = self.friendship(user, other)
        has_left = self.users[user].has_left or self.users[other].has_left
        return found is not None and found.is_accepted and not has_left

    def blocked_by(self, user: str) -> list[str]:
        """From whom somebody does not want to hear, in the order they were blocked. From any thread."""
        return [other for (blocker, other), _is_moved in self.blocks.of(user) if blocker == user]

    def has_blocked(self, user: str, other: str) -> bool:
        """Whether one does not want to hear from the other."""
        return (user, other) in self.blocks

    def snapshot(self) -> bytes:
        """The state as bytes; equal states give equal bytes."""
        return msgspec.msgpack.encode(
            Snapshot(
                index=self.index,
                hash=self.hash,
                number=self.number,
                spans=self.spans,
                users=list(self.users.values()),
                devices=list(self.devices.values()),
                rooms=list(self.rooms.values()),
                counters=[(device, seen.ranges) for device, seen in self.counters.items()],
                voids=list(self.voids.values()),
                files=self.files.all(),
                deleted=[(device, numbers.ranges) for device, numbers in sorted(self.deleted.items())],
                delivered=list(self.marks.delivered.items()),
                room_marks=self.marks.all_of_rooms(),
                last_messages=list(self.marks.last_message.items()),
                friendships=self.friendships.values(),
                blocks=[(*pair, is_moved) for pair, is_moved in self.blocks.items()],
                invites=list(self.invites.values()),
                settings=self.settings,
            )
        )

    def digest(self) -> str:
        """SHA-256 of the snapshot, hex: equal logs have equal digests."""
        return hashlib.sha256(self.snapshot()).hexdigest()


def pair_of(user: str, other: str) -> tuple[str, str]:
    """Two people, whoever is named first."""
    return (user, other) if user < other else (other, user)


def restore(snapshot: bytes) -> State:
    """The state in a snapshot; raises `msgspec.DecodeError` when it is none."""
    found = msgspec.msgpack.decode(snapshot, type=Snapshot)
    state = State()
    state.index, state.hash, state.number = found.index, found.hash, found.number
    state.spans = found.spans
    for user in found.users:
        state.put_user(user)
    for room in found.rooms:
        state.put_room(room)
    state.devices = {device.id: device for device in found.devices}
    state.counters = {device: CounterSet(list(ranges)) for device, ranges in found.counters}
    state.files = FileUses(found.files)
    state.deleted = {device: CounterSet(list(ranges)) for device, ranges in found.deleted}
    state.marks.restore(found.delivered, found.room_marks, found.last_messages)
    state.friendships = PairTable((pair_of(one.asker, one.other), one) for one in found.friendships)
    state.blocks = PairTable(((user, other), is_moved) for user, other, is_moved in found.blocks)
    state.invites = {invite.hash: invite for invite in found.invites}
    state.settings = found.settings
    state.voids = {(void.device, void.counter): void for void in found.voids}
    return state
