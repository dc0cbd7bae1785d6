"""Accounts: invites and who comes with them, passwords, devices signed out, people who are sent away.

The first device is an administrator's. Guests come with an invite, often two with the same one; each is a
device like the others, may have a second one, and gives up when it is not let in.
"""

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from server.archive.record import Draft
from server.state.bodies import (
    DeviceBody,
    InviteBody,
    PasswordBody,
    RevokeBody,
    StandingBody,
    TakeBackBody,
    Way,
)
from server.state.users import proof_of

if TYPE_CHECKING:
    from tests.simulation.wants import Wants
    from tests.simulation.world import World

GUESTS_MAX: Final = 4
_REQUESTS_EACH: Final = 4
_DEVICES_MAX: Final = 3
# How often two come with one invite.
_TWO_OF_THEM: Final = 0.6
# How often somebody tries to administer who may not.
_TRIES: Final = 0.2
_ABOUT_GUESTS: Final = ("disabled", "enabled", "enabled", "banned")
_ABOUT_OTHERS: Final = ("administrator", "administrator", "member")


@dataclass(slots=True)
class Guest:
    """Somebody who came with an invite."""

    number: int
    password: str
    devices: list[str] = field(default_factory=list)

    @property
    def user(self) -> str:
        """The id of the person."""
        return f"user of guest{self.number}"


class Guests:
    """All of them, and the invites that are known to be stored."""

    def __init__(self, world: "World") -> None:
        self._world: Final = world
        self.invites: list[bytes] = []
        self.people: list[Guest] = []

    def with_device(self, device: str) -> Guest | None:
        """Whose device it is."""
        return next((guest for guest in self.people if device in guest.devices), None)

    def come(self, code: bytes) -> None:
        """Somebody tries an invite (SHA-256 of its code)."""
        guest = Guest(len(self.people), f"password {len(self.people)}")
        self.people.append(guest)
        self._add_device(guest, f"guest{guest.number}", password=guest.password, way=Way.INVITE, code=code)

    def bring_another(self, guest: Guest) -> None:
        """He signs in on another device."""
        name = f"guest{guest.number}-{len(guest.devices)}"
        self._add_device(guest, name, proof=proof_of(guest.password))

    def _add_device(self, guest: Guest, name: str, **entry: str | bytes) -> None:
        guest.devices.append(name)
        body = DeviceBody(f"user of {name}", f"Guest {guest.number}", b"")
        self._world.add_device(name, _REQUESTS_EACH, msgspec.structs.replace(body, **entry))


class Accounts:
    """What one device wants of them."""

    def __init__(self, wants: "Wants", name: str) -> None:
        self._wants: Final = wants
        self._name: Final = name
        self._world: Final = wants.world
        self._rng: Final = wants.world.rng

    def invent(self) -> list[Draft]:
        """Something new, or nothing."""
        guest = self._world.guests.with_device(self._name)
        if guest is not None:
            return self._as_guest(guest)
        if self._name != "0" and self._rng.random() > _TRIES:
            return []
        return self._as_administrator()

    def learned(self, draft: Draft) -> None:
        """Something was accepted."""
        if draft.kind == "invite":
            self._world.guests.invites.append(msgspec.msgpack.decode(draft.body, type=InviteBody).hash)
        elif draft.kind == "password":
            guest = self._world.guests.with_device(self._name)
            assert guest is not None
            guest.password = msgspec.msgpack.decode(draft.body, type=PasswordBody).password

    def _as_administrator(self) -> list[Draft]:
        guests = self._world.guests
        if not guests.invites:
            return [self._invite()]
        match self._rng.randrange(10):
            case 0 | 1:
                return [self._invite()]
            case 2:
                code = self._rng.choice(guests.invites)
                return [self._wants.draft("take_back", TakeBackBody(code))]
            case 3 | 4 | 5 if len(guests.people) < GUESTS_MAX:
                self._have_guests_come()
                return []
            case _:
                return [self._judge_somebody()]

    def _invite(self) -> Draft:
        code = hashlib.sha256(self._wants.next_id.encode()).digest()
        return self._wants.draft("invite", InviteBody(code))

    def _have_guests_come(self) -> None:
        code = self._rng.choice(self._world.guests.invites[-2:])
        for _ in range(1 + (self._rng.random() < _TWO_OF_THEM)):
            self._world.guests.come(code)

    def _judge_somebody(self) -> Draft:
        guests = self._world.guests.people
        if guests and self._rng.random() < 0.6:
            about = self._rng.choice(guests).user, self._rng.choice(_ABOUT_GUESTS)
        else:
            others = [user for user in self._world.user_ids if user != self._wants.user]
            about = self._rng.choice(others or ["nobody"]), self._rng.choice(_ABOUT_OTHERS)
        return self._wants.draft("standing", StandingBody(*about))

    def _as_guest(self, guest: Guest) -> list[Draft]:
        match self._rng.randrange(4):
            case 0 | 1 if len(guest.devices) < _DEVICES_MAX:
                self._world.guests.bring_another(guest)
                return []
            case 2:
                body = PasswordBody(f"password by {self._wants.next_id}", proof_of(guest.password))
                return [self._wants.draft("password", body)]
            case _:
                return [self._wants.draft("revoke", RevokeBody(self._rng.choice(guest.devices)))]
