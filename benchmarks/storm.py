"""A reconnect storm: one server of a pair is killed, and everybody who was at it goes on at the other one.

With standby links, as it ships, all of them are the shipped client conversation on real sockets with TLS.
Without, everybody has to dial and sign in. Cheap connections do this, at the times at which the client's own
choice of a server lets them: thousands of clients in one process would measure that process.
"""

import asyncio
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import msgspec

from benchmarks.cases import Bench, Case, Effort, Row
from benchmarks.crowd import Plan, gathered
from benchmarks.ours import OPTIONS, PING, SIGNED_IN
from benchmarks.people import device, hello, name, secret
from server.accounts.certificate_files import load_identity
from server.accounts.certificates import authority_of
from server.client.choice import ServerChoice
from server.client.conversation import Conversation
from server.client.identity import Identity
from server.client.notices import AnyNotice, Connected, StandbyChanged
from server.client.settings import ConversationSettings
from server.cluster.data_folder import DataFolder
from server.cluster.pair_processes import PairProcesses, choose_ports
from server.commands.pair import make_pair_folders
from server.network.client_links import ClientLinks
from server.network.clock import SystemClock
from server.network.loop_thread import LoopThread
from server.network.tls import Trust
from server.open_files import raise_file_limit

PEOPLE = {Effort.TINY: 5, Effort.QUICK: 200, Effort.FULL: 2_000}
WITHIN_S = 120.0
AT_ONCE = 64
# Until the crowd's process is there: the kill comes at the moment from which its times count.
BEGINS_AFTER_S = 3.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A pair that runs, and how to reach it: the first address is the one that dies."""

    processes: PairProcesses
    addresses: tuple[str, str]
    trust: Trust


class Person:
    """One client and where it is; told on the loop's thread."""

    def __init__(self, number: int, scene: Scene, thread: LoopThread) -> None:
        self.server = self.standby = ""
        self.served_s = 0.0
        identity = Identity(name=name(number), device=device(number), secret=secret(number))
        settings = ConversationSettings(client="benchmark")
        self.links = ClientLinks(
            thread,
            Conversation(
                identity,
                scene.addresses,
                cursor=None,
                settings=settings,
                rng=Random(secrets.randbits(64)),
            ),
            self._hear,
            clock=SystemClock(),
            trust=scene.trust,
        )

    def _hear(self, notices: list[AnyNotice]) -> None:
        for notice in notices:
            if isinstance(notice, Connected):
                self.server, self.served_s = notice.server, time.monotonic()
            elif isinstance(notice, StandbyChanged):
                self.standby = notice.server


def measure(bench: Bench) -> Iterator[Row]:
    """The unluckiest and the middle one of all people, from the kill to the moment they are served again."""
    people = PEOPLE[bench.effort]
    raise_file_limit(2 * people)
    for way, measured in (("standby links", activated), ("all dial", dialled)):
        with bench.at(way):
            waits = measured(people)
            bench.tell(f"the last of {people:,} after {waits[-1] * 1e3:,.0f} ms")
        case = f"storm of {people:,} clients, {way}"
        yield Row(case, waits[-1] * 1e3, "ms last")
        yield Row(case, waits[len(waits) // 2] * 1e3, "ms p50")


def activated(people: int) -> list[float]:
    """How long each of the clients with a standby link had nobody (s), sorted."""
    with pair() as scene, crowd(people, scene) as everybody:
        make_known(people, scene)
        for person in everybody:
            person.links.connect()
        _wait(lambda: all(p.server and p.standby for p in everybody), "everybody has both links")
        home = everybody[0].server
        killed_s = time.monotonic()
        scene.processes.servers[0].kill()
        _wait(lambda: all(p.server != home for p in everybody), "everybody is at the other one")
        return sorted(person.served_s - killed_s for person in everybody)


def dialled(people: int) -> list[float]:
    """How long it takes after the kill until each one who dials is signed in (s), sorted."""
    with pair() as scene:
        make_known(people, scene)
        begins_at_s = time.monotonic() + BEGINS_AFTER_S
        killer = threading.Timer(BEGINS_AFTER_S, scene.processes.servers[0].kill)
        killer.start()
        plan = msgspec.structs.replace(
            plan_for(scene.addresses[1], [hello(number) for number in range(1, people + 1)]),
            begins_at_s=begins_at_s,
            dials_at_s=sorted(dials_at_s(scene, people, Random(number)) for number in range(people)),
        )
        with gathered(plan) as report:
            killer.join()
            return report.each_s


def dials_at_s(scene: Scene, people: int, rng: Random) -> float:
    """When the client dials the other server after it lost its own, in a crowd."""
    choice = ServerChoice(scene.addresses, ConversationSettings(), rng)
    choice.crowd = people
    choice.failed(scene.addresses[0], 0.0, was_steady=True)
    return choice.place(scene.addresses[1]).not_before


@contextmanager
def pair() -> Iterator[Scene]:
    """Both servers with TLS, dual."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        first, second = make_pair_folders(Path(folder), chat="Benchmark", is_plain=False)
        ports = choose_ports(0)
        both = PairProcesses((first.path, second.path), ports, OPTIONS, tell=lambda _text: None)
        stack.callback(both.stop)
        both.start()
        addresses = tuple(f"127.0.0.1:{port}" for port in ports.clients)
        yield Scene(both, (addresses[0], addresses[1]), trust_of(first))


def make_known(people: int, scene: Scene) -> None:
    """Everybody has been there before: a storm is not a crowd of new people."""
    greetings = [hello(number, standby=True) for number in range(1, people + 1)]
    plan = msgspec.structs.replace(plan_for(scene.addresses[0], greetings), is_staying=False)
    with gathered(plan):
        """They are gone again."""


def plan_for(address: str, greetings: list[bytes]) -> Plan:
    """A crowd with TLS at one of the servers."""
    host, _, port = address.rpartition(":")
    return Plan(
        host=host,
        port=int(port),
        is_encrypted=True,
        greetings=greetings,
        ready=SIGNED_IN,
        keep_alive=PING,
        at_once=AT_ONCE,
    )


def trust_of(folder: DataFolder) -> Trust:
    """As a client that has been there before."""
    identity = load_identity(folder.certificates)
    assert identity is not None
    return Trust(ca_pem=authority_of(identity.chain_pem).decode())


@contextmanager
def crowd(people: int, scene: Scene) -> Iterator[list[Person]]:
    """So many clients on one loop; not connected yet."""
    thread = LoopThread("crowd")
    thread.start()
    everybody = [Person(n, scene, thread) for n in range(1, people + 1)]
    try:
        yield everybody
    finally:
        thread.run_sync(_leave(everybody), WITHIN_S)
        thread.stop(WITHIN_S)


async def _leave(everybody: list[Person]) -> None:
    await asyncio.gather(*(person.links.stopped() for person in everybody))


def _wait(condition: Callable[[], bool], what: str) -> None:
    end_s = time.monotonic() + WITHIN_S
    pause = threading.Event()
    while not condition():
        if time.monotonic() > end_s:
            raise RuntimeError(f"not within {WITHIN_S:g} s: {what}")
        pause.wait(0.05)


STORM = Case("storm", "everybody goes on at the other server after a kill", measure)
