"""What administrators do, and people who come in by codes, as drafts for short archives."""

import msgspec

from server.archive.record import Draft, Origin
from server.state.bodies import (
    DeviceBody,
    InviteBody,
    ResetBody,
    SettingsBody,
    StandingBody,
    TakeBackBody,
    Way,
)
from tests.state.archive_of import EPOCH

# Of a password; nobody looks into it here.
HASH = "hash"

_encode = msgspec.msgpack.Encoder().encode


def person(
    name: str,
    called: str,
    *,
    way: str = "",
    code: bytes = b"",
    password: str = HASH,
    proof: bytes = b"",
    time_ms: int = 0,
) -> Draft:
    """Somebody with a password, on the device `name`."""
    body = DeviceBody(f"user-{name}", called, b"secret", password, proof, way=way, code=code)
    return Draft("device", name, 0, time_ms, _encode(body))


def invited(name: str, called: str, code: bytes, *, time_ms: int = 0) -> Draft:
    """Somebody new with an invite."""
    return person(name, called, way=Way.INVITE, code=code, time_ms=time_ms)


def founder(name: str = "d", called: str = "Anna") -> Draft:
    """The first administrator."""
    return person(name, called, way=Way.SETUP)


def operator(name: str = "o") -> Draft:
    """Whoever has a data folder."""
    return person(name, "operator", way=Way.OPERATOR, password="")


def invite(counter: int, code: bytes, *, name: str = "d", time_ms: int = 0) -> Draft:
    return Draft("invite", name, counter, time_ms, _encode(InviteBody(code)))


def take_back(counter: int, code: bytes, *, name: str = "d") -> Draft:
    return Draft("take_back", name, counter, 0, _encode(TakeBackBody(code)))


def standing(counter: int, user: str, what: str, *, name: str = "d") -> Draft:
    return Draft("standing", name, counter, 0, _encode(StandingBody(user, what)))


def reset(counter: int, user: str, code: bytes, *, name: str = "d", time_ms: int = 0) -> Draft:
    return Draft("reset", name, counter, time_ms, _encode(ResetBody(user, code)))


def settings(
    counter: int,
    *,
    members_invite: bool | None = None,
    rate: float | None = None,
    one_device: bool | None = None,
    name: str = "d",
) -> Draft:
    return Draft("settings", name, counter, 0, _encode(SettingsBody(members_invite, rate, one_device)))


def merged(draft: Draft, user: str = "") -> Draft:
    """The same, as a merge brings it."""
    return msgspec.structs.replace(draft, origin=Origin(EPOCH, 7, user))
