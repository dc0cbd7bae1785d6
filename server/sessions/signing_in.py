"""Signing in: a greeting, admission, the device's secret, and where delivery starts."""

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

import msgspec

from server.accounts.proofs import operator_proof
from server.archive.record import Draft
from server.engine.round import Answer
from server.protocol import events, limits, requests
from server.protocol.connection import FEATURES, VERSIONS
from server.protocol.errors import Refusal
from server.protocol.names import clean_label, clean_person_name, name_key
from server.sessions.admission import Verdict
from server.sessions.cursors import cursor_at
from server.sessions.reader import Reader
from server.sessions.rooms import own_rooms
from server.sessions.stages import Stage
from server.state.bodies import DeviceBody, Way
from server.state.sightings import has_expired
from server.state.state import OPERATOR

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session

# A client that was told "full" comes back after this; people leave in minutes, not in seconds.
_FULL_RETRY_S: Final = 5
# Connections that are dead are noticed within this time.
_MANY_RETRY_S: Final = 45
# The death of a process is seen within milliseconds, silence within a second.
_PATIENCE_S: Final = 0.3


def greet(hub: "Hub", session: "Session", request: requests.Hello) -> None:
    """Agree on a version."""
    common = set(request.versions) & set(VERSIONS)
    if not common:
        versions = ", ".join(map(str, VERSIONS))
        session.refuse(request.id, Refusal("unsupported_version", {"versions": versions}))
        return
    session.stage = Stage.GREETED
    session.tell(
        events.Welcome(
            answer=request.id,
            version=max(common),
            features=[feature for feature in FEATURES if feature in request.features],
            server=hub.facts.name,
            cluster=hub.facts.cluster,
            chat=hub.facts.chat,
            sign_in=["open" if hub.facts.is_open else "invite"],
            nonce=session.nonce,
        )
    )


def say_pong(hub: "Hub", session: "Session", request: requests.Ping) -> None:  # noqa: ARG001 - the table's shape
    """Show life."""
    session.tell(events.Pong(answer=request.id))


def sign_out(hub: "Hub", session: "Session", request: requests.SignOut) -> None:  # noqa: ARG001 - as above
    """The client's polite end."""
    session.tell(events.Goodbye(answer=request.id, code="signed_out"))
    session.end()


def sign_in(hub: "Hub", session: "Session", request: requests.SignIn) -> None:
    """A known device shows its secret; a new one is archived first, one at a time.

    Where registering is not open, a new one needs a password, and a new person an invite.
    """
    if session.is_signing_in:
        session.refuse(request.id, Refusal("too_many_requests", {"limit": 1}))
        return
    name = clean_person_name(request.name)
    if name is None:
        session.refuse(request.id, Refusal("bad_name", {"name": request.name}))
        return
    if not request.standby and not _is_admitted(
        hub, session, request.id, is_redirected=request.is_redirected
    ):
        return
    if request.device in hub.state.devices:
        _complete(hub, session, request)
        return
    session.is_signing_in = True
    body = DeviceBody(
        user=id_from("user", request.device, 0),
        name=name,
        secret_hash=_hash_of(request.secret),
        device_name=clean_label(request.device_name),
    )
    if request.proof:
        _sign_up_operator(hub, session, request, body)
    elif (
        request.password
        or request.register
        or not hub.facts.is_open
        or hub.password_checks.is_protected(name)
    ):
        hub.password_checks.start(session, request, body)
    else:
        sign_up(hub, session, request, body)


def _sign_up_operator(hub: "Hub", session: "Session", request: requests.SignIn, body: DeviceBody) -> None:
    """Whoever has a server's data folder administers the chat, and is nobody in it."""
    expected = operator_proof(hub.facts.cluster_secret, session.nonce)
    if not hub.facts.cluster_secret or not hmac.compare_digest(request.proof, expected):
        turn_away(hub, session, request, Refusal("forbidden"))
        return
    sign_up(hub, session, request, msgspec.structs.replace(body, name=OPERATOR, way=Way.OPERATOR))


def sign_up(hub: "Hub", session: "Session", request: requests.SignIn, body: DeviceBody) -> None:
    """Have a new device archived, and then sign it in."""
    draft = Draft("device", request.device, 0, hub.time_ms(), msgspec.msgpack.encode(body))
    session.ask(draft, lambda answer: _signed_up(hub, session, request, answer))


def turn_away(hub: "Hub", session: "Session", request: requests.SignIn, refusal: Refusal) -> None:
    """A new device is not let in; its place is free again."""
    session.is_signing_in = False
    hub.presence.free_place(session)
    session.refuse(request.id, refusal)


def activate(hub: "Hub", session: "Session", request: requests.Activate) -> None:
    """A standby goes on here, for its own server is lost to it.

    A full server does not believe at once that the other one is alive and has room: a moment after
    a death the clients know more than it does.
    """
    if session.user is not None and session.user.id == OPERATOR:
        # Nobody in the chat: there is nothing to go on with.
        session.refuse(request.id, Refusal("forbidden"))
        return
    if hub.admit(is_redirected=True) is Verdict.STAY:
        _activate(hub, session, request)
    else:
        hub.call_later(_PATIENCE_S, lambda: _activate_late(hub, session, request))


