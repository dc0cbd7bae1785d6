"""A conversation as a file: text, JSON, or one page of HTML (pure).

Names and texts are other people's: in text and HTML nothing of them steers a terminal or a line. In HTML
all of it is escaped besides, and the page loads and runs nothing, whatever stands in it.
"""

import html
from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Final, Protocol

import msgspec

from server.i18n.translation import _
from server.protocol.events import Message
from server.terminal.printing import author_of, printable

_STYLE: Final = (
    "body{font:16px/1.45 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1f24;background:#fff}"
    "h1{font-size:1.4rem}h2{font-size:1rem;color:#59636e;border-bottom:1px solid #d1d9e0;margin:2rem 0 .5rem}"
    "article{margin:.6rem 0;break-inside:avoid}header{font-size:.9rem}time{color:#59636e;margin-left:.5rem}"
    "p{margin:.1rem 0;white-space:pre-wrap;overflow-wrap:anywhere}.note{color:#59636e;font-size:.9rem}"
    "@media print{body{margin:0;max-width:none}}"
)


class Heading(msgspec.Struct, frozen=True):
    """What stands above a conversation; the times (Unix, ms) are shown in `zone`.

    `room` is its name, for programs; `label` is that with a sign of its kind, for people.
    """

    chat: str
    room: str
    label: str
    exported_ms: int
    zone: tzinfo

    def at(self, time_ms: int) -> datetime:
        """A time as the reader's clock showed it."""
        return datetime.fromtimestamp(time_ms / 1000, tz=self.zone)


class Format(Protocol):
    """One kind of file: its beginning, messages in order, in as many calls as it takes, and its end."""

    def begin(self, heading: Heading) -> str:
        """Once, first."""

    def messages(self, messages: Iterable[Message]) -> str:
        """The next ones."""

    def end(self) -> str:
        """Once, last."""


class TextFormat:
    """A line a message; the further lines of one are indented."""

    def begin(self, heading: Heading) -> str:
        """The names, and when it was made."""
        self._heading = heading
        return f"{_title(heading)}\n{_made(heading)}\n\n"

    def messages(self, messages: Iterable[Message]) -> str:
        """Day, time, name and text."""
        return "".join(map(self._line, messages))

    def end(self) -> str:
        """Nothing more."""
        return ""

    def _line(self, message: Message) -> str:
        time = self._heading.at(message.time_ms).strftime("%Y-%m-%d %H:%M")
        lines = [printable(line) for line in message.text.splitlines()]
        lines += [f"[{printable(note)}]" for note in _notes(message)]
        return f"{time} {author_of(message)}: " + "\n    ".join(lines or [""]) + "\n"


class JsonFormat:
    """One object; each message is an object as programs know it, on a line of its own."""

    def begin(self, heading: Heading) -> str:
        """Up to the list of messages."""
        self._is_first = True
        facts = {"chat": heading.chat, "room": heading.room, "exported_ms": heading.exported_ms}
        return msgspec.json.encode(facts).decode().removesuffix("}") + ',"messages":['

    def messages(self, messages: Iterable[Message]) -> str:
        """With what separates them."""
        parts = []
        for message in messages:
            parts += ["\n" if self._is_first else ",\n", msgspec.json.encode(message).decode()]
            self._is_first = False
        return "".join(parts)

    def end(self) -> str:
        """Close the list and the object."""
        return "\n]}\n"


class HtmlFormat:
    """One page that needs nothing else, to be read and printed."""

    def begin(self, heading: Heading) -> str:
        """The head, with a rule that nothing may be loaded or run."""
        self._heading = heading
        self._day = ""
        title = html.escape(_title(heading))
        return (
            '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
            '<meta http-equiv="Content-Security-Policy"'
            " content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
            f'<h1 dir="auto">{title}</h1>\n<p>{html.escape(_made(heading))}</p>\n'
        )

    def messages(self, messages: Iterable[Message]) -> str:
        """By days."""
        return "".join(map(self._article, messages))

    def end(self) -> str:
        """Close the page."""
        return "</body>\n</html>\n"

    def _article(self, message: Message) -> str:
        at = self._heading.at(message.time_ms)
        day = at.strftime("%Y-%m-%d")
        head = f"<h2>{day}</h2>\n" if day != self._day else ""
        self._day = day
        text = "\n".join(map(_safe, message.text.splitlines()))
        shown = f'<p dir="auto">{text}</p>\n' if text else ""
        shown += "".join(f'<p class="note" dir="auto">{_safe(note)}</p>\n' for note in _notes(message))
        return (
            f'{head}<article>\n<header><b dir="auto">{html.escape(author_of(message))}</b>'
            f'<time datetime="{at.isoformat(timespec="seconds")}">{at:%H:%M}</time></header>\n'
            f"{shown}</article>\n"
        )


FORMATS: Final[dict[str, type[Format]]] = {"text": TextFormat, "json": JsonFormat, "html": HtmlFormat}
# What a file's name says about its format; any other one is text.
ENDINGS: Final = {".json": "json", ".html": "html", ".htm": "html"}


def _title(heading: Heading) -> str:
    return printable(_("{room} in {chat}").format(room=heading.label, chat=heading.chat))


def _made(heading: Heading) -> str:
    day = heading.at(heading.exported_ms).strftime("%Y-%m-%d %H:%M")
    return _("Exported on {day}. The times are those of {zone}.").format(
        day=day, zone=heading.at(heading.exported_ms).tzname() or "UTC"
    )


def _notes(message: Message) -> list[str]:
    """What there is to say of a message beside its text."""
    notes = [_("deleted")] if message.is_deleted else []
    notes += [message.file.name] if message.file is not None else []
    notes += [_("edited")] if message.edited_ms else []
    return notes + [f"{emoji} {len(users)}" for emoji, users in message.reactions.items()]


def _safe(text: str) -> str:
    return html.escape(printable(text))
