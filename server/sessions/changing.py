"""Requests about a message that stands in the archive: it is looked up before they go there.

The verdict is given by the state alone, which holds no messages. So the server that takes the request sees
that the message is there, and writes its room, and the file that it carries, into the record.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from server.archive.erasing import CHANGES, ErasedBody, target_of
from server.archive.record import Draft
from server.archive.store import StoreReader
from server.protocol import requests
from server.protocol.errors import Refusal
from server.sessions.drafts import message_draft
from server.sessions.files import send_with_file
from server.state.bodies import DeleteBody, EditBody, MessageBody, ReactBody
from server.state.fold import decode_body
from server.state.permissions import is_readable

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session

_log = logging.getLogger(__name__)

Changing = requests.Edit | requests.Delete | requests.React
# (device, counter).
Identity = tuple[str, int]

_encode: Final = msgspec.msgpack.Encoder().encode


class Target(NamedTuple):
    """What must be known of a message; `sha256` is that of its file, `reply` what it answers."""

    room: str
    sha256: str
    is_erased: bool
    reply: tuple[str, int] | None = None


def find_message(reader: StoreReader, device: str, counter: int) -> Target | None:
    """The message (device, counter), or None. Any thread. Raises `DiskError`."""
    index = reader.index_of_id(device, counter)
    record = None if index is None else reader.record(index)
    if record is None or record.id != (device, counter):
        return None
    match decode_body(record.header.kind, record.body):
        case MessageBody(room=room, file=file, reply=answered):
            return Target(room, file.sha256 if file else "", is_erased=False, reply=answered)
        case ErasedBody(room=room, sha256=sha256) if record.header.kind == "message":
            return Target(room, sha256, is_erased=True)
        case _:
            return None


def is_about(reader: StoreReader, request: Identity, target: Identity) -> bool:
    """Whether what is archived under the id of a request is about this message. Raises `DiskError`."""
    index = reader.index_of_id(*request)
    record = None if index is None else reader.record(index)
    if record is None or record.id != request:
        return False
    if record.header.kind in CHANGES:
        return target_of(record.header.kind, record.body) == target
    found = find_message(reader, *request)
    return found is not None and found.reply == target


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
        found = await _look_up(hub, session, (request.device, request.message), (device, request.counter))
        if session.is_ending:
            # The client asks again, wherever it is by then.
            return
        if isinstance(found, Refusal):
            session.refuse(request.id, found)
        else:
            session.ask_and_answer(request.id, _draft(request, device, hub.time_ms(), found))
    finally:
        session.go_on()


async def _reply(hub: "Hub", session: "Session", device: str, request: requests.Send) -> None:
    assert request.reply is not None
    is_held_on = False
    try:
        found = await _look_up(hub, session, request.reply, (device, request.counter), request.room)
        if session.is_ending:
            return
        if isinstance(found, Refusal):
            session.refuse(request.id, found)
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
    hub: "Hub", session: "Session", target: Identity, request: Identity, room: str | None = None
) -> Target | Refusal:
    """What is there of a message, in this room if one is given.

    What somebody may not read is not there: whether it was, where, and whether it was deleted, is for those
    who may. Only what was asked before is answered as it was then.
    """
    assert session.user is not None
    try:
        found = await asyncio.to_thread(find_message, hub.store, *target)
        if found is not None and not is_readable(hub.state, found.room, session.user.id):
            is_known = await asyncio.to_thread(is_about, hub.store, request, target)
            found = found if is_known else None
    except Exception:
        _log.exception("the archive could not be read for a client")
        return Refusal("internal")
    if found is None or target in hub.state.voids or room not in (None, found.room):
        return Refusal("unknown_message")
    is_deleted = found.is_erased or hub.state.is_deleted(*target)
    if is_deleted and not hub.state.has_seen(*request):
        return Refusal("deleted_message")
    # Asked again, it is answered as it was then.
    return found


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
