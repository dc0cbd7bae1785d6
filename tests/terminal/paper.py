"""A printer for tests, what came out of it, and messages to print."""

from server.protocol.events import Message
from server.terminal.printing import Printer

NOON_MS = 1_700_000_000_000


class Paper:
    """A printer and what came out of it."""

    def __init__(self, *, is_json: bool = False, now_ms: int = NOON_MS) -> None:
        self.lines: list[str] = []
        self.notes: list[str] = []
        self.printer = Printer(
            out=self.lines.append,
            note_out=self.notes.append,
            is_json=is_json,
            now_ms=lambda: now_ms,
        )

    def text(self) -> str:
        return "\n".join([*self.notes, *self.lines])


def message(counter: int, text: str, name: str = "anna", room: str = "general") -> Message:
    return Message(
        index=counter,
        number=counter,
        room=room,
        user="u",
        name=name,
        device="d",
        counter=counter,
        time_ms=NOON_MS,
        text=text,
    )
