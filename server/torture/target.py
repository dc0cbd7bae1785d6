"""What is tortured: a pair on this computer, with a network and disks that can fail where that is wanted."""

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from server.cluster.data_folder import DataFolder
from server.cluster.pair_processes import Own, PairPorts, PairProcesses
from server.i18n.translation import _
from server.torture.bad_disk import BadDisk, NoBadDiskError, build_library
from server.torture.cuts import PairNetwork
from server.torture.faults import CUTS, OF_DISK, FaultKind
from server.torture.processes import CAN_PAUSE


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """Both archives (A, B), the processes, what clients dial, and what stands between all of them.

    `left_out`: the kinds of faults that this machine cannot do, and why.
    """

    archives: tuple[Path, Path]
    pair: PairProcesses
    client_ports: tuple[int, int]
    network: PairNetwork | None
    disks: tuple[BadDisk, BadDisk] | None
    left_out: dict[FaultKind, str]


@contextlib.contextmanager
def prepared(
    folders: tuple[Path, Path],
    ports: PairPorts,
    options: Sequence[str],
    kinds: Sequence[FaultKind],
    tell: Callable[[str], None],
) -> Iterator[Target]:
    """Make ready what the kinds of faults need; nothing of it outlives the block."""
    left_out = {} if CAN_PAUSE else {FaultKind.PAUSE: _("this system cannot stop a process for a while")}
    with contextlib.ExitStack() as stack:
        # Without cuts nothing stands between: the kernel is quicker than any proxy.
        network = _network(ports, stack) if CUTS & set(kinds) else None
        disks = None
        if OF_DISK & set(kinds):
            try:
                disks = _disks(folders, stack)
            except NoBadDiskError as error:
                left_out |= dict.fromkeys(OF_DISK, str(error))
        seen = network.ports if network is not None else ports
        own = _own(0, seen, disks), _own(1, seen, disks)
        yield Target(
            archives=(DataFolder(folders[0]).archive, DataFolder(folders[1]).archive),
            pair=PairProcesses(folders, ports, options, tell, own=own),
            client_ports=seen.clients,
            network=network,
            disks=disks,
            left_out={kind: why for kind, why in left_out.items() if kind in kinds},
        )


def _network(ports: PairPorts, stack: contextlib.ExitStack) -> PairNetwork:
    network = PairNetwork(ports)
    stack.callback(network.stop)
    network.start()
    return network


def _disks(folders: tuple[Path, Path], stack: contextlib.ExitStack) -> tuple[BadDisk, BadDisk]:
    workshop = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    library = build_library(workshop)
    first, second = (
        stack.enter_context(BadDisk(library, folder, workshop / f"{place}.control"))
        for place, folder in enumerate(folders)
    )
    return first, second


def _own(place: int, seen: PairPorts, disks: tuple[BadDisk, BadDisk] | None) -> Own:
    """Where the others find this server, and where it finds the other one."""
    options = (
        *("--advertise", f"127.0.0.1:{seen.clients[place]}"),
        *("--peer", f"127.0.0.1:{seen.servers[1 - place]}"),
    )
    return Own(options, disks[place].environment if disks is not None else {})
