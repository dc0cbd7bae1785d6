"""The audit: what two copies mean when a disk has lied."""

from types import SimpleNamespace
from typing import Any

import pytest

from server.engine.round import Answer
from tests.engine.test_engine import device, message
from tests.replication.servers import dual_pair
from tests.simulation.checkers.audit import Audit
from tests.simulation.history import History, PromiseError


@pytest.fixture
def audit() -> Audit:
    """Message 1 of device d stands at 4 on both disks."""
    servers = dual_pair(device(), message(1))
    machines: Any = {name: SimpleNamespace(disk=disk) for name, disk in servers.disks.items()}
    return Audit(machines, History(), answer_s_max=1.0)


def acknowledged_at(index: int) -> Answer:
    return Answer(1, "d", 1, index=index, number=1, copies=2)


def test_an_acknowledged_request_is_at_its_place_on_the_disk(audit: Audit) -> None:
    audit._holds("a", acknowledged_at(4))
    with pytest.raises(PromiseError, match="the disk of a has it at 4"):
        audit._holds("a", acknowledged_at(5))


def test_a_disk_that_lied_about_a_cut_has_it_where_it_stood_before(audit: Audit) -> None:
    # A mistake of the audit (seed 81522437).
    audit._history.liars.add("a")
    audit._holds("a", acknowledged_at(5))
    with pytest.raises(PromiseError):
        audit._holds("b", acknowledged_at(5))
