"""From records to events: what clients are told of an accepted record."""

from server.archive.record import Record
from server.protocol import events
from server.state.bodies import MemberBody, MessageBody, RoomBody
from server.state.fold import decode_body
from server.state.state import GENERAL, State


def event_of(record: Record, number: int, state: State) -> events.AnyEvent:
    """The event of an accepted record; `number` is its message number, 0 for what is no message.

    Names are those of now: the archive holds ids. Looks up only what never leaves the state, so it
    may run beside the engine.
    """
    header = record.header
    body = decode_body(header.kind, record.body)
    user = state.user_of_device(header.device)
    assert user is not None, f"record {record.index} was accepted from nobody"
    match body:
        case MessageBody(room, text):
            return events.Message(
                index=record.index,
                number=number,
                room=room,
                user=user.id,
                name=user.name,
                device=header.device,
                counter=header.counter,
                time_ms=header.time_ms,
                text=text,
            )
        case RoomBody(room, name):
            return events.RoomCreated(index=record.index, room=room, name=name, user=user.id)
        case MemberBody(room):
            return events.RoomJoined(index=record.index, room=room, user=user.id, name=user.name)
        case _:
            return events.RoomJoined(index=record.index, room=GENERAL, user=user.id, name=user.name)
