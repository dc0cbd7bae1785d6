"""The engine's thread: drains the inbox, runs a round, hands the output on; it never waits for I/O."""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Final

from server.archive.disk import DamagedDiskError
from server.archive.disk_thread import DiskThread
from server.engine.engine import Engine
from server.engine.round import EngineInput, Output, Stop
from server.network.clock import Clock
from server.replication import steps
from server.state.state import State

_log = logging.getLogger(__name__)

# Silence and slowness are measured in tenths of seconds.
_TICK_S: Final = 0.05
# One round's worth: beyond it the answers of the first would wait for the last.
_INPUTS_MAX: Final = 4_096


class EngineThread:
    """The only owner of the engine; other threads `put` and are told through `deliver`.

    `deliver(output)` is called on this thread and must only queue. `failed` is told when the engine
    itself broke: the process must end, for nothing can be promised any more.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        disk: DiskThread,
        *,
        deliver: Callable[[Output], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._engine: Final = engine
        self._clock: Final = clock
        self._disk: Final = disk
        self._deliver: Final = deliver
        self._failed: Final = failed
        self._inbox: Final[queue.SimpleQueue[tuple[EngineInput, ...]]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    @property
    def state(self) -> State:
        """The folded state: look-ups only, from any thread."""
        return self._engine.state

    @property
    def copies_index(self) -> int:
        """Everything up to here is known to be on both disks."""
        return self._engine.copies_index

    @property
    def durable_index(self) -> int:
        """How far the own disk reaches."""
        return self._engine.replica.durable

    @property
    def known_end(self) -> int:
        """Where the log ends as far as is known, committed or not."""
        return self._engine.replica.known_end

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def put(self, *given: EngineInput) -> None:
        """Give the engine something, from any thread; what comes together costs one change of thread."""
        self._inbox.put(given)

    def stop(self, timeout_s: float = 10.0) -> None:
        """Do what was put so far, leave a snapshot, end."""
        if self._thread.is_alive():
            self.put(Stop())
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            ticked_at = 0.0
            while True:
                inputs = self._drain()
                now = self._clock.monotonic_s()
                if not inputs or now - ticked_at >= _TICK_S:
                    ticked_at = now
                    inputs.append(steps.Tick())
                self._hand_on(self._engine.handle(inputs, now, self._clock.wall_ms()))
                if any(isinstance(given, Stop) for given in inputs):
                    return
        except DamagedDiskError:
            # Whoever must know was told when it was found.
            _log.critical("the archive is damaged", extra={"is_told": True})
        except Exception as error:
            _log.exception("the engine failed")
            self._failed(error)

    def _drain(self) -> list[EngineInput]:
        try:
            inputs = [*self._inbox.get(timeout=_TICK_S)]
        except queue.Empty:
            return []
        while not self._inbox.empty() and len(inputs) < _INPUTS_MAX:
            inputs += self._inbox.get()
        return inputs

    def _hand_on(self, output: Output) -> None:
        # The disk first: its sync takes longest, and everything else goes on meanwhile.
        for ticket, write in output.writes:
            self._disk.write(ticket, write)
        for load in output.loads:
            self._disk.load(load.first, load.bytes_max)
        if output.has_news:
            self._deliver(output)
