"""A retired machine whose server has ended: it visits the one that goes on until all is handed over.

The real conversation, the real archive of belongings, and the real answers, over a pretended connection:
first in, first out, and broken off as soon as something does not arrive.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from server.archive.record import Draft
from server.archive.store import StoreReader
from server.cluster.handover import HandingOver
from server.cluster.inheritance import Inheritance
from server.cluster.peer_frames import HandedOver, HandOver, Known
from server.engine.handover import Belongings
from tests.simulation.checkers.retired import check_may_go

if TYPE_CHECKING:
    from tests.simulation.machine import Machine
    from tests.simulation.process import Process

# The product's second is shorter here, so that a run meets more.
_AGAIN_S: Final = 0.25


class Retiring:
    """One machine's. Killed and begun again it begins anew, as nothing is remembered."""

    def __init__(self, machine: "Machine") -> None:
        self._machine: Final = machine
        self.is_done = False
        # What the other side refused for good.
        self.refused: set[tuple[str, int]] = set()
        self._belongings: Belongings | None = None
        self._visit: _Visit | None = None

    def begin(self) -> None:
        """The program starts, or its server has just ended."""
        if self._belongings is None and not self.is_done:
            self._machine.world.note(self._machine.name, "has all that it holds handed over")
            self._belongings = Belongings(StoreReader(self._machine.disk.durable))
            self._knock(self._belongings)

    def end(self) -> None:
        """It is killed, or done."""
        self._belongings = None
        if self._visit is not None:
            self._visit.is_open = False

    def _knock(self, belongings: Belongings) -> None:
        """Again and again: visit, or go on with what has no answer yet."""
        if belongings is not self._belongings:
            return
        world, visit = self._machine.world, self._visit
        world.clock.after(_AGAIN_S, partial(self._knock, belongings))
        if visit is not None and visit.is_there:
            visit.go_on()
            return
        host = world.by_name[self._machine.peer].process
        if host is not None and not host.is_paused:
            conversation = HandingOver(belongings.spans, belongings.last_index, self._behind)
            self._visit = _Visit(self._machine, host, conversation)
            self._visit.begin()

    def _behind(self, fork: int) -> Iterator[Draft]:
        """What stands there is taken out of the log, so to speak."""
        world = self._machine.world
        world.history.cut(world.clock.now, self._machine.name, fork)
        assert self._belongings is not None
        return self._belongings.behind(fork)

    def done(self) -> None:
        """It says that its data folder may be removed."""
        self._machine.world.note(self._machine.name, "has handed over all that it held")
        self._machine.world.history.seen["retired servers done"] += 1
        self.is_done = True
        self.end()
        check_may_go(self._machine, self.refused)


class _Visit:
    """One connection. To the host's `Inheritance` it is the channel."""

    def __init__(self, machine: "Machine", host: "Process", conversation: HandingOver) -> None:
        self._machine: Final = machine
        self._host: Final = host
        self._conversation: Final = conversation
        self._arrives_at = {machine.name: 0.0, host.name: 0.0}
        self.is_open = True
        assert host.front is not None
        self._inheritance: Final = Inheritance(host.front.hub)
        self._channel: Final[Any] = self

    @property
    def is_there(self) -> bool:
        """Whether both ends have it still."""
        return self.is_open and not self._host.is_dead

    def begin(self) -> None:
        """The host has heard who is there."""
        self._travel(self._machine.name, lambda: self._on_loop(self._inheritance.begin))

    def go_on(self) -> None:
        """Some time has passed."""
        self._say(self._conversation.ask_again())

    def send(self, message: Known | HandedOver) -> None:
        """From the host."""
        self._travel(self._host.name, partial(self._hear, message))

    def _hear(self, message: Known | HandedOver) -> None:
        world, conversation = self._machine.world, self._conversation
        if isinstance(message, Known):
            world.note(self._machine.name, "hears of a log", message.last_index, message.copied_index)
            self._say(conversation.known(message))
        else:
            if message.code and message.code not in ("unknown", "disk_full", "shutting_down"):
                self._machine.retiring.refused.add((message.device, message.counter))
            world.history.seen["requests handed over"] += 1
            self._say(conversation.answered(message))
        if conversation.is_done:
            self._machine.retiring.done()

    def _say(self, frames: list[HandOver]) -> None:
        for frame in frames:
            self._machine.world.note(self._machine.name, "hands over", [d.id for d in frame.drafts])
            self._travel(self._machine.name, partial(self._on_loop, self._take, frame))

    def _take(self, channel: Any, frame: HandOver) -> None:
        self._inheritance.take(channel, frame)

    def _on_loop(self, take: Callable[..., None], *given: HandOver) -> None:
        assert self._host.front is not None
        self._host.front.loop.run(partial(take, self._channel, *given))

    def _travel(self, source: str, arrive: Callable[[], None]) -> None:
        network = self._machine.world.network
        at = max(self._arrives_at[source], network.clock.now + network.delay(source))
        self._arrives_at[source] = at
        network.clock.at(at, partial(self._arrive, arrive))

    def _arrive(self, arrive: Callable[[], None]) -> None:
        if self._host.is_dead or self._machine.world.network.is_apart(self._machine.name, self._host.name):
            self.is_open = False
        if self.is_open:
            arrive()
