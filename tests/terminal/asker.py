"""Where a terminal's errands put their questions, for tests that answer by hand."""

from typing import Any, TypeVar

from server.protocol.request import Request
from server.protocol.requests import Cursor

R = TypeVar("R", bound=Request)


class Asker:
    """Takes questions as the links do, and gives each a ticket: 1, 2, …"""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.marks: list[tuple[Cursor, dict[str, int]]] = []
        self.typed: list[str] = []

    def ask(self, question: Request) -> int:
        self.asked.append(question)
        return len(self.asked)

    def mark(self, cursor: Cursor, read: dict[str, int]) -> None:
        self.marks.append((cursor, read))

    def typing(self, room: str) -> None:
        self.typed.append(room)

    def last(self, kind: type[R]) -> R:
        """The newest question, of this kind."""
        found = self.asked[-1]
        assert isinstance(found, kind)
        return found


def as_links(asker: Asker) -> Any:
    """It has the part of the links that an errand uses."""
    return asker
