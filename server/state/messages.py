"""Messages: who may write where, and how long."""

from typing import Final

import msgspec

from server.archive.erasing import ErasedBody
from server.archive.record import Draft, Header, Record
from server.protocol import limits
from server.protocol.errors import Refusal
from server.state.bodies import MessageBody
from server.state.files import judge_file
from server.state.state import State
from server.state.told import Told

_decode: Final = msgspec.msgpack.Decoder(MessageBody).decode


def judge_message(state: State, header: Header | Draft, body: MessageBody | ErasedBody) -> Refusal | None:
    """A member of the room may write what is not empty and not too long.

    What was accepted before a merge stays accepted (P6): it was allowed when it was written. So was what is
    erased by now.
    """
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    if body.room not in state.rooms:
        return Refusal("unknown_room", {"room": body.room[:64]})
    if header.origin is not None:
        return None
    if body.room not in user.rooms:
        return Refusal("not_a_member", {"room": body.room})
    if isinstance(body, ErasedBody):
        return None
    if body.file is not None:
        refusal = judge_file(state.files, user.id, body.file)
        if refusal is not None:
            return refusal
        return judge_text(body.text, may_be_empty=True)
    return judge_text(body.text)


def judge_text(text: str, *, may_be_empty: bool = False) -> Refusal | None:
    """What a message may say."""
    if not text.strip() and not may_be_empty:
        return Refusal("empty_message")
    if len(text) > limits.MESSAGE_CHARACTERS_MAX:
        return Refusal("message_too_long", {"limit": limits.MESSAGE_CHARACTERS_MAX})
    return None


def found_in(text: str, file_name: str) -> str:
    """What a message is found by: its text and, on a line of its own, the name of its file."""
    return f"{text}\n{file_name}" if file_name else text


def text_of(record: Record) -> tuple[str, str] | None:
    """The room of a message and what it is found by; None when it is none, or has no text any more."""
    try:
        body = _decode(record.body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None
    return body.room, found_in(body.text, body.file.name if body.file is not None else "")


def fold_message(state: State, header: Header, body: MessageBody | ErasedBody) -> Told:
    """The running number of messages grows by one."""
    state.number += 1
    state.marks.wrote(body.room, header.index)
    sha256, size = _file_of(body)
    if sha256 and not state.is_deleted(header.device, header.counter):
        person = state.devices[header.device].user
        state.files.add(sha256, body.room, person, size)
    return Told(audience=body.room, number=state.number)


def _file_of(body: MessageBody | ErasedBody) -> tuple[str, int]:
    if isinstance(body, ErasedBody):
        return body.sha256, body.size
    return ("", 0) if body.file is None else (body.file.sha256, body.file.size)
