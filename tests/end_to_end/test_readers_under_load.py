"""Two thousand readers of every speed at one real server, some stalled: each gets exactly what was said."""

import random
import select
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from server.open_files import raise_file_limit
from server.protocol import requests
from tests.commands.programs import Program
from tests.socket_reader import SocketReader
from tests.waiting import wait_until

READERS = 2_000
# A person may not have many more.
READERS_EACH = 25
STALLED = 20
MESSAGES = 60


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A server alone, without the throttle."""
    options = ["--listen", "127.0.0.1:0", "--plain", "--open", "--send-rate-per-s", "0"]
    with Program("serve", "--data", tmp_path, *options) as server:
        line = server.wait_line("ready: clients ")
        host, _, port = line.split()[2].rpartition(":")
        yield host, int(port)


class Crowd:
    """Readers on one poll; each takes what it likes whenever something is there for it."""

    def __init__(self, address: tuple[str, int], rng: random.Random) -> None:
        self._rng = rng
        self._poll = select.poll()
        self.readers: dict[int, SocketReader] = {}
        self.bytes_max: dict[int, int] = {}
        for person in range(READERS // READERS_EACH):
            # Whoever is known comes in at once, however many of them come together.
            first = SocketReader(*address)
            first.enter(self._number(person * READERS_EACH))
            wait_until(partial(getattr, first, "is_in"), pump=first.take_all)
            first.close()
        for _ in range(READERS):
            self.add(SocketReader(*address), rng.choice((256, 1024, 4096, 65_536)))

    def add(self, reader: SocketReader, bytes_max: int) -> None:
        """One more; it takes so many bytes at a time at most."""
        reader.enter(self._number(len(self.readers)))
        self.readers[reader.socket.fileno()] = reader
        self.bytes_max[reader.socket.fileno()] = bytes_max
        self._poll.register(reader.socket, select.POLLIN)

    def _number(self, place: int) -> int:
        """The person of a reader; 1 is the writer."""
        return 2 + place // READERS_EACH

    def read(self) -> None:
        """One round: some of those for whom something is there take it."""
        ready = self._poll.poll(10)
        for descriptor, _ in self._rng.sample(ready, max(1, len(ready) // 2) if ready else 0):
            self.readers[descriptor].take(self.bytes_max[descriptor])

    def close(self) -> None:
        for reader in self.readers.values():
            reader.close()


@pytest.fixture
def writer(address: tuple[str, int]) -> Iterator[SocketReader]:
    """Who writes; the device that all others are on is known from its sign-in."""
    raise_file_limit(READERS)
    found = SocketReader(*address)
    found.enter(1)
    wait_until(lambda: found.is_in, pump=found.take_all)
    yield found
    found.close()


def await_all(readers: Sequence[SocketReader], pump: Callable[[], object]) -> None:
    """Until each has as many messages as there are."""
    wait_until(
        lambda: all(len(reader.messages) >= MESSAGES for reader in readers),
        what="every reader has all messages",
        pump=pump,
    )


def test_readers_of_every_speed_get_exactly_what_was_said(
    address: tuple[str, int], writer: SocketReader, rng: random.Random
) -> None:
    crowd = Crowd(address, rng)
    stalled = [SocketReader(*address, receive_buffer_bytes=4096) for _ in range(STALLED)]
    for reader in stalled:
        reader.enter(1)
        wait_until(partial(getattr, reader, "is_in"), pump=reader.take_all)
    everybody = [*crowd.readers.values(), writer]
    wait_until(lambda: all(reader.is_in for reader in everybody), pump=crowd.read)

    said = [f"{number} ".ljust(rng.randrange(8, 300), "x") for number in range(1, MESSAGES + 1)]
    for counter, text in enumerate(said, 1):
        writer.ask(requests.Send, counter=counter, room="general", text=text, time_ms=1)
        crowd.read()
    wait_until(lambda: len(writer.stored) >= MESSAGES, pump=writer.take_all)
    await_all([writer], writer.take_all)
    assert writer.stored == list(range(1, MESSAGES + 1))
    await_all(list(crowd.readers.values()), crowd.read)
    assert not any(reader.messages for reader in stalled)
    for reader in stalled:
        await_all([reader], reader.take_all)
    assert all(reader.texts == said for reader in [*everybody, *stalled])
    crowd.close()
    for reader in stalled:
        reader.close()
