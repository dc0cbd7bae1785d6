"""Invites: who may make one, whom it lets in, and when it is used up."""

from typing import Final

import msgspec

from server.archive.record import Draft, Header
from server.protocol import limits
from server.protocol.errors import Refusal
from server.state.bodies import InviteBody, TakeBackBody
from server.state.standings import ChatAct, may, refusal_of_act
from server.state.state import Invite, State
from server.state.told import ADMINISTRATORS, Told

INVITE_MS: Final = limits.INVITE_DAYS * 24 * 3600 * 1000
# So long an invite that is no good any more is kept, to be listed.
_KEPT_MS: Final = 30 * 24 * 3600 * 1000


def refusal_of_invite(state: State, code: bytes, time_ms: int) -> Refusal | None:
    """Why the invite with this code (SHA-256) lets nobody in at a time; None: it does."""
    invite = state.invites.get(code)
    if invite is None or invite.is_taken_back or not may(state, ChatAct.INVITE, invite.by):
        # Otherwise who was sent away would come in again by an invite of the day before.
        return Refusal("bad_invite")
    if invite.used_by:
        return Refusal("invite_used")
    return Refusal("invite_expired") if time_ms > invite.until_ms else None


def use_invite(state: State, code: bytes, user: str) -> None:
    """It let this person in; what two servers accepted during a cut, a merge keeps both of (P6)."""
    invite = state.invites.get(code)
    if invite is not None:
        state.invites[code] = msgspec.structs.replace(invite, used_by=(*invite.used_by, user))


def judge_invite(state: State, header: Header | Draft, body: InviteBody) -> Refusal | None:
    """Administrators, and every member where the settings say so; also what a merge brings."""
    refusal = refusal_of_act(state, ChatAct.INVITE, header.device)
    if refusal is not None:
        return refusal
    user = state.users[state.devices[header.device].user]
    if len(body.hash) != 32 or body.hash in state.invites:
        return Refusal("bad_request", {"reason": "no new invite"})
    mine = [one for one in state.invites.values() if one.by == user.id and not one.used_by]
    unused = [one for one in mine if one.until_ms >= header.time_ms]
    is_full = sum(not one.is_taken_back for one in unused) >= limits.INVITES_OPEN_MAX
    # Those that were taken back are listed for weeks: they are not without end, either.
    if (is_full or len(unused) >= limits.INVITES_UNUSED_MAX) and header.origin is None:
        return Refusal("too_many_invites", {"limit": limits.INVITES_OPEN_MAX})
    return None


def fold_invite(state: State, header: Header, body: InviteBody) -> Told:
    """It is good from now on; those that have been of no use for long, by its time, are forgotten.

    So one record of a server whose clock is months ahead forgets all: they are made again.
    """
    old = [key for key, invite in state.invites.items() if invite.until_ms + _KEPT_MS < header.time_ms]
    for key in old:
        del state.invites[key]
    by = state.devices[header.device].user
    state.invites[body.hash] = Invite(body.hash, by, header.time_ms, header.time_ms + INVITE_MS)
    return Told(audience=ADMINISTRATORS)


def judge_take_back(state: State, header: Header | Draft, body: TakeBackBody) -> Refusal | None:
    """Whoever made it, or an administrator; one that was used on the other side of a cut stays used."""
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    invite = state.invites.get(body.hash)
    if invite is None or (invite.is_taken_back and header.origin is None):
        return Refusal("bad_invite")
    if header.origin is not None:
        return None
    if user.id != invite.by and not may(state, ChatAct.TAKE_BACK, user.id):
        # That there is one is not for others to know.
        return Refusal("bad_invite")
    return Refusal("invite_used") if invite.used_by else None


def fold_take_back(state: State, header: Header, body: TakeBackBody) -> Told:  # noqa: ARG001 - the table's shape
    """It lets nobody in any more."""
    invite = state.invites[body.hash]
    state.invites[body.hash] = msgspec.structs.replace(invite, is_taken_back=True)
    return Told(audience=ADMINISTRATORS)


def take_back_all(state: State, user: str) -> None:
    """None that somebody made and nobody has used lets anybody in."""
    for key, invite in state.invites.items():
        if invite.by == user and not invite.used_by:
            state.invites[key] = msgspec.structs.replace(invite, is_taken_back=True)
