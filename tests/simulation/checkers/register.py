"""The register of people, their devices and the invites they came with: a model beside the fold.

What takes a right away stays taken: by a revoked device, or for somebody who was sent away, nothing new is
accepted, whatever a merge brings. An invite lets in one person, or one on each side of a cut, each once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from server.archive.record import Header
from server.protocol.names import name_key
from server.state.bodies import (
    DeviceBody,
    InviteBody,
    PasswordBody,
    RevokeBody,
    StandingBody,
    TakeBackBody,
    Way,
)
from server.state.state import State
from server.state.users import proof_of
from tests.simulation.history import PromiseError

_Key = TypeVar("_Key", str, bytes)
_TAKING = frozenset({"member", "disabled", "banned"})


@dataclass(slots=True)
class Account:
    """A person."""

    name: str
    password: str
    is_admin: bool = False
    is_disabled: bool = False
    is_banned: bool = False


@dataclass(slots=True)
class Entrance:
    """An invite, and whom it let in."""

    by: str
    is_taken_back: bool = False
    let_in: list[str] = field(default_factory=list)


class Register:
    """Of one log, up to the record that was written last."""

    def __init__(self) -> None:
        self.people: dict[str, Account] = {}
        self.users: dict[str, str] = {}
        self.revoked: set[str] = set()
        self.invites: dict[bytes, Entrance] = {}

    def is_out(self, device: str) -> bool:
        """Whether nothing new is taken from a device."""
        user = self.users.get(device)
        return user is not None and (device in self.revoked or self.people[user].is_disabled)

    # --- what is allowed

    def allows(self, header: Header, body: object) -> bool | None:
        """Whether a record is to be accepted here; None: it is about something else."""
        is_moved, user = header.origin is not None, self.users.get(header.device, "")
        match body:
            case DeviceBody():
                return header.device not in self.users and (is_moved or self._lets_in(body))
            case InviteBody():
                return self._administers(user) and header.device not in self.revoked
            case TakeBackBody(code):
                return self._may_take_back(user, code, is_moved=is_moved)
            case PasswordBody(_, proof):
                is_right = proof == proof_of(self.people[user].password)
                return header.device not in self.revoked and is_right
            case RevokeBody(other):
                is_own = self.users.get(other) == user and header.device not in self.revoked
                return is_own and (is_moved or other not in self.revoked)
            case StandingBody(other, standing):
                may_give = self._administers(user) and header.device not in self.revoked
                return self._may_judge(other, standing, may_give=may_give, is_moved=is_moved)
            case _:
                return None

    def _lets_in(self, body: DeviceBody) -> bool:
        known = next((one for one in self.people.values() if name_key(one.name) == name_key(body.name)), None)
        if known is not None:
            is_right = not body.password and body.proof == proof_of(known.password)
            return is_right and not known.is_disabled
        if body.way == Way.INVITE:
            invite = self.invites.get(body.code)
            if invite is None or invite.is_taken_back or invite.let_in:
                return False
            return self._administers(invite.by)
        return not body.proof and (body.way != Way.SETUP or not self._administrators())

    def _administrators(self) -> list[str]:
        return [user for user, account in self.people.items() if account.is_admin]

    def _administers(self, user: str) -> bool:
        return self.people[user].is_admin and not self.people[user].is_disabled

    def _may_take_back(self, user: str, code: bytes, *, is_moved: bool) -> bool:
        invite = self.invites.get(code)
        if invite is None or is_moved:
            return invite is not None
        is_mine = self.people[user].is_admin or invite.by == user
        return is_mine and not invite.is_taken_back and not invite.let_in

    def _may_judge(self, other: str, standing: str, *, may_give: bool, is_moved: bool) -> bool:
        if other not in self.people or not (may_give or (is_moved and standing in _TAKING)):
            return False
        if is_moved and standing == "enabled" and self.people[other].is_banned:
            return False
        if standing in _TAKING:
            return self._administrators() != [other]
        return standing != "administrator" or not self.people[other].is_disabled

    # --- what was accepted

    def write(self, header: Header, user: str, name: str, body: msgspec.Struct | None) -> None:
        """A record of somebody, who is called like this, was accepted."""
        match body:
            case DeviceBody():
                self._write_device(header, user, name, body)
            case InviteBody(code):
                self.invites[code] = Entrance(user)
            case TakeBackBody(code):
                self.invites[code].is_taken_back = True
            case PasswordBody(password):
                self.people[user].password = password
                self.revoked.update(d for d, one in self.users.items() if one == user and d != header.device)
            case RevokeBody(other):
                self.revoked.add(other)
            case StandingBody(other, standing):
                self._write_standing(other, standing)
            case _:
                pass

    def _write_device(self, header: Header, user: str, name: str, body: DeviceBody) -> None:
        self.users[header.device] = user
        account = self.people.get(user)
        if account is None:
            self.people[user] = Account(name, body.password, is_admin=body.way == Way.SETUP)
            if body.way == Way.INVITE and body.code in self.invites:
                self.invites[body.code].let_in.append(user)
        elif header.origin is not None and (account.is_banned or body.proof != proof_of(account.password)):
            # It came in by a password that was another one meanwhile, on the other side of a cut.
            self.revoked.add(header.device)

    def _write_standing(self, other: str, standing: str) -> None:
        account = self.people[other]
        match standing:
            case "administrator":
                account.is_admin = True
            case "member":
                account.is_admin = False
            case "enabled":
                account.is_disabled = account.is_banned = False
            case _:
                account.is_admin, account.is_disabled = False, True
        if standing == "banned":
            account.is_banned = True
            self.revoked.update(device for device, user in self.users.items() if user == other)
            for invite in self.invites.values():
                invite.is_taken_back |= invite.by == other and not invite.let_in

    # --- in the end

    def check(self, server: str, state: State) -> None:
        """What a server makes of it is the same."""
        found = {device.id: (device.user, device.is_revoked) for device in state.devices.values()}
        _same(server, found, {device: (user, device in self.revoked) for device, user in self.users.items()})
        _same(
            server,
            {u.id: (u.password, u.is_admin, u.is_disabled) for u in state.users.values()},
            {u: (one.password, one.is_admin, one.is_disabled) for u, one in self.people.items()},
        )
        _same(
            server,
            {invite.hash: (invite.is_taken_back, invite.used_by) for invite in state.invites.values()},
            {code: (one.is_taken_back, tuple(one.let_in)) for code, one in self.invites.items()},
        )


def _same(server: str, found: Mapping[_Key, object], expected: Mapping[_Key, object]) -> None:
    if found != expected:
        other = {key: (found.get(key), one) for key, one in expected.items() if found.get(key) != one}
        raise PromiseError("accounts", f"{server} has, and by the log it is: {other or found.keys()}")
