"""From records to events: what clients are told of an accepted record."""

from server.archive.record import Record
from server.protocol import events
from server.state.bodies import DeviceBody, MemberBody, MessageBody, RoomBody
from server.state.fold import decode_body
from server.state.state import GENERAL, State


def event_of(record: Record, number: int, state: State) -> events.AnyEvent | None:
    """The event of a record that is told; `number` is its message number, 0 for what is no message.

    Names are those of now: the archive holds ids. May run beside the engine. None when the state
    knows nothing of it any more: a merge has taken it out of the log, and it comes again.
    """
    header = record.header
    body = decode_body(header.kind, record.body)
    user = state.user_of_device(header.device)
    if user is None:
        return None
    void = state.voids.get(record.id)
    if void is not None:
        return events.Withdrawn(
            index=record.index,
            device=header.device,
            counter=header.counter,
            kind=header.kind,
            code=void.code,
            arguments=void.arguments,
        )
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
            found = state.rooms.get(room)
            if found is None:
                return None
            wanted = name if found.name != name else ""
            return events.RoomCreated(
                index=record.index, room=room, name=found.name, user=user.id, wanted_name=wanted
            )
        case MemberBody(room):
            return events.RoomJoined(index=record.index, room=room, user=user.id, name=user.name)
        case DeviceBody(_, name, _):
            wanted = name if user.name != name and header.origin is not None else ""
            return events.RoomJoined(
                index=record.index, room=GENERAL, user=user.id, name=user.name, wanted_name=wanted
            )
        case _:
            return None
