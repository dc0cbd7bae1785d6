"""The disks under test: the real one and the pretended one must do the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from server.archive.disk import Disk, SqliteDisk
from tests.simulation.disk import SimulatedDisk


class OpenDisk(Protocol):
    """Opens the same disk again and again."""

    def __call__(self) -> Disk: ...


class SyncedDisk(SimulatedDisk):
    """The pretended disk as the real one behaves: a commit is durable when it returns."""

    def commit(self, transaction: object) -> None:
        super().commit(transaction)  # type: ignore[arg-type]
        self.sync()


@pytest.fixture(params=["sqlite", "simulated"])
def open_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenDisk]:
    """Open the disk; what was committed is there when it is opened again."""
    opened: list[Disk] = []
    simulated = SyncedDisk()

    def open_it() -> Disk:
        for disk in opened:
            disk.close()
        opened[:] = [SqliteDisk(tmp_path / "archive.sqlite") if request.param == "sqlite" else simulated]
        return opened[0]

    yield open_it
    for disk in opened:
        disk.close()


@pytest.fixture
def disk(open_disk: OpenDisk) -> Disk:
    """A fresh disk."""
    return open_disk()
