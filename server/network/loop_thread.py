"""The event loop in a thread of its own, and the one way for other threads to reach it.

A burst of calls wakes the loop once: calls go into a deque, and only the first of a burst writes
to the loop's wake-up socket. Waking once a message instead costs a system call each.
"""

import asyncio
import collections
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, TypeVarTuple, Unpack

from server.i18n.marking import marked

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A loop of uvloop where that installs (not on Windows), else of asyncio."""
    try:
        import uvloop  # noqa: PLC0415  (not there on Windows)
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


class LoopThread:
    """An asyncio loop in a named thread. Make it, `start()` it, and `stop()` it exactly once at the end."""

    def __init__(
        self, name: str, loop_factory: Callable[[], asyncio.AbstractEventLoop] = new_event_loop
    ) -> None:
        self._loop = loop_factory()
        self._loop.set_exception_handler(_log_unhandled)
        self._inbox: collections.deque[tuple[Callable[..., object], tuple[Any, ...]]] = collections.deque()
        self._is_woken = False
        self._has_stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, for code that runs on it; other threads use `call` and `run_sync`."""
        return self._loop

    @property
    def is_current(self) -> bool:
        """Whether the caller is on this loop's thread."""
        return threading.current_thread() is self._thread

    def start(self) -> None:
        """Start the thread; calls made before wait for it."""
        self._thread.start()

    def call(self, function: Callable[[Unpack[_Arguments]], object], *arguments: *_Arguments) -> None:
        """Run a function on the loop, soon, in the order of the calls. Any thread; returns at once.

        After `stop()` it is dropped: at a shutdown the last news of other threads have no reader.
        """
        if self._has_stopped:
            return
        self._inbox.append((function, arguments))
        # The flag is read after the append, and the loop clears it before it counts the inbox: a call
        # that sees the flag up is therefore always counted. Two threads at once wake twice, no harm.
        if not self._is_woken:
            self._is_woken = True
            self._wake(self._drain)

    def run_sync(self, coroutine: Coroutine[Any, Any, _Result], timeout_s: float) -> _Result:
        """Run a coroutine on the loop and wait for its result. Any thread but the loop's own.

        Raises what the coroutine raises, and TimeoutError (the coroutine is cancelled).
        """
        if self.is_current:
            coroutine.close()
            raise RuntimeError("run_sync on the loop's own thread would wait for itself")
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(timeout_s)
        except TimeoutError:
            future.cancel()
            raise

    def stop(self, timeout_s: float = 5.0) -> None:
        """Run the calls made so far, cancel the tasks, end the thread, close the loop. Idempotent."""
        if self._has_stopped:
            return
        self._has_stopped = True
        if not self._thread.is_alive():
            self._loop.close()
            return
        self._wake(self._drain_and_stop)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            _log.error(marked("The thread %s did not end within %s s."), self._thread.name, timeout_s)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._end_tasks()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            asyncio.set_event_loop(None)
            self._loop.close()

    def _end_tasks(self) -> None:
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    def _wake(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:
            # Another thread stopped the loop between our look and our call.
            if not self._loop.is_closed():
                raise

    def _drain_and_stop(self) -> None:
        self._drain()
        self._loop.stop()

    def _drain(self) -> None:
        self._is_woken = False
        # Only what is there now: a function that calls again must not keep the loop from its sockets.
        for _ in range(len(self._inbox)):
            function, arguments = self._inbox.popleft()
            try:
                function(*arguments)
            except Exception:
                _log.exception("a call on the loop thread %s failed", self._thread.name)


def _log_unhandled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    _log.error("%s", context.get("message", "unhandled error in a loop"), exc_info=context.get("exception"))