def _activate_late(hub: "Hub", session: "Session", request: requests.Activate) -> None:
    if session.stage is Stage.ACTIVE:
        # Asked twice within the patience: the first one was enough.
        session.refuse(request.id, Refusal("already_signed_in"))
    elif session.stage is Stage.ON_STANDBY and _is_admitted(hub, session, request.id, is_redirected=True):
        hub.presence.free_place(session)
        _activate(hub, session, request)
    hub.flush_all()


def _activate(hub: "Hub", session: "Session", request: requests.Activate) -> None:
    session.stage = Stage.ACTIVE
    _start_delivery(hub, session, request)


def _start_delivery(hub: "Hub", session: "Session", request: requests.SignIn | requests.Activate) -> None:
    """Tell where the client stands; an active one is delivered to from there on."""
    assert session.user is not None
    user = hub.user_now(session.user)
    delivered = hub.state.marks.delivered.get(user.id, 0)
    cursor = request.cursor
    if cursor is None and request.from_mark and delivered:
        cursor = cursor_at(min(delivered, hub.delivery.position.index), hub.state.spans)
    start, diverged_at = hub.place_cursor(cursor)
    # A cursor that is not of this log (yet) keeps its own past: ours may be another one.
    trail = hub.trail() if hub.delivery.knows(start) else start.trail
    session.tell(
        events.SignedIn(
            answer=request.id,
            user=user.id,
            name=user.name,
            server=hub.facts.name,
            standby=session.stage is Stage.ON_STANDBY,
            cursor=msgspec.structs.replace(start, trail=trail),
            number=hub.number_at(start.index),
            archive_number=hub.delivery.position.number,
            rooms=own_rooms(hub.state, user),
            servers=hub.servers(),
            authority=hub.facts.authority_pem,
            delivered=delivered,
        )
    )
    if session.stage is Stage.ON_STANDBY:
        return
    if diverged_at is not None:
        session.tell(events.Diverged(index=diverged_at))
    session.tell(events.ServersChanged(servers=hub.servers(), mode=hub.mode))
    if hub.copies_index:
        session.tell(events.CopiesRaised(index=hub.copies_index))
    hub.presence.enter(user.id)
    hub.announcements.people_changed()
    hub.announcements.tell_newcomer(session)
    session.reader = Reader(session.outlet(), user.id, user.rooms, start.index)
    hub.delivery.attach(session.reader, start)


def id_from(kind: str, device: str, counter: int) -> str:
    """A new id that follows from the request's own, so that a retry, at whichever server, is the
    same request to the last byte."""
    return hashlib.sha256(f"{kind} {device} {counter}".encode()).hexdigest()[:16]


def _is_admitted(hub: "Hub", session: "Session", answer: int, *, is_redirected: bool) -> bool:
    """Whether this server takes one more; if not, it was told where or when to go on."""
    verdict = hub.admit(is_redirected=is_redirected)
    if verdict is Verdict.GO:
        session.tell(events.GoTo(answer=answer, address=hub.peer_address))
    elif verdict is Verdict.FULL:
        session.refuse(answer, Refusal("server_full", {"retry_s": _FULL_RETRY_S}))
    else:
        # The place is kept while a new name is being archived.
        hub.presence.keep_place(session)
    return verdict is Verdict.STAY


def _signed_up(hub: "Hub", session: "Session", request: requests.SignIn, answer: Answer) -> None:
    # Refused or not: when the device is known now, its secret decides (the same device may have
    # been archived at both servers at once).
    if request.device in hub.state.devices:
        session.is_signing_in = False
        _complete(hub, session, request)
    else:
        turn_away(hub, session, request, answer.refusal or Refusal("unknown"))


def _complete(hub: "Hub", session: "Session", request: requests.SignIn) -> None:
    hub.presence.free_place(session)
    if session.stage is not Stage.GREETED:
        session.refuse(request.id, Refusal("already_signed_in"))
        return
    # One look: a merge may just put another state in this one's place.
    state = hub.state
    device = state.devices.get(request.device)
    if device is None:
        session.refuse(request.id, Refusal("unknown"))
        return
    user = state.users[device.user]
    if not hmac.compare_digest(device.secret_hash, _hash_of(request.secret)):
        session.refuse(request.id, Refusal("wrong_secret"))
    elif user.has_left:
        session.refuse(request.id, Refusal("unregistered"))
    elif device.is_revoked:
        session.refuse(request.id, Refusal("device_revoked"))
    elif user.is_disabled:
        session.refuse(request.id, Refusal("account_disabled"))
    elif has_expired(state, device, hub.time_ms()):
        session.refuse(request.id, Refusal("device_expired"))
    elif name_key(clean_person_name(request.name) or "") not in (
        name_key(user.name),
        name_key(user.former_name),
    ):
        session.refuse(request.id, Refusal("wrong_person", {"name": user.name}))
    elif hub.presence.connections_of(user.id) >= limits.CONNECTIONS_PER_PERSON_MAX:
        limit = limits.CONNECTIONS_PER_PERSON_MAX
        session.refuse(
            request.id, Refusal("too_many_connections", {"limit": limit, "retry_s": _MANY_RETRY_S})
        )
    else:
        # The operator reads nothing, and is not counted as online.
        is_idle = request.standby or user.id == OPERATOR
        stage = Stage.ON_STANDBY if is_idle else Stage.ACTIVE
        session.signed_in(device, user, stage)
        hub.sightings.note(device.id)
        _start_delivery(hub, session, request)


def _hash_of(secret: str) -> bytes:
    return hashlib.sha256(bytes.fromhex(secret)).digest()
