"""What is told of rooms, friends and people."""

from server.protocol.event import Event, Happening
from server.protocol.facts import FriendFacts, MemberFacts, RoomFacts


class RoomCreated(Event, frozen=True, kw_only=True, tag="room_created"):
    """A public room came to be (told to everybody), or a group (told to its `members`).

    `wanted_name` is set when a merge had to give it another name: both servers had made one.
    """

    index: int
    room: str
    name: str
    user: str
    wanted_name: str = ""
    kind: str = "public"
    members: int = 1


class RoomJoined(Event, frozen=True, kw_only=True, tag="room_joined"):
    """Somebody became a member of a room (told to its members).

    `wanted_name` is set when a merge had to give a new person another name. `kind`, `room_name` and
    `members` (with the new one) are for the new member; not there for the general room.
    """

    index: int
    room: str
    user: str
    name: str
    wanted_name: str = ""
    kind: str = "general"
    room_name: str = ""
    members: int = 0


class RoomLeft(Happening, frozen=True, kw_only=True, tag="room_left"):
    """Somebody is a member of a room no more (told to its members, and to that one).

    `user`, called `name`, left or, if `is_removed`, was put out.
    """

    room: str
    user: str
    name: str
    is_removed: bool = False


class PersonLeft(Happening, frozen=True, kw_only=True, tag="person_left"):
    """Somebody, called `name`, has left the chat for good (told to everybody).

    That one is in no room any more, and nobody's friend; private chats can be read, and the messages stay.
    """

    user: str
    name: str


class RoomDeleted(Happening, frozen=True, kw_only=True, tag="room_deleted"):
    """A room, called `room_name`, is there no more: somebody, called `name`, deleted it.

    Told to everybody of a public room, of a group to those who were in it. Nobody is in it any more.
    """

    room: str
    user: str
    name: str
    room_name: str


class RoomChanged(Happening, frozen=True, kw_only=True, tag="room_changed"):
    """A room has another name, topic or administrator (`what`), by a person called `name`.

    `room_name` and `topic` are those of now. `member` was made an administrator, or is none any more.
    """

    room: str
    what: str
    user: str
    name: str
    room_name: str
    topic: str = ""
    member: str = ""
    member_name: str = ""
    is_administrator: bool = False


class FriendshipChanged(Happening, frozen=True, kw_only=True, tag="friendship_changed"):
    """Somebody asked, accepted, declined, removed, blocked or unblocked (`act`) another person.

    `user`, called `name`, did it to `other`. Both are told; of a block only who did it. Who has a
    friend less by a block hears that it was removed. `room` is the private chat, once they are friends.
    """

    user: str
    name: str
    other: str
    other_name: str
    act: str
    room: str = ""


class RoomList(Event, frozen=True, kw_only=True, tag="room_list"):
    """The answer to `rooms`."""

    rooms: list[RoomFacts]


class MemberList(Event, frozen=True, kw_only=True, tag="member_list"):
    """The answer to `who`."""

    room: str
    members: list[MemberFacts]


class FriendList(Event, frozen=True, kw_only=True, tag="friend_list"):
    """The answer to `friends`: friends and open questions by name, then the blocked ones."""

    friends: list[FriendFacts]


class PersonList(Event, frozen=True, kw_only=True, tag="person_list"):
    """The answer to `people`, in order of their names; `is_end` when there are no more."""

    people: list[MemberFacts]
    is_end: bool
