"""A real pair: two server processes on this computer, to be killed, stopped and started again."""

import os
import signal
from pathlib import Path

from server.archive.disk import SqliteDisk
from server.archive.record import Record
from server.archive.store import Store
from server.client.notices import ServersChanged
from server.cluster.pair_processes import PairProcesses, choose_ports
from server.commands.pair import make_pair_folders
from server.commands.serving import invite_link
from server.names.addresses import Address
from server.names.invite_links import InviteLink
from tests.end_to_end.people import People, Person
from tests.waiting import DEADLINE_S, wait_until

# Kept apart from the throttle, which has tests of its own.
OPTIONS = ["--send-rate-per-s", "0"]


class RealPair:
    """Servers `A` (0, the first address) and `B` (1)."""

    def __init__(self, path: Path, *options: str, is_open: bool = True) -> None:
        self.path = path
        self._first, _ = make_pair_folders(path, chat="Test", is_plain=False)
        self.ports = choose_ports(0)
        folders = (path / "a", path / "b")
        self._options = [*OPTIONS, *(["--open"] if is_open else []), *options]
        self._lines: list[str] = []
        self.processes = PairProcesses(folders, self.ports, self._options, self._lines.append)

    def add_options(self, *options: str) -> None:
        """For every server that is started from here on."""
        self._options.extend(options)

    def start(self) -> None:
        """Start both and wait until they hold one archive together."""
        self.processes.start()
        for server in self.processes.servers:
            assert server.wait_dual(DEADLINE_S), server.errors

    @property
    def invite(self) -> InviteLink:
        """The link that lets people in."""
        addresses = [Address("127.0.0.1", port) for port in self.ports.clients]
        return invite_link(self._first, self._first.read(), addresses)

    def kill(self, place: int) -> None:
        """`kill -9` one server."""
        self.processes.servers[place].kill()

    def signal(self, place: int, number: signal.Signals) -> None:
        """Send a signal to one server."""
        os.kill(self.processes.servers[place].process.pid, number)

    def stop_one(self, place: int) -> int:
        """Stop one server cleanly; gives its exit code."""
        return self.processes.servers[place].stop()

    def start_again(self, place: int) -> None:
        """Start a server that is down, and wait until it listens."""
        self.processes.servers[place] = self.processes.make(place)
        assert self.processes.servers[place].wait_ready(), self.processes.servers[place].errors

    def stop(self) -> None:
        """Stop both."""
        self.processes.stop()

    def archive(self, place: int) -> list[Record]:
        """Every record on the disk of a stopped server; the chain is checked."""
        disk = SqliteDisk(self.path / "ab"[place] / "archive.sqlite")
        try:
            records = list(Store(disk).all_records())
        finally:
            disk.close()
        index, chain = 0, bytes(32)
        for record in records:
            record.check_follows(index, chain)
            index, chain = record.index, record.hash
        return records

    def messages(self, place: int) -> list[tuple[str, int]]:
        """The ids of the messages on the disk of a stopped server, in order."""
        return [record.id for record in self.archive(place) if record.header.kind == "message"]


def wait_for_mode(person: Person, mode: str) -> None:
    """Until the pair is in a mode, as a client is told."""
    wait_until(
        lambda: [told.mode for told in person.all_of(ServersChanged)[-1:]] == [mode],
        what=f"mode {mode}",
    )


__all__ = ["People", "Person", "RealPair", "wait_for_mode"]
