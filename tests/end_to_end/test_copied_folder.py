"""A copy of a running server's data folder, started on a third machine, takes nothing from the original."""

import shutil
from pathlib import Path

import pytest

from server.client.notices import ServersChanged
from server.cluster.pair_processes import choose_ports
from tests.commands.programs import fails
from tests.end_to_end.people import People
from tests.end_to_end.real_pair import RealPair, wait_for_mode
from tests.waiting import DEADLINE_S

A, B = 0, 1


@pytest.mark.usefixtures("steady")
@pytest.mark.parametrize("place", [A, B])
def test_a_copy_is_told_and_the_original_goes_on_undisturbed(
    pair: RealPair, people: People, tmp_path: Path, place: int
) -> None:
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    anna.stored(anna.say("before"))
    copy = tmp_path / "copy"
    shutil.copytree(pair.path / "ab"[place], copy)
    (copy / "lock").unlink()
    before = len(anna.all_of(ServersChanged))
    ports = choose_ports(0)
    fails(
        1,
        "one of the two data folders is a copy of the other",
        *("serve", "--data", copy, "--listen", f"127.0.0.1:{ports.clients[0]}"),
        *("--peer-listen", f"127.0.0.1:{ports.servers[0]}"),
        *("--peer", f"127.0.0.1:{pair.ports.servers[1 - place]}"),
    )
    anna.on_both(anna.say("after"))
    assert {told.mode for told in anna.all_of(ServersChanged)[before:]} <= {"dual"}


@pytest.mark.parametrize("place", [A, B])
def test_a_server_that_was_killed_and_is_started_again_is_linked_at_once(
    pair: RealPair, people: People, place: int
) -> None:
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    pair.kill(place)
    pair.start_again(place)
    assert pair.processes.servers[place].wait_dual(DEADLINE_S)
    assert pair.processes.servers[place].errors == ""
