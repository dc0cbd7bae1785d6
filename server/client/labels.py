"""Names and times in what a server tells, made fit for a screen: nothing in them steers or breaks it.

Our servers let only clean names in (`server.protocol.names`); here the server itself is not trusted.
"""

from typing import Final, TypeVar

from msgspec import Struct, structs

from server.client.notices import AnyNotice, Arrived
from server.protocol.facts import FileFacts
from server.protocol.messages import Message
from server.protocol.names import clean_file_name

# Twice the longest name that our servers allow.
LABEL_CHARACTERS_MAX: Final = 64
# The first day of 9999: no calendar here goes beyond that year, in whichever time zone.
TIME_MS_MAX: Final = 253_370_764_800_000

# What people or servers call something; the rest is text that is shown as text, or no text at all.
_NAMES: Final = frozenset({"address", "chat", "mode", "name", "role", "server", "topic", "wanted_name"})
_Struct = TypeVar("_Struct", bound=Struct)


def label(text: str) -> str:
    """The text without line breaks, control and direction characters, cut to a bearable length."""
    if len(text) > LABEL_CHARACTERS_MAX:
        text = text[: LABEL_CHARACTERS_MAX - 1] + "…"
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def labelled(notice: AnyNotice) -> AnyNotice:
    """The notice with fit names and times, for the app."""
    if isinstance(notice, Arrived) and all(map(_is_fit, notice.messages)):
        # As nearly always; messages are many.
        return notice
    return _fit(notice)


def _fit(thing: _Struct) -> _Struct:
    """The same with every name and time in it made fit, however deep it lies."""
    fields = structs.asdict(thing)
    fit = {name: _fit_value(name, value) for name, value in fields.items()}
    return thing if fit == fields else structs.replace(thing, **fit)


def _fit_value(name: str, value: object) -> object:
    match value:
        case FileFacts():
            return structs.replace(value, name=clean_file_name(value.name))
        case str() if name in _NAMES:
            return label(value)
        case int() if name.endswith("_ms"):
            return min(max(value, 0), TIME_MS_MAX)
        case Struct():
            return _fit(value)
        case list() | tuple():
            return type(value)(_fit_value("", each) for each in value)
        case _:
            return value


def _is_fit(message: Message) -> bool:
    is_fit = 0 <= message.time_ms <= TIME_MS_MAX and label(message.name) == message.name
    return is_fit and message.file is None
