"""Names and times in what a server tells, made fit for a screen: nothing in them steers or breaks it.

Our servers let only clean names in (`server.protocol.names`); here the server itself is not trusted.
"""

from typing import Final, TypeVar

from msgspec import structs

from server.client.notices import (
    AccountChanged,
    AnyNotice,
    Arrived,
    Connected,
    DeviceList,
    HistoryPage,
    LatencyMeasured,
    MemberList,
    OtherChat,
    RoomsChanged,
    ServersChanged,
    StandbyChanged,
)
from server.protocol.events import Message
from server.protocol.facts import DeviceFacts, MemberFacts, RoomFacts, ServerFacts

# Twice the longest name that our servers allow.
LABEL_CHARACTERS_MAX: Final = 64
# The first day of 9999: no calendar here goes beyond that year, in whichever time zone.
TIME_MS_MAX: Final = 253_370_764_800_000

_Named = TypeVar("_Named", DeviceFacts, MemberFacts, RoomFacts)


def label(text: str) -> str:
    """The text without line breaks, control and direction characters, cut to a bearable length."""
    if len(text) > LABEL_CHARACTERS_MAX:
        text = text[: LABEL_CHARACTERS_MAX - 1] + "…"
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def labelled(notice: AnyNotice) -> AnyNotice:
    """The notice with fit names, for the app."""
    match notice:
        case Connected():
            return structs.replace(
                notice, server=label(notice.server), name=label(notice.name), chat=label(notice.chat)
            )
        case Arrived() | HistoryPage():
            return structs.replace(notice, messages=list(map(_readable, notice.messages)))
        case ServersChanged():
            return structs.replace(notice, servers=_shown(notice.servers), mode=label(notice.mode))
        case RoomsChanged():
            return structs.replace(notice, rooms=_named(notice.rooms))
        case MemberList():
            return structs.replace(notice, members=_named(notice.members))
        case StandbyChanged() | LatencyMeasured():
            return structs.replace(notice, server=label(notice.server))
        case DeviceList():
            return structs.replace(notice, devices=_dated(_named(notice.devices)))
        case AccountChanged():
            return structs.replace(notice, name=label(notice.name))
        case OtherChat():
            return structs.replace(notice, chat=label(notice.chat))
        case _:
            return notice


def _dated(devices: list[DeviceFacts]) -> list[DeviceFacts]:
    return [structs.replace(d, since_ms=min(max(d.since_ms, 0), TIME_MS_MAX)) for d in devices]


def _named(things: list[_Named]) -> list[_Named]:
    return [structs.replace(thing, name=label(thing.name)) for thing in things]


def _readable(message: Message) -> Message:
    name, time_ms = label(message.name), min(max(message.time_ms, 0), TIME_MS_MAX)
    if name == message.name and time_ms == message.time_ms:
        # As nearly always; messages are many.
        return message
    return structs.replace(message, name=name, time_ms=time_ms)


def _shown(servers: list[ServerFacts]) -> list[ServerFacts]:
    return [
        structs.replace(facts, name=label(facts.name), address=label(facts.address), role=label(facts.role))
        for facts in servers
    ]
