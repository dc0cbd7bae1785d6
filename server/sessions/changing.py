"""Requests about a message that stands in the archive: it is looked up before they go there.

The verdict is given by the state alone, which holds no messages. So the server that takes the request sees
that the message is there, and writes its room, and the file that it carries, into the record.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import msgspec

from server.archive.record import Draft
from server.protocol import requests
from server.protocol.errors import Refusal
from server.sessions.certainty import certain
from server.sessions.drafts import message_draft
from server.sessions.files import send_with_file
from server.sessions.targets import Identity, Target, look_up, refusal_of_more
from server.state.bodies import DeleteBody, EditBody, ReactBody

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session

_log = logging.getLogger(__name__)

Changing = requests.Edit | requests.Delete | requests.React

_encode: Final = msgspec.msgpack.Encoder().encode


def change(hub: "Hub", session: "Session", request: Changing) -> None:
    """An edit, a deletion, or a reaction. What the same client asks behind it waits."""
    assert session.device is not None
    session.hold()
    hub.readings.keep(_change(hub, session, session.device.id, request))


def reply(hub: "Hub", session: "Session", request: requests.Send) -> None:
    """A message that answers another one. What the same client asks behind it waits."""
    assert session.device is not None
    session.hold()
    hub.readings.keep(_reply(hub, session, session.device.id, request))


async def _change(hub: "Hub", session: "Session", device: str, request: Changing) -> None:
    try:
        found = await _look_up(hub, session, request, (request.device, request.message))
        if session.is_ending:
            # The client asks again, wherever it is by then.
            return
        if isinstance(found, Refusal):
            session.refuse(request.id, found)
            session.looked()
        else:
            session.ask_and_answer(request.id, _draft(request, device, hub.time_ms(), found))
    finally:
        session.go_on()


async def _reply(hub: "Hub", session: "Session", device: str, request: requests.Send) -> None:
    assert request.reply is not None
    is_held_on = False
    try:
        found = await _look_up(hub, session, request, request.reply)
        if session.is_ending:
            return
        if not isinstance(found, Refusal) and found.room != request.room:
            found = Refusal("unknown_message")
        if isinstance(found, Refusal):
            session.refuse(request.id, found)
            session.looked()
            return
        draft = message_draft(request, device, hub.time_ms())
        if request.file is not None:
            is_held_on = send_with_file(hub, session, request, draft)
        else:
            session.ask_and_answer(request.id, draft)
    finally:
        if not is_held_on:
            session.go_on()


async def _look_up(
    hub: "Hub", session: "Session", request: Changing | requests.Send, target: Identity
) -> Target | Refusal:
    assert session.user is not None
    assert session.device is not None
    user, identity = session.user.id, (session.device.id, request.counter)
    adds = isinstance(request, requests.Edit | requests.React) and not hub.state.has_seen(*identity)

    def look() -> Target | Refusal:
        found = look_up(hub.store, hub.state, user, target, identity)
        if isinstance(found, Refusal) or not adds:
            return found
        return refusal_of_more(hub.store, hub.state, user, target) or found

    async def look_once() -> Target | Refusal:
        try:
            return await asyncio.to_thread(look)
        except Exception:
            _log.exception("the archive could not be read for a client")
            return Refusal("internal")

    return await certain(hub, session, look_once)


def _draft(request: Changing, device: str, now_ms: int, target: Target) -> Draft:
    about = target.room, request.device, request.message
    body: EditBody | DeleteBody | ReactBody
    match request:
        case requests.Edit():
            kind, body = "edit", EditBody(*about, request.text)
        case requests.Delete():
            kind, body = "delete", DeleteBody(*about, target.sha256)
        case requests.React():
            kind, body = "react", ReactBody(*about, request.emoji, request.is_on)
    return Draft(kind, device, request.counter, now_ms, _encode(body))
