"""What a case is: it measures something and yields rows; the registry holds all of them.

A row is one figure of *ours*; what it is beside the same figure of a peer is its ratio, ours by the
peer's, both measured in the same run. So a peer has no rows of its own.
"""

import enum
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from benchmarks.rival import MissingRivalError

T = TypeVar("T")


class Effort(enum.Enum):
    """How much is measured. Each case has its own numbers for each."""

    TINY = "tiny"  # Everything once, as small as can be: the tests.
    QUICK = "quick"  # All cases together in about a minute.
    FULL = "full"


class Row(msgspec.Struct, frozen=True):
    """One figure. (case, unit) is its name for ever: runs of different days are compared by it.

    Rows of one case stand in one line of the table; the first is the main one, whose ratios are shown.
    A unit with "/s" is a rate, more is better; of anything else less is better.
    """

    case: str
    value: float
    unit: str
    ratios: dict[str, float] = {}

    @property
    def is_rate(self) -> bool:
        return "/s" in self.unit

    def gain(self, peer: str) -> float:
        """How many times better than a peer: above 1 ours is ahead, whatever the unit."""
        return self.ratios[peer] if self.is_rate else 1 / self.ratios[peer]


def ratios(ours: float, peers: dict[str, float]) -> dict[str, float]:
    """Ours by each peer's, to three digits that mean something."""
    return {peer: float(f"{ours / theirs:.3g}") for peer, theirs in peers.items() if theirs}


@dataclass(slots=True)
class Bench:
    """What a running case is given: how much to do, where to say how far it is and what is missing."""

    effort: Effort
    say: Callable[[str], None] = lambda _text: None
    # Peers (or other things) that could not be measured, and how to get them; each is named once.
    missing: list[str] = field(default_factory=list)
    _place: str = ""
    _began_s: float = field(default_factory=time.monotonic)

    def tell(self, text: str) -> None:
        """Progress, one line: how long it runs, which case, what it does now."""
        elapsed_s = int(time.monotonic() - self._began_s)
        self.say(f"{elapsed_s // 60:2d}:{elapsed_s % 60:02d} {self._place}{text}")

    def miss(self, text: str) -> None:
        """Something is left out: say so now, and again under the table."""
        if text not in self.missing:
            self.missing.append(text)
            self.tell(text)

    def of_peer(self, name: str, measured: Callable[[], T]) -> T | None:
        """A peer's figure; a peer that is missing, or fails, is left out by name and costs only itself."""
        try:
            return measured()
        except MissingRivalError as error:
            self.miss(str(error))
        except Exception as error:
            self.miss(f"{name} failed: {error}")
        return None

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """Everything told meanwhile begins with this place."""
        before, self._place = self._place, f"{self._place}{place}: "
        try:
            yield
        finally:
            self._place = before


@dataclass(frozen=True, slots=True)
class Case:
    """`measure` yields the rows, as soon as each is known; what it starts it ends."""

    name: str  # one word or two with a hyphen: for --case and for the marks in docs/performance.md
    about: str  # what is measured, in one line
    measure: Callable[[Bench], Iterable[Row]]
