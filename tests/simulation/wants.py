"""What a device wants: messages, changes of them, rooms, groups, friends; invented as the run goes on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from server.archive.record import Draft
from server.engine.round import Answer
from server.state.bodies import (
    DeleteBody,
    DeleteRoomBody,
    EditBody,
    MemberBody,
    MessageBody,
    ReactBody,
    RoomBody,
)
from server.state.state import GENERAL
from tests.simulation.accounts import Accounts
from tests.simulation.circles import Circles

if TYPE_CHECKING:
    from tests.simulation.world import World

_CONTESTED_ROOMS: Final = 4

_encode: Final = msgspec.msgpack.Encoder().encode


@dataclass(slots=True, eq=False)
class Request:
    """Something that one device wants archived; `home` pins it to a server for the first try."""

    draft: Draft
    home: str = ""
    answer: Answer | None = None
    asked: int = 0


class Wants:
    """One device's."""

    def __init__(self, world: "World", name: str, style: str) -> None:
        self._world: Final = world
        self._rng: Final = world.rng
        self._name: Final = name
        self._style: Final = style
        self._counter = 0
        # Public rooms where it may write.
        self._rooms: list[str] = []
        # Its messages that were stored: the room, and the counter.
        self._stored: list[tuple[str, int]] = []
        self._circles: Final = Circles(self)
        self._accounts: Final = Accounts(self, name)

    @property
    def world(self) -> "World":
        """Where it lives."""
        return self._world

    @property
    def user(self) -> str:
        """The person with this device."""
        guest = self._world.guests.with_device(self._name)
        return guest.user if guest is not None else f"user of {self._name}"

    @property
    def is_pipelining(self) -> bool:
        """Whether it goes on without waiting for the answer."""
        return self._style == "pipelining"

    def invent(self) -> list[Request]:
        """Something new."""
        drafts: list[Draft] = []
        if self._rng.random() < self._world.weather.circles:
            drafts = self._circles.invent()
        elif self._rng.random() < self._world.weather.accounts:
            drafts = self._accounts.invent()
        if drafts:
            return [Request(draft) for draft in drafts]
        chance = self._rng.random()
        if chance < 0.12:
            return self._make_room()
        if chance < 0.22:
            return self._twins()
        if chance < 0.25:
            return [self._message("hello", "no-such-room")]
        if chance < 0.28:
            return [Request(self.draft("member", MemberBody(GENERAL)))]
        if chance < 0.36 and self._world.rooms:
            return [Request(self.draft("member", MemberBody(self._rng.choice(self._world.rooms))))]
        if chance < 0.39 and self._rooms:
            return [Request(self.draft("delete_room", DeleteRoomBody(self._rng.choice(self._rooms))))]
        if chance < 0.5 and self._rooms:
            return [self._message(self.next_text, self._rng.choice(self._rooms))]
        if chance < 0.62 and self._stored:
            return [self._change()]
        return [self._message(self.next_text)]

    def learned(self, draft: Draft) -> None:
        """Something was accepted: a room that it made is there for all; what it wrote may be changed."""
        if draft.kind == "room":
            self._rooms.append(self._id_of(draft))
            self._world.rooms.append(self._rooms[-1])
        elif draft.kind == "delete_room":
            self._rooms = [room for room in self._rooms if room != self._about(draft)]
        elif draft.kind == "member":
            self._rooms.append(msgspec.msgpack.decode(draft.body, type=MemberBody).room)
        elif draft.kind == "message" and draft.id not in self._world.history.twins:
            body = msgspec.msgpack.decode(draft.body, type=MessageBody)
            self._stored.append((body.room, draft.counter))
        else:
            self._circles.learned(draft)
            self._accounts.learned(draft)

    def draft(self, kind: str, body: msgspec.Struct) -> Draft:
        """With the next counter."""
        self._counter += 1
        return Draft(kind, self._name, self._counter, self._world.wall_ms(), _encode(body))

    @property
    def next_text(self) -> str:
        """What it would write next."""
        return f"{self._name} says {self._counter + 1}"

    @property
    def next_id(self) -> str:
        """What it makes next would be found under this."""
        return f"{self._name}-{self._counter + 1}"

    def _about(self, draft: Draft) -> str:
        return msgspec.msgpack.decode(draft.body, type=DeleteRoomBody).room

    def _id_of(self, draft: Draft) -> str:
        return f"{self._name}-{draft.counter}"

    def _message(self, text: str, room: str = GENERAL) -> Request:
        return Request(self.draft("message", MessageBody(room, text)))

    def _make_room(self) -> list[Request]:
        room, name = self.next_id, f"room-{self._rng.randrange(_CONTESTED_ROOMS)}"
        made = [Request(self.draft("room", RoomBody(room, name)))]
        if self.is_pipelining:
            made.append(self._message(f"{self._name} has made it", room))
        return made

    def _change(self) -> Request:
        """One of its own messages gets another text or an emoji, or is taken away, perhaps once more."""
        room, counter = self._rng.choice(self._stored[-4:])
        about = room, self._name, counter
        match self._rng.randrange(3):
            case 0:
                return Request(self.draft("edit", EditBody(*about, f"text {self._counter + 1}")))
            case 1:
                return Request(self.draft("delete", DeleteBody(*about)))
            case _:
                return Request(self.draft("react", ReactBody(*about, "👍", is_on=True)))

    def _twins(self) -> list[Request]:
        """The same id with two bodies, for both servers at once: a client with a defect."""
        one = self.draft("message", MessageBody(GENERAL, f"one {self._counter + 1}"))
        other = msgspec.structs.replace(one, body=_encode(MessageBody(GENERAL, f"other {self._counter}")))
        self._world.history.twins.add(one.id)
        return [Request(one, home="a"), Request(other, home="b")]
