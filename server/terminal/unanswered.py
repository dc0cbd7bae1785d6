"""Which command each question comes from, so that one that has no answer can be named."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from server.client.notices import Answered, AnyNotice, QuestionFailed, Stored
from server.i18n.translation import _

_COMMAND_CHARACTERS: Final = 60


class Unanswered:
    """`last_ticket` gives the ticket of the question that was asked last; tickets rise."""

    def __init__(self) -> None:
        self._commands: Final[dict[int, str]] = {}

    @contextmanager
    def asked_by(self, command: str, last_ticket: Callable[[], int]) -> Iterator[None]:
        """What is asked meanwhile is asked by this command; nothing: by the client itself."""
        first = last_ticket() + 1
        yield
        if command:
            self._commands.update(dict.fromkeys(range(first, last_ticket() + 1), command))

    def answered(self, notice: AnyNotice) -> str:
        """The command whose question this answers, and which may ask more now; "" for none."""
        match notice:
            case Answered(ticket=ticket) | Stored(ticket=ticket) | QuestionFailed(ticket=ticket):
                return self._commands.pop(ticket, "")
            case _:
                return ""


def unanswered_text(command: str) -> str:
    """Said when nobody knows whether a command was done."""
    if not command:
        return _("There was no answer in time.")
    line = " ".join(command.split())
    short = line if len(line) <= _COMMAND_CHARACTERS else f"{line[: _COMMAND_CHARACTERS - 1]}…"
    text = _(
        "There was no answer in time. It is not known whether this was done, so type it again: {command}"
    )
    return text.format(command=short)
