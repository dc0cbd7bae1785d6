"""An event loop on virtual time: the io thread of a pretended process, for the real sessions to run on."""

import asyncio
import inspect
from asyncio import events
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

if TYPE_CHECKING:
    from tests.simulation.process import Process

_Result = TypeVar("_Result")

# When so much was begun, what has ended is forgotten.
_BEGUN_MAX: Final = 50
# How long a read of the archive takes in a worker thread at most (s).
_WORK_S: Final = 0.004


class IoLoop:
    """What sessions use of a loop, and no more. It ends, and stands still, with its process."""

    def __init__(self, process: "Process") -> None:
        self._process: Final = process
        self._clock: Final = process.world.clock
        self._held: list[Callable[[], None]] = []
        self._begun: list[Coroutine[Any, Any, Any]] = []
        # For those who ask for a whole loop.
        self._loop: Final[Any] = self

    def run(self, action: Callable[[], None]) -> None:
        """Do something as this loop; later, while the process stands still."""
        process = self._process
        if process.is_dead:
            return
        if process.is_paused:
            self._held.append(action)
            return
        before = events._get_running_loop()  # noqa: PLC2701, RUF100 - this is a loop
        events._set_running_loop(self._loop)
        try:
            action()
        finally:
            events._set_running_loop(before)

    def go_on(self) -> None:
        """The process was resumed."""
        held, self._held = self._held, []
        for action in held:
            self.run(action)

    def end(self) -> None:
        """The life is over: what was to begin never does, and what was under way tidies up now, unheard.

        Otherwise it would do so when its memory is collected, in the middle of something else.
        """
        begun, self._begun = self._begun, []
        before = events._get_running_loop()  # noqa: PLC2701, RUF100 - this is a loop
        events._set_running_loop(self._loop)
        try:
            for coro in begun:
                _give_up(coro)
        finally:
            events._set_running_loop(before)

    # --- what asyncio asks of a loop

    def time(self) -> float:
        """Virtual time (s)."""
        return self._clock.now

    def get_debug(self) -> bool:
        """No."""
        return False

    def is_running(self) -> bool:
        """As long as the process."""
        return not self._process.is_dead

    def is_closed(self) -> bool:
        """When the process is dead."""
        return self._process.is_dead

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Any = None) -> asyncio.Handle:
        """At this time, behind what is due already."""
        handle = asyncio.Handle(callback, args, self._loop, context)
        self._clock.after(0.0, lambda: self._run_handle(handle))
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        """After a time."""
        handle = asyncio.TimerHandle(self._clock.now + delay, callback, args, self._loop, context)
        self._clock.after(delay, lambda: self._run_handle(handle))
        return handle

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        """At a time."""
        return self.call_later(max(0.0, when - self._clock.now), callback, *args, context=context)

    def create_future(self) -> "asyncio.Future[Any]":
        """A future of this loop."""
        return asyncio.Future(loop=self._loop)

    def create_task(
        self,
        coro: Coroutine[Any, Any, _Result] | Generator[Any, None, _Result],
        *,
        name: str | None = None,
        context: Any = None,
    ) -> "asyncio.Task[_Result]":
        """A task of this loop."""
        assert isinstance(coro, Coroutine)
        if self._process.is_dead:
            _give_up(coro)
            never: asyncio.Task[_Result] = cast("Any", self.create_future())
            never.cancel()
            return never
        if len(self._begun) > _BEGUN_MAX:
            self._begun = [
                one for one in self._begun if inspect.getcoroutinestate(one) != inspect.CORO_CLOSED
            ]
        self._begun.append(coro)
        return asyncio.Task(coro, loop=self._loop, name=name, context=context)

    def run_in_executor(
        self,
        executor: Any,
        func: Callable[..., _Result],
        *args: Any,
    ) -> "asyncio.Future[_Result]":
        """What a worker thread does happens a moment later, all at once."""
        done = self.create_future()

        def work() -> None:
            if not done.cancelled():
                try:
                    done.set_result(func(*args))
                except Exception as error:
                    done.set_exception(error)

        # Not drawn: sessions start their reads in the order of a set.
        delay_s = self._clock.now * 10_000 % 1 * _WORK_S
        self._clock.after(delay_s, lambda: self.run(work))
        return done

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """A defect of what runs here ends the run; what was under way at the end of a life is none."""
        error = context.get("exception")
        if error is not None and not self._process.is_dead:
            self._clock.after(0.0, lambda: _fail(error))

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is looked at when it is due."""

    def _run_handle(self, handle: asyncio.Handle) -> None:
        if not handle.cancelled():
            self.run(handle._run)


def _give_up(coro: Coroutine[Any, Any, Any]) -> None:
    """It never goes on; nor does what it was given to wait for, when it never began."""
    state = inspect.getcoroutinestate(coro)
    if state == inspect.CORO_CREATED:
        for inner in inspect.getcoroutinelocals(coro).values():
            if inspect.iscoroutine(inner):
                _give_up(inner)
    if state in (inspect.CORO_CREATED, inspect.CORO_SUSPENDED):
        coro.close()


def _fail(error: BaseException) -> None:
    raise error
