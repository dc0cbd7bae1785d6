"""What all servers under the same load have in common: the message, and how one talks to each."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

MARKER = b"~"
TEXT = "~" + "x" * 99  # 100 bytes, the marker once

ENDS_WITHIN_S = 20.0


def processor_s(pid: int) -> float:
    """The processor time of a process so far, its own and the kernel's on its behalf (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is up: where its clients connect, and its process."""

    host: str
    port: int
    pid: int

    def processor_s(self) -> float:
        """The processor time it has used so far."""
        return processor_s(self.pid)


@dataclass(frozen=True, slots=True)
class Rival:
    """One server under the same load as the others."""

    name: str
    started: Callable[[], AbstractContextManager[Running]]
    greeting: Callable[[int], bytes]  # number 0 is the sender, the others are receivers
    ready: bytes  # what a greeted connection has read, somewhere
    keep_alive: bytes
    message: Callable[[int], bytes]  # the bytes of the message of that number, from 1 on
    is_ours: bool = False
    receivers_max: int = 100_000  # what it can serve, or what its clients' entry takes in a bearable time


class MissingRivalError(Exception):
    """What a rival is made of is not on this machine; the text says what, and how to get it."""


@contextmanager
def ended_after(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """End a server's process politely when the block is left."""
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=ENDS_WITHIN_S)
