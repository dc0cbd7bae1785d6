"""Administration: how people stand, a way back to somebody's account, what the chat allows.

What takes a right away and was accepted before a merge stays accepted. What gives one counts after it only
if its author may still administer: so no right comes back that the other server had taken.
"""

from typing import Final

import msgspec

from server.archive.record import Draft, Header
from server.protocol import limits
from server.protocol.errors import Refusal
from server.state.bodies import (
    DeleteRoomBody,
    InviteBody,
    ResetBody,
    SettingsBody,
    StandingBody,
    TakeBackBody,
)
from server.state.invites import take_back_all
from server.state.standings import ChatAct, refusal_of_act
from server.state.state import OPERATOR, RoomKind, State, User
from server.state.told import ADMINISTRATORS, Told
from server.state.users import sign_out_all

RESET_MS: Final = limits.RESET_HOURS * 3600 * 1000
# Those that take a right away.
_TAKING: Final = frozenset({"member", "disabled", "banned"})
_STANDINGS: Final = frozenset({"administrator", "enabled", *_TAKING})


def is_act(state: State, body: msgspec.Struct) -> bool:
    """Whether administrators are told of a record of this body. A group is nobody else's."""
    match body:
        case InviteBody() | TakeBackBody() | StandingBody() | ResetBody() | SettingsBody():
            return True
        case DeleteRoomBody(room):
            return room in state.rooms and state.rooms[room].kind is RoomKind.PUBLIC
        case _:
            return False


def judge_standing(state: State, header: Header | Draft, body: StandingBody) -> Refusal | None:
    """Administrators; one of them is always left."""
    is_kept = header.origin is not None and body.standing in _TAKING
    refusal = None if is_kept else refusal_of_act(state, ChatAct.STAND, header.device)
    if refusal is None:
        refusal = _refusal_of_person(state, body.user)
    if refusal is not None:
        return refusal
    if body.standing not in _STANDINGS:
        return Refusal("bad_request", {"reason": "no such standing"})
    person = state.users[body.user]
    if body.standing in _TAKING and state.administrators() == [person]:
        return Refusal("last_chat_administrator")
    if body.standing == "administrator" and person.is_disabled:
        return Refusal("account_disabled")
    if body.standing == "enabled" and person.is_banned and header.origin is not None:
        # Banned on the other side of a cut, as far as anybody can tell.
        return Refusal("forbidden")
    return None


def fold_standing(state: State, header: Header, body: StandingBody) -> Told:  # noqa: ARG001 - the table's shape
    """Whoever is sent away administers no longer; whoever comes back is a member.

    And administers what is left to people who were sent away as well.
    """
    person = state.users[body.user]
    match body.standing:
        case "administrator":
            person = msgspec.structs.replace(person, is_admin=True)
        case "member":
            person = msgspec.structs.replace(person, is_admin=False)
        case "enabled":
            person = msgspec.structs.replace(person, is_disabled=False, is_banned=False)
        case _:
            is_banned = person.is_banned or body.standing == "banned"
            person = msgspec.structs.replace(person, is_admin=False, is_disabled=True, is_banned=is_banned)
    state.put_user(person)
    is_sent_away = body.standing in {"disabled", "banned"}
    if is_sent_away:
        for room in person.rooms:
            state.relieve(room, person.id)
    if body.standing == "enabled":
        for room in person.rooms:
            if state.rooms[room].administrators:
                state.take_over(room, person.id)
    if body.standing == "banned":
        sign_out_all(state, person.id)
        take_back_all(state, person.id)
    return Told(audience=ADMINISTRATORS, signs_out=is_sent_away)


def judge_reset(state: State, header: Header | Draft, body: ResetBody) -> Refusal | None:
    """Administrators."""
    refusal = refusal_of_act(state, ChatAct.RESET, header.device) or _refusal_of_person(state, body.user)
    if refusal is None and len(body.hash) != 32:
        return Refusal("bad_request", {"reason": "no reset"})
    return refusal


def fold_reset(state: State, header: Header, body: ResetBody) -> Told:
    """The newest code is the one that counts; the old password stays good until it is used."""
    person = state.users[body.user]
    until_ms = header.time_ms + RESET_MS
    by = state.devices[header.device].user
    state.put_user(msgspec.structs.replace(person, reset=body.hash, reset_until_ms=until_ms, reset_by=by))
    return Told(audience=ADMINISTRATORS)


def judge_settings(state: State, header: Header | Draft, body: SettingsBody) -> Refusal | None:  # noqa: ARG001
    """Administrators."""
    return refusal_of_act(state, ChatAct.SET, header.device)


def fold_settings(state: State, header: Header, body: SettingsBody) -> Told:  # noqa: ARG001 - the table's shape
    """What is None stays."""
    given = {key: value for key, value in msgspec.structs.asdict(body).items() if value is not None}
    state.settings = msgspec.structs.replace(state.settings, **given)
    return Told(audience=ADMINISTRATORS)


def _refusal_of_person(state: State, user: str) -> Refusal | None:
    person: User | None = state.users.get(user)
    if person is None or person.has_left or person.id == OPERATOR:
        return Refusal("unknown_person", {"user": user[:64]})
    return None
