"""What all servers under the same load have in common: the message, and how one talks to each."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

MARKER = b"|"
TEXT = "|" + "x" * 99  # 100 bytes, the marker once

ENDS_WITHIN_S = 20.0
CPU_CLOCK_OF_PROCESS = 2  # CPUCLOCK_SCHED


def processor_s(pid: int) -> float:
    """The processor time of a process so far, its own and the kernel's on its behalf.

    Linux makes the clock of a process from its id, see clock_getcpuclockid(3) and its source; proc(5)
    has the same in hundredths of a second, too coarse for what a few messages cost.
    """
    return time.clock_gettime((~pid << 3) | CPU_CLOCK_OF_PROCESS)


def resident_bytes(pid: int) -> int:
    """The memory of a process that is in the machine's now (proc(5), statm)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def resident_bytes_max(pid: int) -> int:
    """The most memory that a process ever had (proc(5), status)."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(text.partition("VmHWM:")[2].split()[0]) * 1024


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is up: where its clients connect, and its processes (the first: whom they meet)."""

    host: str
    port: int
    pids: tuple[int, ...]

    def processor_s(self) -> float:
        """The processor time that all its processes have used so far."""
        return sum(map(processor_s, self.pids))


@dataclass(frozen=True, slots=True)
class Rival:
    """One server under the same load as the others."""

    name: str
    started: Callable[[], AbstractContextManager[Running]]
    greeting: Callable[[int], bytes]  # number 0 is the sender, the others are receivers
    ready: bytes  # what a greeted connection has read, somewhere
    keep_alive: bytes
    message: Callable[[int], bytes]  # the bytes of the message of that number, from 1 on
    welcome: bytes = b""  # the server says so before it takes `entry`; nothing: there is no such step
    entry: bytes = b""
    is_paced: bool = False  # it takes a crowd only one by one: each is welcomed before the next one comes
    is_ours: bool = False
    is_encrypted: bool = False  # TLS 1.3; its certificate is not checked, for nothing is learned by it
    started_for: Callable[[int], AbstractContextManager[Running]] | None = None  # knowing so many people
    receivers_max: int = 100_000  # what it can serve, or whose entry takes a bearable time

    def serving(self, people: int) -> AbstractContextManager[Running]:
        """Started for so many people."""
        return self.started_for(people) if self.started_for else self.started()


class MissingRivalError(Exception):
    """What a rival is made of is not on this machine; the text says what, and how to get it."""


@contextmanager
def ended_after(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """End a server's process politely when the block is left; one that does not end is killed."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def free_ports(count: int) -> list[int]:
    """For servers that want to be told theirs."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
