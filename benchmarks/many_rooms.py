"""Many rooms: a steady stream of messages, each for one of many rooms; and one room of the same size."""

import random
import re
import select
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.acknowledgement import at
from benchmarks.archives import Archive, folder_at, room
from benchmarks.cases import Bench, Case, Effort, Row, ratios
from benchmarks.closed_loop import plan_of
from benchmarks.ours import OURS, message, server
from benchmarks.people import device
from benchmarks.receivers import READ_BYTES, connected
from benchmarks.rival import TEXT, Running
from server.state.state import GENERAL

ONE_ROOM = "one room as large"
SEED = 7
LAST_WITHIN_S = 20.0
# The number of a message stands between two marks.
NUMBERED = re.compile(rb"\|(\d+)\|")


@dataclass(frozen=True, slots=True)
class Amount:
    """So many people in so many rooms, each in so many of them; at that rate, so often and so long."""

    people: int
    rooms: int
    each_in: int
    rate_per_s: float
    runs: int
    seconds: float

    @property
    def room_size(self) -> int:
        """How many people are in each room."""
        return self.people * self.each_in // self.rooms

    def rooms_of(self, person: int) -> list[int]:
        """Spread evenly: each room gets equally many people."""
        stride = self.rooms // self.each_in
        return [(person + stride * place) % self.rooms for place in range(self.each_in)]


AMOUNTS = {
    Effort.TINY: Amount(12, 6, 2, 100.0, 1, 0.2),
    Effort.QUICK: Amount(500, 50, 5, 200.0, 1, 3.0),
    Effort.FULL: Amount(500, 50, 5, 200.0, 3, 10.0),
}


@dataclass(slots=True)
class Talk:
    """What came of a stream: how long each delivery took (s, sorted), and what a message cost the server."""

    latencies_s: list[float]
    processor_s: float


@dataclass(slots=True)
class Speaker:
    """A connection; `rooms` are where this person writes, each with the number of its people online."""

    person: int
    socket: socket.socket
    rooms: Mapping[str, int]
    counter: int = 1
    rest: bytes = b""


def measure(bench: Bench) -> Iterator[Row]:
    """Delivery in many rooms, and what a message costs there beside one room."""
    amount = AMOUNTS[bench.effort]
    many: list[Talk] = []
    one: list[Talk] = []
    for turn in range(1, amount.runs + 1):
        for name, talks, found in (("many rooms", many, in_many), (ONE_ROOM, one, in_one)):
            talks.append(found(amount))
            p99_ms = at(talks[-1].latencies_s, 0.99) * 1e3
            bench.tell(f"run {turn} of {amount.runs}, {name}: p99 {p99_ms:.1f} ms")
    case = (
        f"{amount.people} people in {amount.rooms} rooms, each in {amount.each_in},"
        f" {amount.rate_per_s:g} messages/s"
    )
    cost, cost_in_one = (statistics.median(talk.processor_s for talk in talks) * 1e6 for talks in (many, one))
    yield Row(case, cost, "µs processor a message", ratios(cost, {ONE_ROOM: cost_in_one}))
    for share in (0.5, 0.99, 0.999):
        took, took_in_one = (
            statistics.median(at(talk.latencies_s, share) for talk in talks) * 1e3 for talks in (many, one)
        )
        yield Row(case, took, f"ms p{share * 100:g} delivery", ratios(took, {ONE_ROOM: took_in_one}))


def in_many(amount: Amount) -> Talk:
    """Everybody writes in the rooms that they joined."""
    with tempfile.TemporaryDirectory() as place:
        people = range(1, amount.people + 1)
        with Archive(folder_at(Path(place))) as archive:
            # Person 0 makes the rooms, is therefore in all of them, and stays away.
            archive.write(archive.people(amount.people + 1))
            archive.write(archive.rooms(amount.rooms))
            archive.write(
                archive.joins((person, number) for person in people for number in amount.rooms_of(person))
            )
            archive.snapshot()
            counters = {person: archive.next_counter(person) for person in people}
        with server(Path(place)) as running, speaking(running, people) as speakers:
            for speaker in speakers:
                mine = amount.rooms_of(speaker.person)
                speaker.rooms = {room(number): amount.room_size for number in mine}
                speaker.counter = counters[speaker.person]
            return talk(running, speakers, amount)


def in_one(amount: Amount) -> Talk:
    """As many people as one of the rooms has, all in one."""
    people = range(1, amount.room_size + 1)
    with server() as running, speaking(running, people) as speakers:
        for speaker in speakers:
            speaker.rooms = {GENERAL: amount.room_size}
        return talk(running, speakers, amount)


@contextmanager
def speaking(running: Running, people: Sequence[int]) -> Iterator[list[Speaker]]:
    """Everybody signed in."""
    connections = connected(plan_of(OURS, running, people))
    try:
        yield [Speaker(*both, {}) for both in zip(people, connections, strict=True)]
    finally:
        for connection in connections:
            connection.close()


def talk(running: Running, speakers: Sequence[Speaker], amount: Amount) -> Talk:
    """Messages at their rate, whatever becomes of them, until the last one is everywhere."""
    rng = random.Random(SEED)
    poll = select.epoll()
    by_descriptor = {speaker.socket.fileno(): speaker for speaker in speakers}
    for descriptor in by_descriptor:
        poll.register(descriptor, select.EPOLLIN)
    sent_s: list[float] = []
    latencies: list[float] = []
    due = expected = 0
    count = int(amount.rate_per_s * amount.seconds)
    used_s, began_s = running.processor_s(), time.perf_counter()
    now = began_s
    while len(sent_s) < count or len(latencies) < expected:
        due = min(int((now - began_s) * amount.rate_per_s) + 1, count)
        while len(sent_s) < due:
            speaker = rng.choice(speakers)
            expected += say(speaker, rng.choice(list(speaker.rooms)), len(sent_s))
            sent_s.append(time.perf_counter())
        next_s = began_s + len(sent_s) / amount.rate_per_s if len(sent_s) < count else now + 0.1
        for descriptor, _ in poll.poll(max(next_s - time.perf_counter(), 0)):
            numbers = hear(by_descriptor[descriptor])
            now = time.perf_counter()
            latencies += [now - sent_s[number] for number in numbers]
        now = time.perf_counter()
        if now - began_s > amount.seconds + LAST_WITHIN_S:
            raise RuntimeError(f"{len(latencies)} of {expected} deliveries came")
    if len(latencies) != expected:
        raise RuntimeError(f"{len(latencies)} deliveries came where {expected} were due")
    return Talk(sorted(latencies), (running.processor_s() - used_s) / count)


def say(speaker: Speaker, where: str, number: int) -> int:
    """A message with its number in it; gives how many will have it, its writer too."""
    text = f"|{number}|".ljust(len(TEXT), "x")
    speaker.socket.send(message(speaker.counter, where, text))
    speaker.counter += 1
    return speaker.rooms[where]


def hear(speaker: Speaker) -> list[int]:
    """The numbers of the messages that came; whole lines only."""
    part = speaker.socket.recv(READ_BYTES)
    if not part:
        raise RuntimeError(f"the server closed {device(speaker.person)}")
    whole, _, speaker.rest = (speaker.rest + part).rpartition(b"\n")
    return [int(found) for found in NUMBERED.findall(whole)]


MANY_ROOMS = Case("many-rooms", "many people in many rooms, a steady stream of messages", measure)
