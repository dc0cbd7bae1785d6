"""The conversations that a terminal client knows: found by name or number, and listed for people (pure)."""

from collections.abc import Iterable, Mapping
from typing import Final

from server.i18n.translation import _, ngettext
from server.protocol import limits
from server.protocol.facts import RoomFacts
from server.protocol.names import name_key
from server.terminal.words import number_in

# What stands before a name, by the kind of conversation; everything else is a room, with #.
_SIGNS: Final = {"private": "@", "group": "+"}
_KINDS: Final = ("general", "public", "group", "private")


class RoomList:
    """As told by the server last, and as it was listed last."""

    def __init__(self) -> None:
        self._rooms: dict[str, RoomFacts] = {}
        # Names of all that we heard of or made: also of one that we are in no more.
        self._names: dict[str, str] = {}
        self._signs: dict[str, str] = {}
        # The ids of the last list, as they were numbered.
        self._listed: list[str] = []
        # The ids of those that are to be quiet.
        self.muted: Final[set[str]] = set()
        # The ids of those where something was begun and not sent.
        self.begun: frozenset[str] = frozenset()

    def learn(self, rooms: Iterable[RoomFacts]) -> None:
        """All of them, as they are now."""
        self._rooms = {facts.room: facts for facts in rooms}
        self._names |= {facts.room: facts.name for facts in self._rooms.values()}
        self._signs |= {facts.room: _sign(facts) for facts in self._rooms.values()}

    def call(self, room: str, name: str, kind: str = "public") -> None:
        """This is its name, until more is known of it."""
        self._names[room] = name
        self._signs[room] = _SIGNS.get(kind, "#")

    def get(self, room: str) -> RoomFacts | None:
        """What is known of one."""
        return self._rooms.get(room)

    def own(self, kind: str = "") -> list[RoomFacts]:
        """Those that we are in, of one kind or of all."""
        return [room for room in self._rooms.values() if room.is_member and kind in {"", room.kind}]

    def others(self) -> list[RoomFacts]:
        """Those that can be joined."""
        return [room for room in self._rooms.values() if not room.is_member]

    def name_of(self, room: str) -> str:
        """What one is called."""
        return self._names.get(room, room)

    def label_of(self, room: str) -> str:
        """Its name with a sign of its kind."""
        return self.label(room, self.name_of(room))

    def label(self, room: str, name: str) -> str:
        """The same with a name that it had, or will have."""
        return f"{self._signs.get(room, '#')}{name}"

    def found(self, name: str, among: Iterable[RoomFacts]) -> list[str]:
        """The ids of those that this stands for: a number of the last list, an id, or a name.

        With @ before it it is a person, with + a group, with # neither a person nor, where a room has the
        name, a group. A group gives way also without a sign: anybody may call one as another conversation
        is called, and put us into it.
        """
        ids = {facts.room: facts for facts in among}
        number = number_in(name) or 0
        if 1 <= number <= len(self._listed) and self._listed[number - 1] in ids:
            return [self._listed[number - 1]]
        if name in ids:
            return [name]
        sign = name[:1] if name[:1] in {"@", "+", "#"} else ""
        wanted = name_key(name.removeprefix(sign))
        called = [
            facts for facts in ids.values() if name_key(facts.name) == wanted and _may_mean(sign, facts.kind)
        ]
        others = [facts for facts in called if facts.kind != "group"]
        return [facts.room for facts in others or called]

    def lines(self, current: str, unread: Mapping[str, int]) -> list[str]:
        """All of them for people, the own ones first, with their numbers; `unread` messages by id."""
        rooms = [*sorted(self.own(), key=_order), *sorted(self.others(), key=_order)]
        self._listed = [facts.room for facts in rooms]
        return [
            self._line(number, facts, current, unread.get(facts.room, 0))
            for number, facts in enumerate(rooms, 1)
        ]

    def _line(self, number: int, facts: RoomFacts, current: str, unread: int) -> str:
        mark = "→" if facts.room == current else " "
        topic = f"  {facts.topic}" if facts.topic else ""
        about = _about(facts)
        if facts.room in self.muted:
            about.append(_("muted"))
        elif unread:
            about.append(unread_text(unread))
        if facts.room in self.begun:
            about.append(_("unsent draft"))
        return f"{mark}{number:3}  {self.label_of(facts.room)}  ({', '.join(about)}){topic}"


def _sign(facts: RoomFacts) -> str:
    return _SIGNS.get(facts.kind, "#")


def _may_mean(sign: str, kind: str) -> bool:
    """Whether a conversation of this kind may be meant by a name with this sign, or with none."""
    if sign == "#":
        return kind != "private"
    return not sign or _SIGNS.get(kind) == sign


def unread_text(count: int) -> str:
    """How much somebody has not read; from a thousand on servers do not count."""
    number = f"{count}+" if count >= limits.UNREAD_COUNT_MAX else str(count)
    return ngettext("{count} unread message", "{count} unread messages", count).format(count=number)


def _about(facts: RoomFacts) -> list[str]:
    kinds = {
        "general": _("for everybody"),
        "public": _("public"),
        "group": _("group"),
        "private": _("private"),
    }
    about = [kinds.get(facts.kind, facts.kind)]
    if facts.kind != "private":
        about.append(ngettext("{count} member", "{count} members", facts.members).format(count=facts.members))
    if not facts.is_member:
        about.append(_("not joined"))
    if facts.has_left:
        about.append(_("has left this chat"))
    if facts.is_member and facts.is_administrator:
        about.append(_("you administer it"))
    return about


def _order(facts: RoomFacts) -> tuple[int, str]:
    return _KINDS.index(facts.kind) if facts.kind in _KINDS else len(_KINDS), name_key(facts.name)
