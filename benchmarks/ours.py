"""Our own server, alone: every message is on its disk, synced, before anybody sees it."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.rival import TEXT, Rival, Running, ended_after
from server.protocol import requests
from server.protocol.frames import encode_frame

PROJECT = Path(__file__).parents[1]
READY = "ready: clients "
# Ids of this connection's requests; those of messages lie behind them.
HELLO_ID, SIGN_IN_ID, PING_ID, FIRST_MESSAGE_ID = 1, 2, 3, 10


@contextmanager
def started() -> Iterator[Running]:
    """A server on a fresh data folder, without the limits that hold people back."""
    options = ["--listen", "127.0.0.1:0", "--plain", "--open"]
    options += ["--send-rate-per-s", "0", "--max-users", "100000"]
    with tempfile.TemporaryDirectory() as folder:
        arguments = [sys.executable, "-m", "server", "serve", "--data", folder, *options]
        server = subprocess.Popen(arguments, cwd=PROJECT, stdout=subprocess.PIPE)
        with ended_after(server) as process:
            host, port = _address(process)
            yield Running(host, port, process.pid)


def _address(process: subprocess.Popen[bytes]) -> tuple[str, int]:
    """Where it listens: it says so when it is ready."""
    assert process.stdout is not None
    for line in process.stdout:
        text = line.decode()
        if text.startswith(READY):
            host, _, port = text.removeprefix(READY).partition(",")[0].rpartition(":")
            return host, int(port)
    raise RuntimeError(f"our server ended with code {process.wait()} before it was ready")


def greeting(number: int) -> bytes:
    """Everybody is a person of their own on a new device."""
    hello = requests.Hello(id=HELLO_ID, versions=[1])
    sign_in = requests.SignIn(
        id=SIGN_IN_ID, name=f"person {number}", device=f"{number:032x}", secret=f"{number:064x}"
    )
    return encode_frame(hello) + encode_frame(sign_in)


def message(number: int) -> bytes:
    """A message for the room that everybody is in."""
    identity = FIRST_MESSAGE_ID + number
    return encode_frame(requests.Send(id=identity, counter=number, room="general", text=TEXT, time_ms=1))


OURS = Rival(
    "plain",
    started,
    greeting,
    b'"event":"signed_in"',
    encode_frame(requests.Ping(id=PING_ID)),
    message,
    is_ours=True,
)
