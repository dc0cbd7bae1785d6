"""A printer for tests, and what came out of it."""

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
            room="general",
        )

    def text(self) -> str:
        return "\n".join([*self.notes, *self.lines])
