"""Editing, deleting, reacting and replying from the terminal, and what others did of it."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from server.client.exchange import refusal_of
from server.client.notices import AnyNotice, Happened, QuestionFailed, Stored
from server.i18n.translation import _
from server.network.client_links import ClientLinks
from server.protocol import events, limits
from server.protocol.changes import AnyChange
from server.protocol.emoji import is_emoji
from server.protocol.events import Message
from server.protocol.requests import Delete, Edit, React
from server.terminal.sentences import sentence_of
from server.terminal.shown import Shown
from server.terminal.words import number_in

_LAST: Final = 20
# What programs say in place of a number: the device and the counter of a message.
_IDENTITY: Final = re.compile(r"([0-9a-f]{32}):([1-9][0-9]{0,15})")
_SHORT: Final = {
    "+1": "👍", "-1": "👎", "heart": "❤️", "joy": "😂", "smile": "😄", "cry": "😢", "tada": "🎉",
    "eyes": "👀", "fire": "🔥", "clap": "👏", "ok": "👌", "pray": "🙏", "rocket": "🚀", "thinking": "🤔",
    "wave": "👋", "check": "✅",
}  # fmt: skip


class Changing:
    """Its commands take what stands behind their word. `show` prints a message by its number, `reply` sends
    a text that answers a message, `note` tells the person; of a room that `is_quiet` nothing is told."""

    def __init__(
        self,
        shown: Shown,
        *,
        next_counter: Callable[[], int],
        show: Callable[[int, Message], None],
        reply: Callable[[str, tuple[str, int]], None],
        note: Callable[[str], None],
        is_quiet: Callable[[str], bool],
    ) -> None:
        self._is_quiet: Final = is_quiet
        self._shown: Final = shown
        self._next_counter: Final = next_counter
        self._show: Final = show
        self._reply: Final = reply
        self._note: Final = note
        self._links: ClientLinks | None = None
        self._asked: Final[set[int]] = set()
        # Whether something that was wanted was not done.
        self.has_failed = False

    @property
    def is_waiting(self) -> bool:
        """Whether something has no answer yet."""
        return bool(self._asked)

    def connect(self, links: ClientLinks) -> None:
        """Where questions go."""
        self._links = links

    def list_last(self, argument: str) -> None:
        """`/last N`: the newest messages with their numbers, as they are now."""
        count = number_in(argument)
        for number, message in self._shown.newest(_LAST if count is None else min(count, 1_000)):
            self._show(number, message)

    def edit(self, argument: str) -> None:
        """`/edit N text`."""
        target, text = self._target(argument)
        if target is None:
            return
        refusal = refusal_of(text)
        if refusal is not None:
            self._fail(sentence_of(refusal.code, refusal.arguments))
            return
        device, message = target
        self._ask(Edit(id=1, counter=self._next_counter(), device=device, message=message, text=text))

    def delete(self, argument: str) -> None:
        """`/delete N`."""
        target, _rest = self._target(argument)
        if target is not None:
            device, message = target
            self._ask(Delete(id=1, counter=self._next_counter(), device=device, message=message))

    def react(self, argument: str) -> None:
        """`/react N :emoji:`; with a - before it, it is taken away."""
        target, said = self._target(argument)
        if target is None:
            return
        is_on = not said.startswith("-") or said == "-1"
        emoji = _emoji(said if is_on else said[1:].strip())
        if not emoji:
            self._fail(
                _("Which emoji? /react 3 👍 or /react 3 :heart: puts it there, /react 3 -👍 takes it away.")
            )
            return
        device, message = target
        counter = self._next_counter()
        self._ask(React(id=1, counter=counter, device=device, message=message, emoji=emoji, is_on=is_on))

    def reply(self, argument: str) -> None:
        """`/reply N text`."""
        target, text = self._target(argument)
        if target is None:
            return
        refusal = refusal_of(text)
        if refusal is not None:
            self._fail(sentence_of(refusal.code, refusal.arguments))
            return
        self._reply(text, target)

    def hear(self, notice: AnyNotice) -> None:
        """Something was answered, or happened, perhaps."""
        match notice:
            case QuestionFailed(ticket) if ticket in self._asked:
                self._asked.discard(ticket)
                self.has_failed = True
            case Stored(ticket=ticket):
                self._asked.discard(ticket)
            case Happened(
                events.MessageEdited() | events.MessageDeleted() | events.ReactionChanged() as event
            ):
                self._note(self._sentence(event))
            case Happened(events.PersonLeft(user=user)):
                self._shown.left(user)
            case _:
                pass

    def _sentence(self, event: AnyChange) -> str:
        found = self._shown.change(event)
        if found is None:
            # It was never on this screen.
            return ""
        number, message = found
        if self._is_quiet(message.room):
            return ""
        match event:
            case events.MessageEdited(text=text):
                return _("message {number} of {name} now says: {text}").format(
                    number=number, name=message.name, text=" ".join(text.split())
                )
            case events.MessageDeleted():
                return _("message {number} of {name} was deleted").format(number=number, name=message.name)
            case events.ReactionChanged(name=who, emoji=emoji, is_on=True):
                return _("{who} put {emoji} to message {number} of {name}").format(
                    who=who, emoji=emoji, number=number, name=message.name
                )
            case events.ReactionChanged(name=who, emoji=emoji):
                return _("{who} took {emoji} away from message {number} of {name}").format(
                    who=who, emoji=emoji, number=number, name=message.name
                )

    def _target(self, argument: str) -> tuple[tuple[str, int] | None, str]:
        """The message that is meant, and what stands behind its number."""
        word, _space, rest = argument.partition(" ")
        match = _IDENTITY.fullmatch(word)
        if match is not None and int(match[2]) <= limits.INTEGER_MAX:
            return (match[1], int(match[2])), rest.strip()
        message = self._shown.find(number_in(word) or 0)
        if message is None:
            self._fail(_("Which message? /last shows the last ones with their numbers."))
            return None, ""
        return (message.device, message.counter), rest.strip()

    def _ask(self, question: Edit | Delete | React) -> None:
        assert self._links is not None
        self._asked.add(self._links.ask(question))

    def _fail(self, sentence: str) -> None:
        self.has_failed = True
        self._note(sentence)


def _emoji(said: str) -> str:
    """The emoji itself, by what it is called between colons, or nothing."""
    name = said.strip(":") if len(said) > 2 and said[0] == said[-1] == ":" else ""
    if name or said in {"+1", "-1"}:
        try:
            said = _SHORT.get(name or said) or unicodedata.lookup(name.replace("_", " "))
        except KeyError:
            return ""
    return said if is_emoji(said) else ""
