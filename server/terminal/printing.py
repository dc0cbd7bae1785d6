"""What a terminal client prints: messages on standard output, everything else beside them.

Nothing that came from others reaches the terminal with control or direction characters in it.
"""

import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec

from server.i18n.translation import _
from server.protocol.events import Message
from server.protocol.facts import SearchHit
from server.terminal.folding import columns, folded
from server.terminal.shown import Shown

# Escape sequences, directions and joiners that reorder a line, private and unassigned characters.
_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS: Final = frozenset("\u200c\u200d\ufe0f")
# Messages that were printed are remembered, so that none is printed again after a merge.
_ANSWERED_MAX: Final = 40
_REMEMBERED_MAX: Final = 20_000
_UNITS: Final = ("B", "KB", "MB", "GB")


def printable(text: str) -> str:
    """The text with a replacement character for whatever could steer a terminal."""
    return "".join(
        character if unicodedata.category(character) not in _UNSAFE or character in _JOINERS else "�"
        for character in text
    )


def _escaped(line: str) -> str:
    """The same JSON, with whatever could steer a terminal written as JSON's own escapes."""
    if line.isprintable():
        return line
    return "".join(
        character if character.isprintable() or character in _JOINERS else _escape(character)
        for character in line
    )


def _escape(character: str) -> str:
    # JSON writes what lies beyond 16 bits as two surrogates.
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def said_in(message: Message) -> str:
    """What a message says, or what stands in the place of a deleted one."""
    return _("(this message was deleted)") if message.is_deleted else message.text


def author_of(message: Message | SearchHit) -> str:
    """Who wrote it, as people read it."""
    name = printable(message.name)
    return _("{name} (left)").format(name=name) if message.has_left else name


def size_text(size: int) -> str:
    """A size as people say it."""
    value, unit = float(size), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit and value < 100 else f"{value:.0f} {_UNITS[unit]}"


class Printer:
    """Prints for people, or with `is_json` one notice a line for programs.

    `out` and `note_out` print one line each. `width` is that of the terminal, where lines are folded.
    """

    def __init__(
        self,
        *,
        out: Callable[[str], None],
        note_out: Callable[[str], None],
        is_json: bool,
        now_ms: Callable[[], int],
        width: Callable[[], int] = lambda: 0,
    ) -> None:
        self._out = out
        self._note_out = note_out
        self._is_json = is_json
        self._width = width
        # Wall clock, milliseconds.
        self._now_ms = now_ms
        self._is_here: Callable[[str], bool] = lambda _room: True
        self._label_of: Callable[[str], str] = str
        self._printed: OrderedDict[tuple[str, int], None] = OrderedDict()
        # Messages that carry a file, the first one by the number 1.
        self._with_file: list[Message] = []
        self.shown: Final = Shown()

    def talk_in(self, is_here: Callable[[str], bool], label_of: Callable[[str], str]) -> None:
        """Messages of another room than where the person is get its label in front."""
        self._is_here, self._label_of = is_here, label_of

    def notice(self, notice: msgspec.Struct) -> None:
        """For programs: everything, as it is."""
        if self._is_json:
            self._out(_escaped(msgspec.json.encode(notice).decode()))

    def messages(self, messages: Iterable[Message]) -> None:
        """For people: each message once."""
        for message in messages:
            identity = (message.device, message.counter)
            if identity not in self._printed:
                self._printed[identity] = None
                self.shown.add(message)
                self._number_file(message)
                if not self._is_json:
                    self._out(self.line(message))
            else:
                self.shown.renew(message)
        while len(self._printed) > _REMEMBERED_MAX:
            self._printed.popitem(last=False)

    def again(self, messages: Iterable[Message]) -> None:
        """For people: each of these, also when it was printed before."""
        for message in messages:
            if (message.device, message.counter) not in self._printed:
                self.messages([message])
            elif not self._is_json:
                self.shown.add(message)
                self._out(self.line(message))

    def with_file(self, number: int) -> Message | None:
        """The message whose file was shown with this number; for programs they count in the same way."""
        return self._with_file[number - 1] if 1 <= number <= len(self._with_file) else None

    def note(self, sentence: str) -> None:
        """For people: what happens beside the messages."""
        for line in sentence.splitlines():
            self._note_out(folded(f"* {printable(line)}", self._width(), 2))

    def listed(self, number: int, message: Message, mark: str = " ") -> None:
        """For people: a message by its number; with a `mark` when it is the one that was meant."""
        for line in self.line(message, before=f"*{mark}{number:4}  ").splitlines():
            self._note_out(line)

    def past(self, message: Message, mark: str = " ") -> None:
        """For people: a message that was looked up, by its number."""
        self._number_file(message)
        self.listed(self.shown.add_past(message), message, mark)

    def line(self, message: Message, before: str = "") -> str:
        """A message as people read it."""
        local = datetime.fromtimestamp(message.time_ms / 1000, tz=UTC).astimezone()
        today = datetime.fromtimestamp(self._now_ms() / 1000, tz=UTC).astimezone().date()
        time = local.strftime("%H:%M" if local.date() == today else "%Y-%m-%d %H:%M")
        is_here = self._is_here(message.room)
        room = "" if is_here else f" {printable(self._label_of(message.room))}"
        head = f"{before}{time}{room} {author_of(message)}: "
        lines = [printable(line) for line in said_in(message).splitlines()]
        if message.reply is not None:
            lines.insert(0, self._answered(message.reply))
        if message.edited_ms and lines:
            lines[-1] += " " + _("(edited)")
        if message.file is not None:
            number, name = self._file_number(message), printable(message.file.name)
            lines.append(f"[{number}] {name} ({size_text(message.file.size)})")
        if message.reactions:
            signs = (f"{printable(emoji)} {len(users)}" for emoji, users in message.reactions.items())
            lines.append("  ".join(signs))
        indent = columns(head)
        folds = [folded(f"{' ' * indent}{line}", self._width(), indent) for line in lines or [""]]
        return head + "\n".join(folds)[indent:]

    def _number_file(self, message: Message) -> None:
        if message.file is not None and not self._file_number(message):
            self._with_file.append(message)

    def _file_number(self, message: Message) -> int:
        identity = message.device, message.counter
        numbered = zip(range(len(self._with_file), 0, -1), reversed(self._with_file), strict=True)
        return next((number for number, one in numbered if (one.device, one.counter) == identity), 0)

    def _answered(self, identity: tuple[str, int]) -> str:
        """What a message answers, on one line."""
        answered = self.shown.find(self.shown.number_of(identity))
        if answered is None or answered.is_deleted:
            return "↳ …"
        text = " ".join(answered.text.split())
        short = text if len(text) <= _ANSWERED_MAX else f"{text[: _ANSWERED_MAX - 1]}…"
        return printable(f"↳ {answered.name}: {short}")
