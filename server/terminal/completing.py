"""What may be meant by the beginning of a line: commands, conversations and people (pure)."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from server.protocol.names import name_key

_OF_ROOMS: Final = frozenset({"/room", "/leave", "/delete-room", "/mute", "/unmute"})
_OF_OTHER_ROOMS: Final = frozenset({"/join"})
_OF_PEOPLE: Final = frozenset(
    {
        *("/friend", "/accept", "/decline", "/unfriend", "/block", "/unblock"),
        *("/add", "/remove", "/admin", "/unadmin"),
    }
)
# A sign in an address (anna@example.org) names nobody.
_MENTION: Final = re.compile(r"(?<!\w)@([^@]*)\Z")
_SIGNS: Final = frozenset("@#+")
# The name of a person has few words: what follows an @ by more is text.
_MENTION_WORDS_MAX: Final = 4


class Known(msgspec.Struct, frozen=True):
    """Everything that has a name: `rooms` are those that one is in, `others` those that can be joined."""

    commands: list[str]
    rooms: list[str]
    others: list[str]
    people: list[str]


class Completions(msgspec.Struct, frozen=True):
    """What may stand in the place of the last `length` characters of a line."""

    length: int = 0
    texts: list[str] = []


def completions(line: str, known: Known) -> Completions:
    """For the line up to where one types."""
    if line.startswith("/") and not line.startswith("//"):
        word, space, argument = line.partition(" ")
        if not space:
            return Completions(len(word), [command for command in known.commands if command.startswith(word)])
        return _of_argument(word, argument, known)
    return _of_text(line, known)


def _of_argument(word: str, argument: str, known: Known) -> Completions:
    if word in _OF_ROOMS:
        return _among(argument, known.rooms)
    if word in _OF_OTHER_ROOMS:
        return _among(argument, known.others)
    if word in _OF_PEOPLE:
        return _among(argument, known.people)
    if word == "/msg":
        is_name = " " not in argument or (argument.startswith('"') and argument.count('"') == 1)
        return _quoted(argument, known.people) if is_name else _of_text(argument, known)
    if word == "/group":
        # The first one is the name of the group, which is new.
        beginning = _last_word(argument)
        is_first = not argument.removesuffix(beginning).strip()
        return Completions() if is_first else _quoted(beginning, known.people)
    return _of_text(argument, known)


def _of_text(text: str, known: Known) -> Completions:
    """A person that is mentioned."""
    found = _MENTION.search(text)
    if found is None or len(found[1].split()) > _MENTION_WORDS_MAX:
        return Completions()
    return _among(found[0], known.people)


def _among(beginning: str, names: Iterable[str]) -> Completions:
    """Those that begin so; the sign of a kind of conversation may stand before them."""
    sign = beginning[:1] if beginning[:1] in _SIGNS else ""
    wanted = name_key(beginning.removeprefix(sign))
    return Completions(
        len(beginning), [f"{sign}{name}" for name in names if name_key(name).startswith(wanted)]
    )


def _quoted(beginning: str, names: Iterable[str]) -> Completions:
    """The same where more follows: names with spaces stand in quotes."""
    found = _among(beginning.removeprefix('"'), names).texts
    return Completions(len(beginning), [f'"{name}" ' if " " in name else f"{name} " for name in found])


def _last_word(argument: str) -> str:
    """What is being typed: behind the last space, or the quote that has no end yet."""
    if argument.count('"') % 2:
        return argument[argument.rindex('"') :]
    return argument.rpartition(" ")[2]
