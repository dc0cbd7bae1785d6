"""Lines on their way to the terminal: printed at once, or above a prompt by whoever draws that."""

import sys
from collections import deque
from collections.abc import Callable
from typing import Final, TextIO

import click


class LinesOut:
    """`out` is for messages, `note` for all else; any thread. Their order is kept.

    Who draws a prompt sets `wake`, which is called for each line, and then calls `flush`.
    """

    def __init__(self) -> None:
        self._waiting: Final[deque[tuple[TextIO, str]]] = deque()
        # As they are before a prompt puts its own ones in their place.
        self._streams: Final = (sys.stdout, sys.stderr)
        self.wake: Callable[[], None] | None = None

    def out(self, line: str) -> None:
        """A message."""
        self._put(self._streams[0], line)

    def note(self, line: str) -> None:
        """Something beside the messages."""
        self._put(self._streams[1], line)

    def flush(self) -> None:
        """Print what waits. One thread."""
        while self._waiting:
            stream, line = self._waiting.popleft()
            click.echo(line, file=stream)

    def _put(self, stream: TextIO, line: str) -> None:
        self._waiting.append((stream, line))
        if self.wake is None:
            self.flush()
        else:
            self.wake()
