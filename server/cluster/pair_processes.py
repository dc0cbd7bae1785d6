"""A pair as two processes on this computer: started, watched, started again, stopped."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from server.cluster.data_folder import FolderError
from server.i18n.translation import _
from server.network.errors import NetworkError

_READY_S: Final = 30.0
_STOP_S: Final = 15.0
# Two servers that just started find each other in a fraction of this.
_DUAL_S: Final = 5.0
# A server that dies again and again must not keep the processor busy.
_RESTART_S: Final = 1.0
NAMES: Final = ("A", "B")


class PairPorts(msgspec.Struct, frozen=True):
    """Two ports for clients, two between the servers."""

    clients: tuple[int, int]
    servers: tuple[int, int]


def choose_ports(first: int) -> PairPorts:
    """N..N+3, or four free ones for 0. Raises NetworkError for one that is in use."""
    numbers = [first + offset if first else 0 for offset in range(4)]
    with contextlib.ExitStack() as held:
        for place, number in enumerate(numbers):
            probe = held.enter_context(socket.socket())
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError as error:
                raise NetworkError("port_in_use", "127.0.0.1", number) from error
            numbers[place] = probe.getsockname()[1]
    return PairPorts((numbers[0], numbers[1]), (numbers[2], numbers[3]))


def server_program() -> list[str]:
    """How to start this same server program as a child: frozen, or from source."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "server"]


class ServerProcess:
    """One `serve` as a child process."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """`environment` is added to the own one."""
        # Its own group: Ctrl-C reaches the parent alone, which then stops both in order.
        flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        self.process = subprocess.Popen(
            [*server_program(), "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=os.name == "posix",
            creationflags=flags,
            env={**os.environ, **(environment or {})},
        )
        self._errors: list[str] = []
        self._is_ready = threading.Event()
        self._is_dual = threading.Event()
        self._readers = [
            threading.Thread(target=self._read_output, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def errors(self) -> str:
        """What it said on standard error, the latest lines."""
        return "".join(self._errors[-20:]).strip()

    def wait_ready(self, timeout_s: float = _READY_S) -> bool:
        """Until it listens; False when it ended or the time is over."""
        self._is_ready.wait(timeout_s)
        return self._is_ready.is_set() and self.process.poll() is None

    def wait_dual(self, timeout_s: float = _DUAL_S) -> bool:
        """Until it said that both servers hold everything; False when the time is over."""
        return self._is_dual.wait(timeout_s)

    def stop(self, timeout_s: float = _STOP_S) -> int:
        """A clean stop; after the time limit a hard one. Gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self._finish()
        return code

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        self.process.wait()
        self._finish()

    def _finish(self) -> None:
        for reader in self._readers:
            reader.join(1.0)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _read_output(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("ready:"):
                self._is_ready.set()
            elif line.startswith("pair:") and line.rstrip().endswith(" dual"):
                self._is_dual.set()
        # It ended: nobody shall wait for it.
        self._is_ready.set()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._errors.append(line)
            del self._errors[:-100]


class Own(msgspec.Struct, frozen=True):
    """What one of the two servers gets for itself: options that win over all others, and variables."""

    options: tuple[str, ...] = ()
    environment: dict[str, str] = {}


class PairProcesses:
    """Both servers. `tell` gets lines for people."""

    def __init__(
        self,
        folders: tuple[Path, Path],
        ports: PairPorts,
        options: Sequence[str],
        tell: Callable[[str], None],
        *,
        own: tuple[Own, Own] = (Own(), Own()),
    ) -> None:
        self._folders: Final = folders
        self._own: Final = own
        self._ports: Final = ports
        self._options: Final = options
        self._tell: Final = tell
        self._stopping = threading.Event()
        self.servers: list[ServerProcess] = []

    def start(self) -> None:
        """Start both and wait until they hold one archive together, or one of them has to wait.

        Raises `FolderError` with what a server said when it cannot start.
        """
        self.servers = [self.make(0), self.make(1)]
        for name, server in zip(NAMES, self.servers, strict=True):
            if not server.wait_ready():
                errors = server.errors
                self.stop()
                # A child has the environment of its parent, so it speaks the same language.
                text = errors.removeprefix(_("Error: {message}").format(message=""))
                text = text or _("it did not start in time")
                raise FolderError(_("Server {name}: {text}").format(name=name, text=text))
        for server in self.servers:
            server.wait_dual()

    def make(self, place: int) -> ServerProcess:
        """Start one of the two."""
        other = 1 - place
        return ServerProcess(
            [
                *("--name", NAMES[place], "--data", str(self._folders[place])),
                *("--listen", f"127.0.0.1:{self._ports.clients[place]}"),
                *("--peer-listen", f"127.0.0.1:{self._ports.servers[place]}"),
                *("--peer", f"127.0.0.1:{self._ports.servers[other]}"),
                *self._options,
                *self._own[place].options,
            ],
            self._own[place].environment,
        )

    def watch(self, *, restarts: bool) -> int:
        """Until Ctrl-C or SIGTERM; a server that died is told and started again."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stopping.set())
        given_up: list[ServerProcess] = []
        while not self._stopping.wait(_RESTART_S / 4):
            for place, server in enumerate(self.servers):
                code = server.process.poll()
                if code is None or server in given_up:
                    continue
                text = _("Server {name} ended with code {code}. {errors}")
                self._tell(text.format(name=NAMES[place], code=code, errors=server.errors).strip())
                if code == 1 or not restarts:
                    # It said why, and would say it again.
                    given_up.append(server)
                elif not self._stopping.wait(_RESTART_S):
                    self._tell(_("Server {name} is started again.").format(name=NAMES[place]))
                    self.servers[place] = self.make(place)
            if len(given_up) == len(self.servers):
                return 1
        return 0

    def stop(self) -> None:
        """Stop both cleanly."""
        for server in self.servers:
            if server.process.poll() is None:
                server.process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
        for server in self.servers:
            server.stop()
