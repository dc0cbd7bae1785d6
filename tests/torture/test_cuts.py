"""A cut holds back what it says, at the ports where that passes, and comes and goes at its moments."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.cluster.pair_processes import PairPorts, PairProcesses, choose_ports
from server.torture.cuts import PairNetwork
from server.torture.faults import FaultKind
from server.torture.plan import CutPlace, PlannedCut, PlannedFault
from server.torture.processes import TwoServers
from server.torture.proxy import Way
from server.torture.weather import Weather


@pytest.fixture
def ports() -> PairPorts:
    return choose_ports(0)


@pytest.fixture
def network(ports: PairPorts) -> Iterator[PairNetwork]:
    network = PairNetwork(ports)
    network.start()
    yield network
    network.stop()


def planned(
    kind: FaultKind, place: CutPlace, *, is_towards: bool = True, moments_s: tuple[float, ...] = (1.0,)
) -> PlannedFault:
    cut = PlannedCut(place=place, moments_s=moments_s, is_towards=is_towards, resets=False)
    return PlannedFault(kind=kind, at_s=0, settled_s=0, lasts_s=sum(moments_s), is_for_leader=True, cut=cut)


def held(network: PairNetwork) -> str:
    """`A>` to A's clients' port and back; `a>` the same at the port for the other server."""
    names = zip("ABab", network._proxies, strict=True)
    return " ".join(name + sign for name, proxy in names for way, sign in SIGNS.items() if proxy.is_held(way))


SIGNS = {Way.IN: "<", Way.OUT: ">"}
BOTH = FaultKind.PARTITION
ONE = FaultKind.ONEWAY


@pytest.mark.parametrize(
    ("kind", "place", "is_towards", "expected"),
    [
        (BOTH, CutPlace.SERVERS, True, "a< a> b< b>"),
        (BOTH, CutPlace.MACHINE, True, "A< A> a< a> b< b>"),
        (BOTH, CutPlace.CLIENTS, True, "A< A>"),
        # What is sent to A comes in at its ports, and goes out at B's port where A dials.
        (ONE, CutPlace.SERVERS, True, "a< b>"),
        (ONE, CutPlace.SERVERS, False, "a> b<"),
        (ONE, CutPlace.MACHINE, True, "A< a< b>"),
        (ONE, CutPlace.CLIENTS, False, "A>"),
    ],
)
def test_a_cut_of_the_first_server_is_made_at_these_ports(
    network: PairNetwork, kind: FaultKind, place: CutPlace, is_towards: bool, expected: str
) -> None:
    holds = network.cut(0, planned(kind, place, is_towards=is_towards))
    assert held(network) == expected
    network.heal(holds, resets=False)
    assert held(network) == ""


def test_a_cut_of_the_second_server_is_the_mirror_image(network: PairNetwork) -> None:
    network.cut(1, planned(ONE, CutPlace.MACHINE, is_towards=True))
    assert held(network) == "B< a> b<"


def test_a_cut_that_comes_and_goes_does_so_at_its_moments(
    network: PairNetwork, ports: PairPorts, tmp_path: Path
) -> None:
    servers = TwoServers(PairProcesses((tmp_path, tmp_path), ports, [], tell=print), network)
    weather = Weather(servers, network, None)
    weather.begin(planned(BOTH, CutPlace.CLIENTS, moments_s=(1.0, 2.0, 3.0)), 0, now=10.0)
    seen = []
    for now in (10.9, 11.0, 12.9, 13.0, 15.9, 16.0):
        weather.look(now)
        seen.append((bool(held(network)), weather.is_clear))
    assert seen == [
        (True, False),
        (False, False),
        (False, False),
        (True, False),
        (True, False),
        (False, True),
    ]


def test_clear_weather_ends_every_cut(network: PairNetwork, ports: PairPorts, tmp_path: Path) -> None:
    servers = TwoServers(PairProcesses((tmp_path, tmp_path), ports, [], tell=print), network)
    weather = Weather(servers, network, None)
    weather.begin(planned(BOTH, CutPlace.CLIENTS), 0, now=10.0)
    weather.begin(planned(ONE, CutPlace.MACHINE), 0, now=10.0)
    weather.clear()
    assert weather.is_clear
    assert held(network) == ""
