"""Administration: invites, people and the audit, as administrators are told."""

import asyncio
from typing import TYPE_CHECKING, Final

from msgspec import structs

from server.archive.record import Record
from server.protocol import events, requests
from server.protocol.administration import AccountFacts, ActFacts, InviteFacts
from server.protocol.errors import Refusal
from server.state.administration import is_act
from server.state.bodies import (
    DeleteRoomBody,
    DeviceBody,
    InviteBody,
    ResetBody,
    SettingsBody,
    StandingBody,
    TakeBackBody,
    Way,
)
from server.state.fold import decode_body
from server.state.standings import ChatAct, may, standing_of
from server.state.state import OPERATOR, State
from server.state.told import ADMINISTRATORS

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session

# More is never written within a second.
_TAIL_BYTES_MAX: Final = 64 * 1024 * 1024


def tell_invites(hub: "Hub", session: "Session", request: requests.Invites) -> None:
    """The own ones; all of them to administrators."""
    assert session.user is not None
    state, asker = hub.state, session.user.id
    sees_all = may(state, ChatAct.SEE, asker)
    mine = (one for one in list(state.invites.values()) if sees_all or one.by == asker)
    invites = [
        InviteFacts(
            one.hash.hex(),
            name_of(state, one.by),
            one.since_ms,
            one.until_ms,
            [name_of(state, user) for user in one.used_by],
            one.is_taken_back,
        )
        for one in sorted(mine, key=lambda one: one.since_ms)
    ]
    session.tell(events.InviteList(answer=request.id, invites=invites))
    session.looked()
    session.listed(len(state.invites))


def tell_accounts(hub: "Hub", session: "Session", request: requests.Accounts) -> None:
    """Everybody, and what the chat allows."""
    if not _may_see(hub, session):
        session.refuse(request.id, Refusal("forbidden"))
        return
    state, online = hub.state, hub.presence.online
    accounts = [
        AccountFacts(
            user.id, user.name, standing_of(user), user.devices, bool(user.password), user.id in online
        )
        for user in list(state.users.values())
        if user.id != OPERATOR
    ]
    session.tell(
        events.AccountList(
            answer=request.id,
            accounts=accounts,
            members_invite=state.settings.members_invite,
            send_rate_per_s=state.settings.send_rate_per_s,
            one_device=state.settings.one_device,
        )
    )
    session.listed(len(state.users))


def tell_audit(hub: "Hub", session: "Session", request: requests.Audit) -> None:
    """What administrators did: it stands in the archive, with an audience of its own."""
    if _may_see(hub, session):
        hub.readings.start(session, request, _audit(hub, request))
    else:
        session.refuse(request.id, Refusal("forbidden"))


def name_of(state: State, user: str) -> str:
    """What somebody is called, or was; nothing for somebody whom a merge is just bringing back."""
    found = state.users.get(user)
    return found.name if found is not None else ""


def _may_see(hub: "Hub", session: "Session") -> bool:
    # Not as it was at the sign-in: a merge may just have taken the right away, or the person.
    return session.user is not None and may(hub.state, ChatAct.SEE, session.user.id)


async def _audit(hub: "Hub", request: requests.Audit) -> events.AuditPage:
    return await asyncio.to_thread(_audit_page, hub, request, hub.delivery.position.index)


def _audit_page(hub: "Hub", request: requests.Audit, end: int) -> events.AuditPage:
    """The newest acts up to the committed end, or before the index that was asked for."""
    last = end if request.before is None else min(end, max(0, request.before - 1))
    # The store's timeline follows the log by a second: what it lacks is looked at one by one.
    behind = hub.store.derived_index()
    records = [record for record in hub.store.records(behind + 1, _TAIL_BYTES_MAX) if record.index <= last]
    acts = [act for record in records if (act := act_of(record, hub.state))]
    rows = hub.store.page(ADMINISTRATORS, 0, min(last, behind), request.limit + 1, is_backwards=True)
    found = hub.store.records_at(sorted(row.index for row in rows))
    # A merge may just be taking some away, or their authors.
    acts = [act for record in found.values() if (act := act_of(record, hub.state))] + acts
    is_end = len(acts) <= request.limit
    return events.AuditPage(answer=request.id, acts=acts[-request.limit :], is_end=is_end)


def act_of(record: Record, state: State) -> ActFacts | None:
    """The act in a record; None when it is none, or its author is not known (see `telling`)."""
    header = record.header
    by = state.user_of_device(header.device)
    body = decode_body(header.kind, record.body)
    if by is None:
        return None
    void = state.voids.get(record.id)
    if void is not None:
        # A merge made it void: what was accepted for a while is told all the same. What never was is not.
        is_told = void.is_withdrawn and body is not None and is_act(state, body)
        detail = f"{header.kind}: {void.code}"
        return ActFacts(header.index, header.time_ms, by.name, "void", "", detail) if is_told else None
    act, person, detail = header.kind, "", ""
    match body:
        case InviteBody(code) | TakeBackBody(code):
            detail = code.hex()[:8]
        case StandingBody(user, standing):
            act, person = standing, name_of(state, user)
        case ResetBody(user):
            person = name_of(state, user)
        case SettingsBody():
            given = structs.asdict(body)
            detail = ", ".join(f"{key}={value}" for key, value in given.items() if value is not None)
        case DeleteRoomBody(room) if is_act(state, body):
            detail = f"#{state.rooms[room].name}"
        case DeviceBody(way=Way.SETUP):
            act, person = "setup", by.name
        case _:
            return None
    return ActFacts(header.index, header.time_ms, by.name, act, person, detail)
