"""A pseudo terminal, as a person sits before one."""

import contextlib
import os
import pty
import termios
from collections.abc import Iterator

from tests.waiting import wait_until


class Screen:
    """What was written to the terminal, and what is typed on it."""

    def __init__(self) -> None:
        self.near, self.far = pty.openpty()
        # Wide, so that a sentence that is waited for stands on one line.
        termios.tcsetwinsize(self.far, (40, 300))
        os.set_blocking(self.near, False)
        self._seen = b""

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self.near, text.encode())

    def hang_up(self) -> None:
        """Nobody sits there any more: the near end is closed, and reading and writing at the far one fail."""
        os.close(self.near)
        self.near = os.open(os.devnull, os.O_RDWR | os.O_NONBLOCK)

    def read(self) -> str:
        """All that is on it so far."""
        with contextlib.suppress(BlockingIOError, OSError):
            while part := os.read(self.near, 65536):
                self._seen += part
                # A prompt asks where the cursor is; a terminal that never answers is warned about.
                if b"\x1b[6n" in part:
                    os.write(self.near, b"\x1b[1;1R")
        return self._seen.decode(errors="replace")

    def wait_for(self, text: str) -> None:
        """Until this stands on it."""
        wait_until(lambda: text in self.read(), what=f"{text!r} on the screen")


@contextlib.contextmanager
def open_screen() -> Iterator[Screen]:
    """One that is closed afterwards."""
    screen = Screen()
    try:
        yield screen
    finally:
        os.close(screen.near)
        os.close(screen.far)
