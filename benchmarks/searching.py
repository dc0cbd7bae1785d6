"""Searching a long archive: what its index takes to be made, in time and on the disk; how long a search is.

The messages are of words whose frequencies fall as those of a language do (Zipf). A person writes all the
time while the index is made, and afterwards: the index may cost nobody who writes anything.
"""

import itertools
import random
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from benchmarks.acknowledgement import at
from benchmarks.archives import AUTHORS, Archive, folder_at
from benchmarks.cases import Bench, Case, Effort, Row
from benchmarks.ours import SIGNED_IN, message, server
from benchmarks.people import hello
from benchmarks.receivers import CONNECT_WITHIN_S, await_words
from server.cluster.data_folder import DataFolder
from server.protocol import requests
from server.protocol.frames import encode_frame

MESSAGES = {Effort.TINY: 300, Effort.QUICK: 20_000, Effort.FULL: 1_000_000}
SEARCHES = {Effort.TINY: 3, Effort.QUICK: 100, Effort.FULL: 500}
SEED = 11
WORDS, WORDS_A_MESSAGE = 20_000, 9
READY_WITHIN_S = 1_200.0
WRITER, READER = 1, 0
WRITE_EVERY_S = 0.01
# The reader must not be silent for too long meanwhile.
WRITES_AFTER = 1_000
MEGA = 1e6
FIRST_COUNTER = 10_000_000  # of the writer, behind those of the archive


class Talker:
    """One connection that asks one thing at a time, and reads on until its answer."""

    def __init__(self, port: int, person: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=CONNECT_WITHIN_S)
        self._socket.sendall(hello(person))
        await_words(self._socket, SIGNED_IN)
        self._file = self._socket.makefile("rb")
        self._ids = itertools.count(100)

    def search(self, text: str) -> tuple[str, float]:
        """The name of the event that answers, and after how long (s)."""
        request = requests.Search(id=next(self._ids), text=text)
        return self._ask(encode_frame(request), request.id)

    def send(self, number: int) -> float:
        """How long an acknowledgement takes (s)."""
        counter = FIRST_COUNTER + number
        return self._ask(message(counter), counter + 10)[1]

    def close(self) -> None:
        """Leave."""
        self._file.close()
        self._socket.close()

    def _ask(self, frame: bytes, answer: int) -> tuple[str, float]:
        began_s = time.perf_counter()
        self._socket.sendall(frame)
        while True:
            line = self._file.readline()
            if not line:
                raise RuntimeError("the server closed the connection")
            found = msgspec.json.decode(line)
            if found.get("answer") == answer:
                return str(found["event"]), time.perf_counter() - began_s


def measure(bench: Bench) -> Iterator[Row]:
    """An archive without an index; it is made, then searched."""
    count = MESSAGES[bench.effort]
    rng = random.Random(SEED)
    vocabulary = [word(rng) for _ in range(WORDS)]
    with tempfile.TemporaryDirectory() as place:
        bench.tell(f"making an archive of {count:,} messages")
        folder = folder_at(Path(place) / "a")
        fill(folder, count, vocabulary, rng)
        with server(folder.path) as running:
            talkers = Talker(running.port, READER), Talker(running.port, WRITER)
            try:
                yield from searched(bench, folder, vocabulary, *talkers)
            finally:
                for talker in talkers:
                    talker.close()


def searched(
    bench: Bench, folder: DataFolder, vocabulary: list[str], reader: Talker, writer: Talker
) -> Iterator[Row]:
    """The rows, from the start of the server on."""
    count, searches = MESSAGES[bench.effort], SEARCHES[bench.effort]
    bench.tell("the index is made, and a person writes")
    began_s = time.perf_counter()
    beside, numbers = list[float](), itertools.count(1)
    while reader.search(vocabulary[0])[0] != "search_page":
        if time.perf_counter() - began_s > READY_WITHIN_S:
            raise RuntimeError("the index was not made in time")
        beside += writes(writer, numbers, 50)
    took_s = time.perf_counter() - began_s
    case = f"the index of {count:,} messages"
    yield Row(case, count / took_s, "messages/s")
    yield Row(case, took_s, "s")
    size = sum(file.stat().st_size for file in folder.path.glob("search.sqlite*"))
    yield Row(case, size / MEGA, "MB")
    yield Row(case, folder.archive.stat().st_size / MEGA, "MB of the archive")
    after = sorted(writes(writer, numbers, min(max(len(beside), 10), WRITES_AFTER)))
    case = "an acknowledgement while the index is made"
    for share in (0.5, 0.99):
        yield Row(case, at(sorted(beside or after), share) * 1e3, f"ms p{share * 100:g}")
        yield Row(case, at(after, share) * 1e3, f"ms p{share * 100:g} without")
    rng = random.Random(SEED)
    for name, text in searches_of(vocabulary):
        bench.tell(name)
        times = sorted(reader.search(text(rng))[1] for _ in range(searches))
        for share in (0.5, 0.99):
            yield Row(f"search {count:,} messages: {name}", at(times, share) * 1e3, f"ms p{share * 100:g}")


def searches_of(vocabulary: list[str]) -> list[tuple[str, Callable[[random.Random], str]]]:
    """What people look for."""
    common, rare = vocabulary[:50], vocabulary[5_000:]
    return [
        ("a word that is common", lambda rng: rng.choice(common)),
        ("a word that is rare", lambda rng: rng.choice(rare)),
        ("a common and a rare word", lambda rng: f"{rng.choice(common)} {rng.choice(rare)}"),
        ("the beginning of a word, three letters", lambda rng: rng.choice(rare)[:3] + "*"),
        (
            "two common words that follow each other",
            lambda rng: f'"{rng.choice(common)} {rng.choice(common)}"',
        ),
        ("a word that nobody said", lambda rng: f"q{rng.randrange(10**9)}q"),
    ]


def writes(writer: Talker, numbers: Iterator[int], count: int) -> list[float]:
    """Messages at their pace; how long each acknowledgement took (s)."""
    found = []
    for number in itertools.islice(numbers, count):
        found.append(writer.send(number))
        time.sleep(WRITE_EVERY_S)
    return found


def fill(folder: DataFolder, count: int, vocabulary: list[str], rng: random.Random) -> None:
    """Messages of several people for the room that everybody is in."""
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(vocabulary) + 1)))

    def text() -> str:
        return " ".join(rng.choices(vocabulary, cum_weights=weights, k=rng.randint(1, 2 * WORDS_A_MESSAGE)))

    with Archive(folder) as archive:
        archive.write(archive.people(1 + AUTHORS))
        archive.write(archive.messages(count, text))
        archive.snapshot()


def word(rng: random.Random) -> str:
    """A word that nobody has to know."""
    return "".join(rng.choices("abcdefghijklmnoprstuvwxyz", k=rng.randint(3, 10)))


SEARCHING = Case("searching", "make the index of a long archive, and search in it", measure)
