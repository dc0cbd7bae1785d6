"""What waits for a person who comes back: from the start of the program to the last message, by TLS.

Reader and writer are the shipped client. The reader's program was at the beginning of all that when it was
closed, and is started once at each server of the pair.
"""

import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

from benchmarks.cases import Bench, Case, Effort, Row
from benchmarks.people import device, name, secret
from benchmarks.storm import Scene, pair
from server.client.conversation import Conversation
from server.client.identity import Identity
from server.client.notices import AnyNotice, Arrived, CopiesRaised, PositionMoved, Stored
from server.client.outbox import Draft
from server.client.reading import START_OF_ARCHIVE
from server.client.settings import ConversationSettings
from server.network.client_links import ClientLinks
from server.network.clock import SystemClock
from server.network.loop_thread import LoopThread
from server.protocol.requests import Cursor

MESSAGES = {Effort.TINY: 100, Effort.QUICK: 10_000, Effort.FULL: 10_000}
TIMES = {Effort.TINY: 1, Effort.QUICK: 3, Effort.FULL: 9}
WITHIN_S = 120.0
WRITER, READER = 1, 2
_TEXT: Final = "what waits for those who come back {}"


class Program:
    """A client at one server, and how many messages it was given."""

    def __init__(self, thread: LoopThread, scene: Scene, person: int, place: int, cursor: Cursor) -> None:
        self.indices: list[int] = []
        self.cursor = cursor
        self.stored = self.copied = 0
        self._wanted = 0
        self._is_done = threading.Event()
        conversation = Conversation(
            Identity(name=name(person), device=device(person), secret=secret(person)),
            [scene.addresses[place]],
            cursor=cursor,
            settings=ConversationSettings(client="benchmark", has_standby=False),
            rng=Random(secrets.randbits(64)),
        )
        self.links = ClientLinks(thread, conversation, self._hear, clock=SystemClock(), trust=scene.trust)

    def read(self, count: int) -> float:
        """Connect, and read so many messages; after how long (s)."""
        self._wanted = count
        began_s = time.perf_counter()
        self.links.connect()
        if not self._is_done.wait(WITHIN_S):
            raise RuntimeError(f"{len(self.indices)} of {count} messages within {WITHIN_S:g} s")
        return time.perf_counter() - began_s

    def _hear(self, notices: list[AnyNotice]) -> None:
        for notice in notices:
            match notice:
                case Arrived(messages=messages):
                    self.indices += [message.index for message in messages]
                case PositionMoved(cursor=cursor):
                    self.cursor = cursor
                case Stored(index=index, copies=copies):
                    self.stored = max(self.stored, index)
                    self.copied = max(self.copied, index if copies > 1 else 0)
                case CopiesRaised(index=index):
                    self.copied = max(self.copied, index)
                case _:
                    pass
        if len(self.indices) >= self._wanted:
            self._is_done.set()


def measure(bench: Bench) -> Iterator[Row]:
    """The middle one of several times, at the server that leads and at the other one."""
    count, times = MESSAGES[bench.effort], TIMES[bench.effort]
    with pair() as scene:
        thread = LoopThread("waiting")
        thread.start()
        try:
            cursor = _written(thread, scene, count)
            for place, which in enumerate(("leader", "follower")):
                with bench.at(which):
                    took_s = sorted(_returned(thread, scene, place, cursor, count) for _ in range(times))
                case = f"{count:,} messages wait, at the {which}"
                yield Row(case, took_s[len(took_s) // 2] * 1e3, "ms p50")
                yield Row(case, took_s[-1] * 1e3, "ms max")
        finally:
            thread.stop(WITHIN_S)


def _written(thread: LoopThread, scene: Scene, count: int) -> Cursor:
    """The reader was there and left; then somebody writes. Gives where the reader was."""
    reader = Program(thread, scene, READER, 0, START_OF_ARCHIVE)
    reader.read(0)
    _wait(lambda: reader.cursor.index > 0, "the reader is there")
    reader.links.stop(WITHIN_S)
    writer = Program(thread, scene, WRITER, 0, START_OF_ARCHIVE)
    writer.links.connect()
    for counter in range(1, count + 1):
        writer.links.send(Draft(counter, "general", _TEXT.format(counter), int(time.time() * 1000)))
    _wait(lambda: len(writer.indices) >= count and writer.copied >= writer.stored, "all is on both disks")
    writer.links.stop(WITHIN_S)
    return reader.cursor


def _returned(thread: LoopThread, scene: Scene, place: int, cursor: Cursor, count: int) -> float:
    """The reader's program is started: how long until all is there (s), each message once and in order."""
    reader = Program(thread, scene, READER, place, cursor)
    took_s = reader.read(count)
    reader.links.stop(WITHIN_S)
    if len(reader.indices) != count or any(a >= b for a, b in itertools.pairwise(reader.indices)):
        raise RuntimeError("not each message once and in order")
    return took_s


def _wait(condition: Callable[[], bool], what: str) -> None:
    end_s = time.monotonic() + WITHIN_S
    pause = threading.Event()
    while not condition():
        if time.monotonic() > end_s:
            raise RuntimeError(f"not within {WITHIN_S:g} s: {what}")
        pause.wait(0.02)


WAITING = Case("waiting", "what waits for a person who comes back", measure)
