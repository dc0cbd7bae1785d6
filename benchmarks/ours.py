"""Our own server, alone and as a pair: what it tells is on the disk, synced, before anybody sees it."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.archives import with_people
from benchmarks.people import FIRST_MESSAGE_ID, PING_ID, hello
from benchmarks.rival import TEXT, Rival, Running, ended_after
from server.cluster.pair_processes import PairProcesses, choose_ports
from server.commands.pair import make_pair_folders
from server.protocol import requests
from server.protocol.frames import encode_frame

PROJECT = Path(__file__).parents[1]
READY = "ready: clients "
# Without the limits that hold people back; everybody at one server.
OPTIONS = ("--open", "--send-rate-per-s", "0", "--max-users", "9900")
# On a machine that has other work to do.
DUAL_WITHIN_S = 60.0
SIGNED_IN = b'"event":"signed_in"'


@contextmanager
def server(folder: Path | None = None, *, is_plain: bool = True) -> Iterator[Running]:
    """A server alone, on a fresh data folder or a given one."""
    with ExitStack() as stack:
        data = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        process = stack.enter_context(ended_after(serve(data, is_plain=is_plain)))
        host, port = _address(process)
        yield Running(host, port, (process.pid,))


def serve(data: Path, *, port: int = 0, is_plain: bool = True) -> subprocess.Popen[bytes]:
    """Start one server; end it with `ended_after`."""
    arguments = [sys.executable, "-m", "server", "serve", "--data", str(data)]
    arguments += ["--listen", f"127.0.0.1:{port}", *OPTIONS, *(["--plain"] if is_plain else [])]
    # The current folder comes first for Python: what is measured is the server of this project.
    return subprocess.Popen(arguments, cwd=PROJECT, stdout=subprocess.PIPE)


def _address(process: subprocess.Popen[bytes]) -> tuple[str, int]:
    """Where it listens: it says so when it is ready."""
    assert process.stdout is not None
    for line in process.stdout:
        text = line.decode()
        if text.startswith(READY):
            host, _, port = text.removeprefix(READY).partition(",")[0].rpartition(":")
            return host, int(port)
    raise RuntimeError(f"our server ended with code {process.wait()} before it was ready")


@contextmanager
def pair(folder: Path | None = None, *, is_plain: bool = True) -> Iterator[Running]:
    """Both servers, in dual mode: what is acknowledged is on two disks (of one machine)."""
    with ExitStack() as stack:
        data = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        first, second = make_pair_folders(data, chat="Benchmark", is_plain=is_plain)
        ports = choose_ports(0)
        options = [*OPTIONS, *(["--plain"] if is_plain else [])]
        both = PairProcesses((first.path, second.path), ports, options, tell=lambda _text: None)
        stack.callback(both.stop)
        both.start()
        if not all(one.wait_dual(DUAL_WITHIN_S) for one in both.servers):
            raise RuntimeError("our two servers did not become a pair")
        yield Running("127.0.0.1", ports.clients[0], tuple(one.process.pid for one in both.servers))


def message(number: int, room: str = "general", text: str = TEXT) -> bytes:
    """A message for a room, by default the one that everybody is in; its number is its counter."""
    identity = FIRST_MESSAGE_ID + number
    return encode_frame(requests.Send(id=identity, counter=number, room=room, text=text, time_ms=1))


@contextmanager
def server_for(people: int, *, is_plain: bool = True) -> Iterator[Running]:
    """A server that has known so many people for long: who signs in for the first time is told to all."""
    with tempfile.TemporaryDirectory() as folder:
        with_people(Path(folder), people, is_plain=is_plain)
        with server(Path(folder), is_plain=is_plain) as running:
            yield running


@contextmanager
def pair_for(people: int) -> Iterator[Running]:
    """The same for both servers; the second one gets them from the first."""
    with tempfile.TemporaryDirectory() as folder:
        with_people(Path(folder) / "a", people, is_plain=True)
        with pair(Path(folder)) as running:
            yield running


PING = encode_frame(requests.Ping(id=PING_ID))
OURS = Rival("plain", server, hello, SIGNED_IN, PING, message, is_ours=True, started_for=server_for)
OURS_TLS = Rival(
    "TLS",
    partial(server, is_plain=False),
    hello,
    SIGNED_IN,
    PING,
    message,
    is_ours=True,
    is_encrypted=True,
    started_for=partial(server_for, is_plain=False),
)
OURS_PAIR = Rival("pair", pair, hello, SIGNED_IN, PING, message, is_ours=True, started_for=pair_for)
