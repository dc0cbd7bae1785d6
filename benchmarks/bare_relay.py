"""The bare relay: a small C program that stands for the physical limit of this machine."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.compiled import compiled
from benchmarks.rival import TEXT, Rival, Running, ended_after

SOURCE = Path(__file__).with_suffix(".c")


@contextmanager
def started() -> Iterator[Running]:
    """Start it, end it."""
    with ended_after(subprocess.Popen([compiled(SOURCE)], stdout=subprocess.PIPE)) as process:
        assert process.stdout is not None
        yield Running("127.0.0.1", int(process.stdout.readline()), (process.pid,))


def greeting(_number: int) -> bytes:
    """It is enough to be connected."""
    return b""


def message(_number: int) -> bytes:
    """A line."""
    return TEXT.encode() + b"\n"


BARE_RELAY = Rival("bare relay in C", started, greeting, b"ready\n", b"", message)
