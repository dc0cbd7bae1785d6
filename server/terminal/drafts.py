"""What was begun and not sent: kept on disk for each conversation, and there again when one comes back.

A message that is only begun is no matter of the servers. A command is no draft.
"""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from server.client.exchange import refusal_of
from server.i18n.translation import _
from server.protocol import limits
from server.terminal.half_line import is_command
from server.terminal.outbox_file import OutboxFile
from server.terminal.printing import Printer
from server.terminal.rooms import Conversations
from server.terminal.sentences import sentence_of

# Whoever types one of these goes somewhere else, or away.
_LEAVES: Final = frozenset(
    {"/room", "/join", "/leave", "/create", "/group", "/quit", "/signout", "/unregister"}
)
# Of what is longer than any message, so much may still be made shorter.
_CHARACTERS_MAX: Final = 4 * limits.MESSAGE_CHARACTERS_MAX
_LISTED_CHARACTERS: Final = 60


class DraftList(msgspec.Struct, frozen=True, tag_field="notice", tag="drafts"):
    """For programs: the ids of conversations, and what was begun there."""

    drafts: list[tuple[str, str]]


class Drafts:
    """Its commands take what stands behind their word.

    A person is offered what was begun when coming to a conversation: the line begins with it. From then
    on what is sent from there takes its place. What was laid aside meanwhile waits until it is offered again.
    """

    def __init__(
        self,
        outbox: OutboxFile,
        conversations: Conversations,
        printer: Printer,
        now_ms: Callable[[], int],
        *,
        is_interactive: bool,
    ) -> None:
        self._outbox: Final = outbox
        self._conversations: Final = conversations
        self._printer: Final = printer
        self._now_ms: Final = now_ms
        self._is_interactive: Final = is_interactive
        self._begun = outbox.begun()
        # Where the person talks, or talked last.
        self._room = ""
        # What the next line begins with: the room, and the text.
        self._offered: tuple[str, str] | None = None
        # The room whose draft stands in the line.
        self._in_line = ""
        self.has_failed = False
        self._mark()
        self.look()

    # The commands.

    def draft(self, argument: str) -> None:
        """`/draft TEXT`: keep it, unsent; nothing: bring it back; `""`: drop it."""
        room = self._conversations.room
        if not self._conversations.is_somewhere():
            return
        if not argument:
            self._show(room)
        elif argument == '""':
            self._keep(room, "")
            self._printer.note(_("Nothing is kept unsent here any more."))
        else:
            self._take(room, argument)

    def list_all(self, _argument: str) -> None:
        """`/drafts`."""
        self._printer.notice(DraftList(drafts=list(self._begun.items())))
        lines = [
            f"{self._conversations.rooms.label_of(room)}: {_shortened(text)}"
            for room, text in self._begun.items()
        ]
        self._printer.note("\n".join(lines) or _("Nothing is kept unsent."))

    def _take(self, room: str, text: str) -> None:
        refusal = refusal_of(text)
        if refusal is not None:
            self.has_failed = True
            self._printer.note(f"{sentence_of(refusal.code, refusal.arguments)}.")
            return
        self._in_line = ""
        self._keep(room, text)
        self._printer.note(_("Kept, and not sent: /draft brings it back."))

    def _show(self, room: str) -> None:
        text = self._begun.get(room, "")
        self._printer.notice(DraftList(drafts=[(room, text)] if text else []))
        self._printer.note(
            _("not sent yet: {text}").format(text=text) if text else _("Nothing is kept unsent here.")
        )
        self._offer(room)

    # What becomes of the line.

    def next_line(self, *, is_empty: bool) -> str:
        """What the line begins with, once; where something stands in it already, nothing. Any thread."""
        offered, self._offered = self._offered, None
        if offered is None or not is_empty:
            return ""
        self._in_line = offered[0]
        return offered[1]

    def look(self) -> None:
        """The person may have gone to another conversation."""
        room = self._conversations.room
        if room and room != self._room:
            self._room = room
            self._in_line = ""
            self._offer(room)

    def typed(self, line: str, cleared: str) -> None:
        """A line was typed; `cleared` stood there before, and had to make place for it."""
        if not cleared or not is_command(line):
            return
        was_in_line = self._in_line == self._room
        if was_in_line or line.split(" ", 1)[0] in _LEAVES:
            self.left(cleared)
            self._in_line = ""

    def left(self, line: str) -> None:
        """The person goes; this stood in the line."""
        if not self._room or not line.strip() or is_command(line):
            return
        before = self._begun.get(self._room, "")
        is_beside = before not in {"", line} and self._in_line != self._room
        text = f"{before}\n{line}" if is_beside else line
        # A terminal may give bytes that are no text.
        self._keep(self._room, text.encode(errors="replace").decode()[:_CHARACTERS_MAX])

    def ends(self, room: str, texts: Iterable[str], *, is_by_command: bool) -> bool:
        """Whether what was begun in a conversation ends with these messages."""
        begun = self._begun.get(room, "")
        if not begun:
            return False
        is_from_line = self._in_line == room and not is_by_command
        return not self._is_interactive or is_from_line or begun in "\n".join(texts)

    def sent(self, room: str, *, is_end: bool) -> None:
        """Messages are on their way."""
        if is_end:
            del self._begun[room]
            self._in_line = "" if self._in_line == room else self._in_line
            self._mark()
        elif room == self._room:
            self._offer(room)

    def _offer(self, room: str) -> None:
        text = self._begun.get(room, "")
        self._offered = (room, text) if text and self._is_interactive else None

    def _keep(self, room: str, text: str) -> None:
        self._outbox.keep_begun(room, text, self._now_ms())
        self._begun = self._outbox.begun()
        self._mark()

    def _mark(self) -> None:
        self._conversations.rooms.begun = frozenset(self._begun)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LISTED_CHARACTERS else f"{line[: _LISTED_CHARACTERS - 1]}…"
