"""The faults that are happening: begun, changed, ended at their time."""

import dataclasses
from collections.abc import Callable
from typing import Final

from server.torture.bad_disk import BadDisk
from server.torture.cuts import Holds, PairNetwork
from server.torture.faults import CUTS, OF_DISK, FaultKind
from server.torture.plan import PlannedFault
from server.torture.processes import TwoServers


@dataclasses.dataclass(slots=True)
class _Happening:
    """A fault at a server, and when something about it changes next."""

    planned: PlannedFault
    place: int
    next_s: float
    # Of a cut: what is held now, and how many of its moments have passed.
    holds: Holds = dataclasses.field(default_factory=list)
    passed: int = 0


class Weather:
    """Call `look` often; `clear` ends everything at once. Times are monotonic, in seconds."""

    def __init__(
        self, servers: TwoServers, network: PairNetwork | None, disks: tuple[BadDisk, BadDisk] | None
    ) -> None:
        self._servers: Final = servers
        self._network: Final = network
        self._disks: Final = disks
        self._happening: list[_Happening] = []
        begins: dict[FaultKind, Callable[[_Happening, float], None]] = {
            FaultKind.KILL: lambda fault, now: servers.kill(fault.place),
            FaultKind.PAUSE: lambda fault, now: servers.pause(fault.place),
            FaultKind.DISK_FULL: lambda fault, now: self._spoil_disk(fault),
            FaultKind.SLOW_DISK: lambda fault, now: self._spoil_disk(fault),
        }
        self._begins: Final = begins | dict.fromkeys(CUTS, self._turn_cut)
        ends: dict[FaultKind, Callable[[_Happening], None]] = {
            FaultKind.KILL: lambda fault: servers.start_again(fault.place),
            FaultKind.PAUSE: lambda fault: servers.resume(fault.place),
        }
        self._ends: Final = ends | dict.fromkeys(CUTS, self._heal) | dict.fromkeys(OF_DISK, self._repair_disk)

    def begin(self, planned: PlannedFault, place: int, now: float) -> None:
        """Do it."""
        fault = _Happening(planned, place, now + planned.lasts_s)
        self._happening.append(fault)
        self._begins[planned.kind](fault, now)

    def look(self, now: float) -> None:
        """End what is over, and let cuts come and go."""
        for fault in [fault for fault in self._happening if fault.next_s <= now]:
            cut = fault.planned.cut
            if cut is not None and fault.passed < len(cut.moments_s):
                self._turn_cut(fault, now)
            else:
                self._end(fault)

    def clear(self) -> None:
        """End everything; who was killed stays down."""
        for fault in list(self._happening):
            if fault.planned.kind is FaultKind.KILL:
                self._happening.remove(fault)
            else:
                self._end(fault)

    @property
    def is_clear(self) -> bool:
        """Whether nothing happens now."""
        return not self._happening

    def is_bad_disk(self, place: int) -> bool:
        """Whether the disk of a server is bad now."""
        return any(f.place == place and f.planned.kind in OF_DISK for f in self._happening)

    def _end(self, fault: _Happening) -> None:
        self._happening.remove(fault)
        self._ends[fault.planned.kind](fault)

    def _turn_cut(self, fault: _Happening, now: float) -> None:
        """Its next moment: cut, open, cut, ..."""
        cut = fault.planned.cut
        assert cut is not None
        assert self._network is not None
        if fault.passed % 2:
            self._network.heal(fault.holds, resets=False)
            fault.holds = []
        else:
            fault.holds = self._network.cut(fault.place, fault.planned)
        fault.next_s = now + cut.moments_s[fault.passed]
        fault.passed += 1

    def _heal(self, fault: _Happening) -> None:
        assert fault.planned.cut is not None
        assert self._network is not None
        self._network.heal(fault.holds, resets=fault.planned.cut.resets)

    def _spoil_disk(self, fault: _Happening) -> None:
        assert self._disks is not None
        assert fault.planned.disk is not None
        self._disks[fault.place].go_bad(fault.planned.disk)

    def _repair_disk(self, fault: _Happening) -> None:
        assert self._disks is not None
        self._disks[fault.place].recover()
