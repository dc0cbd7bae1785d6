"""From records to frames: what clients are told of accepted records.

Names are those of now: the archive holds ids. May run beside the engine.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from server.archive.erasing import ErasedBody
from server.archive.record import Header, Record
from server.protocol import events
from server.protocol.changes import AnyChange, deleted
from server.protocol.facts import FileFacts
from server.protocol.frames import encode_frame
from server.sessions.happenings import happening_of
from server.state.bodies import (
    DeleteBody,
    DeviceBody,
    EditBody,
    MessageBody,
    PasswordBody,
    ReactBody,
    RevokeBody,
)
from server.state.fold import decode_body
from server.state.mentions import mentions_in
from server.state.state import GENERAL, State, User

# A run ends at the latest with this many messages, or characters: a frame stays well below what clients take.
RUN_ROWS_MAX: Final = 512
RUN_CHARACTERS_MAX: Final = 256 * 1024


class Frame(NamedTuple):
    """What one audience is told, as bytes; `last_index` is that of its last record."""

    audience: str
    last_index: int
    data: bytes


def frames_of(
    told: Iterable[tuple[Record, str, int]],
    state: State,
    as_now: Callable[[events.Message], events.Message] | None = None,
) -> Iterator[Frame]:
    """The frames of (record, audience, message number) in order; 0 is the number of what is no message.

    Messages of one room that follow each other share a frame. Nothing comes of a record that the state
    knows nothing of any more: a merge has taken it out of the log, and it comes again. `as_now` gives what
    became of a message since.
    """
    run: list[events.Message] = []
    characters = 0
    for record, audience, number in told:
        message = message_of(record, number, state) if number else None
        is_full = len(run) >= RUN_ROWS_MAX or characters >= RUN_CHARACTERS_MAX
        if run and (message is None or message.room != run[-1].room or is_full):
            yield _ended(run)
            run, characters = [], 0
        if message is not None:
            message = as_now(message) if as_now is not None else message
            run.append(message)
            characters += message.characters
            continue
        event = None if number else _event_of(record, audience, state)
        if event is not None:
            yield Frame(audience, record.index, encode_frame(event))
    if run:
        yield _ended(run)


def message_of(record: Record, number: int, state: State) -> events.Message | None:
    """The message in a record; None when the state knows its writer no more (see `frames_of`)."""
    header = record.header
    body = decode_body(header.kind, record.body)
    user = state.user_of_device(header.device)
    if user is None:
        return None
    if isinstance(body, MessageBody):
        message = _message(header, number, body.room, user, body.text)
        if state.deleted and state.is_deleted(header.device, header.counter):
            return deleted(message)
        if body.file is None and body.reply is None and "@" not in body.text:
            return message
        return msgspec.structs.replace(
            message,
            file=None if body.file is None else FileFacts(*msgspec.structs.astuple(body.file)),
            reply=body.reply,
            mentions=mentions_in(body.text, body.room, state),
        )
    if isinstance(body, ErasedBody):
        return deleted(_message(header, number, body.room, user, ""))
    return None


def _message(header: Header, number: int, room: str, user: User, text: str) -> events.Message:
    return events.Message(
        header.index,
        number,
        room,
        user.id,
        user.name,
        header.device,
        header.counter,
        header.time_ms,
        text,
        has_left=user.has_left,
    )


def run_until(event: events.AnyEvent, last: int) -> Frame | None:
    """The part of a run up to an index; None when there is none, or it is no run."""
    run = event.messages if isinstance(event, events.Messages) else []
    kept = [message for message in run if message.index <= last]
    return _ended(kept) if kept else None


def without(run: events.Messages, device: str, counter: int) -> bytes:
    """The frame of a run in which a message was deleted."""
    told = (
        deleted(message) if (message.device, message.counter) == (device, counter) else message
        for message in run.messages
    )
    return _ended(list(told)).data


def _ended(run: list[events.Message]) -> Frame:
    senders, rows = events.as_run(run)
    told = events.Messages(
        room=run[0].room, senders=senders, rows=rows, files=events.files_in(run), extras=events.extras_in(run)
    )
    frame = encode_frame(told)
    return Frame(run[0].room, run[-1].index, frame)


def _event_of(record: Record, audience: str, state: State) -> events.AnyEvent | None:
    header = record.header
    body = decode_body(header.kind, record.body)
    user = state.user_of_device(header.device)
    if user is None:
        return None
    void = state.voids.get(record.id)
    if void is not None:
        return events.Withdrawn(
            index=record.index,
            by=record.id,
            kind=header.kind,
            code=void.code,
            arguments=void.arguments,
        )
    match body:
        case EditBody() | DeleteBody() | ReactBody():
            return change_of(record, state)
        case PasswordBody():
            return _account_changed("password_changed", record, header.device, state)
        case RevokeBody(device):
            return _account_changed("device_revoked", record, device, state)
        case DeviceBody() if audience != GENERAL:
            return _account_changed("device_added", record, header.device, state)
        case DeviceBody(_, name, _):
            wanted = name if user.name != name and header.origin is not None else ""
            return events.RoomJoined(
                index=record.index, room=GENERAL, user=user.id, name=user.name, wanted_name=wanted
            )
        case _:
            return happening_of(record, body, audience, state)


def change_of(record: Record, state: State) -> AnyChange | None:
    """What an accepted record changes of a message; None when it says nothing, or no more."""
    header = record.header
    user = state.user_of_device(header.device)
    body = decode_body(header.kind, record.body)
    match body:
        case EditBody(room, device, counter, text) if not state.is_deleted(device, counter):
            return events.MessageEdited(
                index=record.index,
                by=record.id,
                room=room,
                device=device,
                counter=counter,
                text=text,
                edited_ms=header.time_ms,
            )
        case DeleteBody(room, device, counter):
            return events.MessageDeleted(
                index=record.index, by=record.id, room=room, device=device, counter=counter
            )
        case ReactBody(room, device, counter, emoji, is_on) if user is not None:
            return events.ReactionChanged(
                index=record.index,
                by=record.id,
                room=room,
                device=device,
                counter=counter,
                user=user.id,
                name=user.name,
                emoji=emoji,
                is_on=is_on,
            )
        case _:
            return None


def _account_changed(what: str, record: Record, device: str, state: State) -> events.AccountChanged | None:
    found = state.devices.get(device)
    if found is None:
        return None
    return events.AccountChanged(index=record.index, by=record.id, what=what, device=device, name=found.name)
