"""Commands that talk over sockets: an event loop for as long as they run, and Ctrl-C in charge of it."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, Final, TypeVar

from server.network.loop_thread import LoopThread

_Result = TypeVar("_Result")
# A wait without a limit cannot be interrupted on Windows.
_LOOK_S: Final = 0.5
_CANCEL_S: Final = 10.0


class StoppedError(Exception):
    """The person pressed Ctrl-C, or the process was told to end."""


class CommandLoop:
    """A loop in a thread, and whether somebody wants the command to end."""

    def __init__(self) -> None:
        self._thread: Final = LoopThread("command")
        self._thread.start()
        self._stop: Final = threading.Event()

    def run(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        """The coroutine's result or exception; `StoppedError` when the person wants no more of it."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._thread.loop)
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                return future.result(_LOOK_S)
            if future.done():
                return future.result()
        future.cancel()
        raise StoppedError

    def pause(self, time_s: float) -> None:
        """Let time pass; `StoppedError` as above."""
        if self._stop.wait(time_s):
            raise StoppedError

    def stop(self) -> None:
        """Ask for the end, from a signal handler or any thread."""
        self._stop.set()

    def close(self) -> None:
        """Cancel what still runs, and end the thread."""
        self._thread.stop(_CANCEL_S)


@contextlib.contextmanager
def command_loop() -> Iterator[CommandLoop]:
    """A loop that Ctrl-C and SIGTERM end."""
    loop = CommandLoop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: loop.stop()) for number in numbers]
    try:
        yield loop
    finally:
        loop.close()
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
