"""The bare relay: a small C program that stands for the physical limit of this machine."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.rival import TEXT, MissingRivalError, Rival, Running, ended_after

SOURCE = Path(__file__).with_suffix(".c")


def compiler() -> str:
    """The C compiler of this machine."""
    found = shutil.which("gcc") or shutil.which("cc")
    if found is None:
        raise MissingRivalError("the bare relay is left out: it needs a C compiler (apt install gcc)")
    return found


@contextmanager
def started() -> Iterator[Running]:
    """Compile it, start it, end it."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "bare_relay"
        subprocess.run([compiler(), "-O2", "-o", program, SOURCE], check=True)
        with ended_after(subprocess.Popen([program], stdout=subprocess.PIPE)) as process:
            assert process.stdout is not None
            yield Running("127.0.0.1", int(process.stdout.readline()), (process.pid,))


def greeting(_number: int) -> bytes:
    """It is enough to be connected."""
    return b""


def message(_number: int) -> bytes:
    """A line."""
    return TEXT.encode() + b"\n"


BARE_RELAY = Rival("bare relay in C", started, greeting, b"ready\n", b"", message)
