"""What a person or a program types: lines from a pipe or a file, and the prompt of a terminal."""

import os
import threading
from collections.abc import Callable
from typing import Final

import msgspec

from server.terminal.printing import printable

_READ_BYTES: Final = 64 * 1024
# Far above the longest message: a "line" beyond it is no text, and is refused as one that is too long.
# So often the line below the prompt is drawn again.
_REFRESH_S: Final = 0.5
_LINE_BYTES_MAX: Final = 1024 * 1024


class Typed(msgspec.Struct, frozen=True):
    """Lines, without their ends; bytes that are no UTF-8 are lone surrogates in them."""

    lines: list[str]


class Ended(msgspec.Struct, frozen=True):
    """No more lines will come."""


class Left(msgspec.Struct, frozen=True):
    """The person wants to be out, now (Ctrl-C)."""


Input = Typed | Ended | Left


class PipeReader:
    """Reads lines from a file descriptor on a thread of its own, as many at once as there are."""

    def __init__(self, descriptor: int, put: Callable[[Input], None]) -> None:
        self._descriptor = descriptor
        self._put = put
        # A daemon: a read that waits for ever must not keep the process.
        self._thread = threading.Thread(target=self._read, name="standard-input", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def _read(self) -> None:
        rest = b""
        while data := os.read(self._descriptor, _READ_BYTES):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > _LINE_BYTES_MAX:
                lines, rest = [*lines, rest], b""
            if lines:
                self._put(Typed([_text(line) for line in lines]))
        if rest:
            self._put(Typed([_text(rest)]))
        self._put(Ended())


class TerminalPrompt:
    """The prompt at the bottom of a terminal; messages are printed above it."""

    def __init__(
        self,
        put: Callable[[Input], None],
        wants_secret: Callable[[], bool],
        *,
        place: Callable[[], str],
        progress: Callable[[], str] = lambda: "",
    ) -> None:
        """`place` is where the next line goes; `progress` is shown below the prompt, when there is any."""
        from prompt_toolkit import PromptSession  # noqa: PLC0415 (heavy, and only for terminals)
        from prompt_toolkit.filters import Condition  # noqa: PLC0415

        self._put = put
        self._place = place
        self._has_closed = False
        # The typed line vanishes: it is printed as a message once it is one.
        self._session: PromptSession[str] = PromptSession(
            erase_when_done=True,
            is_password=Condition(wants_secret),
            bottom_toolbar=lambda: progress() or None,
            refresh_interval=_REFRESH_S,
        )

    def run(self) -> None:
        """Ask for lines until `close`; on the main thread, where a terminal's signals arrive."""
        from prompt_toolkit.patch_stdout import patch_stdout  # noqa: PLC0415

        with patch_stdout():
            while not self._has_closed:
                self._put(self._ask())

    def close(self) -> None:
        """End `run`, from another thread."""
        self._has_closed = True
        loop = self._session.app.loop
        if loop is not None:
            loop.call_soon_threadsafe(self._interrupt)

    def _end_if_closed(self) -> None:
        # `close` may have come before there was anything to interrupt.
        if self._has_closed:
            self._session.app.exit(exception=EOFError())

    def _interrupt(self) -> None:
        if self._session.app.is_running:
            self._session.app.exit(exception=EOFError())

    def _text(self) -> str:
        return f"[{printable(self._place())}] > "

    def _ask(self) -> Input:
        try:
            # Nothing but Enter is an answer too, where something was asked.
            return Typed(self._session.prompt(self._text, pre_run=self._end_if_closed).splitlines() or [""])
        except EOFError:
            return Ended()
        except KeyboardInterrupt:
            return Left()


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", errors="surrogateescape")
