"""What is asked of the archive: requests that become records."""

from typing import TYPE_CHECKING

from server.protocol import requests
from server.protocol.errors import Refusal
from server.sessions.certainty import certain, knows_all
from server.sessions.changing import reply
from server.sessions.drafts import Archived, draft_of, message_draft
from server.sessions.files import send_with_file
from server.sessions.people import with_ids

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session


def send(hub: "Hub", session: "Session", request: requests.Send) -> None:
    """A message, with what it answers or carries. Most of all requests are this one."""
    assert session.device is not None
    if request.reply is not None:
        reply(hub, session, request)
        return
    draft = message_draft(request, session.device.id, hub.time_ms())
    if request.file is not None:
        send_with_file(hub, session, request, draft)
    else:
        session.ask_and_answer(request.id, draft)


def archive(hub: "Hub", session: "Session", request: Archived) -> None:
    """Something else that is to stand in the archive."""
    assert session.device is not None
    known = with_ids(hub.state, request)
    if isinstance(known, Refusal) and not knows_all(hub, session):
        session.hold()
        hub.readings.keep(_archive_later(hub, session, request))
    else:
        _ask(hub, session, request, known)


async def _archive_later(hub: "Hub", session: "Session", request: Archived) -> None:
    """The same once it is certain who is meant. What the same client asks behind it waits."""

    async def look() -> Archived | Refusal:
        return with_ids(hub.state, request)

    try:
        known: Archived | Refusal = await certain(hub, session, look)
        if not session.is_ending:
            _ask(hub, session, request, known)
    finally:
        session.go_on()


def _ask(hub: "Hub", session: "Session", request: Archived, known: Archived | Refusal) -> None:
    assert session.device is not None
    if isinstance(known, Refusal):
        session.refuse(request.id, known)
    else:
        draft, room = draft_of(known, session.device.id, hub.time_ms())
        session.ask_and_answer(request.id, draft, room)


def archive_checked(
    hub: "Hub", session: "Session", request: requests.ChangePassword | requests.Unregister
) -> None:
    """What the password is asked for once more: `password_checks` looks at it."""
    hub.password_checks.start_act(session, request)
