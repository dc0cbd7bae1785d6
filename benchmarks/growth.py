"""Growth: what a message costs when there are ten and a hundred times as many people, rooms, messages.

As many people are online each time; what grows is what the server knows. So every factor should be 1.
"""

import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.archives import AUTHORS, Archive, folder_at
from benchmarks.cases import Bench, Case, Effort, Row
from benchmarks.closed_loop import loaded
from benchmarks.ours import OURS, server
from server.protocol import limits

SENDER, ONLINE = 0, 10
COUNTER = "counter"
WINDOW = 100
PEOPLE, ROOMS, MESSAGES = "people", "rooms", "messages in the archive"


@dataclass(frozen=True, slots=True)
class Size:
    """What the server knows before it starts."""

    people: int
    rooms: int
    messages: int


@dataclass(frozen=True, slots=True)
class Amount:
    """Where it begins, by how much each part grows, how often and for how long it is measured."""

    base: Size
    factors: tuple[int, ...]
    runs: int
    seconds: float


AMOUNTS = {
    Effort.TINY: Amount(Size(20, 2, 20), (2,), 1, 0.05),
    Effort.QUICK: Amount(Size(100, 10, 1_000), (10,), 2, 0.4),
    Effort.FULL: Amount(Size(100, 10, 10_000), (10, 100), 3, 2.0),
}


def measure(bench: Bench) -> Iterator[Row]:
    """A line for each part and factor, beside the same base."""
    amount = AMOUNTS[bench.effort]
    sizes = {"": amount.base}
    for factor in amount.factors:
        sizes |= {f"{number:,} {what}": size for what, number, size in grown(amount.base, factor)}
    costs: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as place:
        for number, (name, size) in enumerate(sizes.items()):
            bench.tell(f"making an archive of {name or 'the usual size'}")
            make(Path(place) / str(number), size)
        for turn in range(1, amount.runs + 1):
            for number, name in enumerate(sizes):
                cost_s = _cost_s(Path(place) / str(number), amount.seconds)
                costs.setdefault(name, []).append(cost_s)
                told = f"{cost_s * 1e6:,.0f} µs processor a message"
                bench.tell(f"run {turn} of {amount.runs}, {name or 'the usual size'}: {told}")
    base = amount.base
    around = f"{base.people:,} {PEOPLE}, {base.rooms:,} {ROOMS}, {base.messages:,} {MESSAGES}"
    medians = {name: statistics.median(some) for name, some in costs.items()}
    yield Row(f"cost a message with {around}", medians[""] * 1e6, "µs processor")
    for name, cost_s in medians.items():
        if name:
            yield Row(f"cost a message with {name}", cost_s / medians[""], "times that")
            yield Row(f"cost a message with {name}", cost_s * 1e6, "µs processor")


def grown(base: Size, factor: int) -> list[tuple[str, int, Size]]:
    """One part after the other, so many times as much of it."""
    return [
        (PEOPLE, base.people * factor, replace(base, people=base.people * factor)),
        (ROOMS, base.rooms * factor, replace(base, rooms=base.rooms * factor)),
        (MESSAGES, base.messages * factor, replace(base, messages=base.messages * factor)),
    ]


def make(path: Path, size: Size) -> None:
    """An archive of that size, with the state written down at its end."""
    assert size.people > max(ONLINE, AUTHORS), size
    with Archive(folder_at(path)) as archive:
        archive.write(archive.people(size.people))
        # Whoever makes them is in them, and stays away.
        archive.write(archive.rooms(size.rooms, size.people - 1 - size.rooms // limits.ROOMS_PER_PERSON_MAX))
        archive.write(archive.messages(size.messages))
        archive.snapshot()
        _remember(path, archive.next_counter(SENDER))


def _cost_s(path: Path, seconds: float) -> float:
    """The processor time of the server for a message to the few who are online, by itself for it."""
    first = int((path / COUNTER).read_text(encoding="ascii"))
    ours = replace(OURS, started=partial(server, path), message=lambda n: OURS.message(first + n - 1))
    with ours.started() as running, loaded(ours, running, ONLINE) as load:
        load.run(WINDOW, seconds / 3)
        cost_s = load.run(WINDOW, seconds).processor_s * ONLINE
        _remember(path, first + load.done)
    return cost_s


def _remember(path: Path, counter: int) -> None:
    """The counter that the sender's next message has: the archive outlives the server."""
    (path / COUNTER).write_text(str(counter), encoding="ascii")


GROWTH = Case("growth", "the cost of a message as people, rooms and history grow", measure)
