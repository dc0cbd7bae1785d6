"""`status`: what a pair says about itself, to whom, and whether both archives are equal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.accounts.certificate_files import load_identity
from server.accounts.certificates import fingerprint_of
from server.client.notices import StandbyChanged
from server.cluster.data_folder import DataFolder
from server.names.fingerprints import fingerprint_text
from tests.commands.programs import Program, fails_here, run_here
from tests.end_to_end.people import People
from tests.end_to_end.real_pair import RealPair, wait_for_mode
from tests.waiting import wait_until

A, B = 0, 1


def addresses(pair: RealPair) -> list[str]:
    return [f"127.0.0.1:{port}" for port in pair.ports.clients]


def facts_of(*arguments: object) -> Any:
    program = run_here("status", *arguments, "--json")
    assert program.code == 0, program.errors
    return msgspec.json.decode(program.text)


@pytest.fixture
def busy_pair(steady: None, pair: RealPair, people: People) -> RealPair:
    """A pair in dual mode with two people and three messages."""
    anna, bruno = people.person(pair.invite, "Anna"), people.person(pair.invite, "Bruno")
    bruno.connected()
    wait_for_mode(anna, "dual")
    for text in ("1", "2", "3"):
        anna.say(text)
    anna.stored(3)
    for person in (anna, bruno):
        person.reads("1", "2", "3")
        person.wait_for(StandbyChanged, lambda standby: bool(standby.server))
    return pair


def test_everything_is_shown_to_who_has_the_data_folder(busy_pair: RealPair) -> None:
    def is_level() -> Any:
        found = facts_of(*addresses(busy_pair), "--data", busy_pair.path)
        is_dual = {server["mode"] for server in found["servers"]} == {"dual"}
        is_equal = found["archives_equal"] and found["servers"][B]["archive_number"] == 3
        return found if is_dual and is_equal else None

    found = wait_until(is_level, what="both level")
    first, second = found["servers"]
    assert {first["role"], second["role"]} == {"leader", "follower"}
    assert (first["mode"], first["error"], first["peer"], second["peer"]) == ("dual", "", "B", "A")
    assert first["epoch"] == second["epoch"]
    assert first["archive_number"] == 3
    assert first["durable_index"] >= first["index"] == found["compared_index"]
    assert first["hash"] == second["hash"]
    assert (first["users"], second["users"], first["users_max"]) == (2, 0, 100)
    active = [c for c in first["connections"] if not c["is_standby"]]
    assert sorted(c["user"] for c in active) == ["Anna", "Bruno"]
    assert {(c["number"], c["lag"]) for c in active} == {(3, 0)}
    assert {c["is_standby"] for c in second["connections"]} == {True}


def test_without_the_secret_this_computer_is_shown_the_outlines(busy_pair: RealPair) -> None:
    found = facts_of(*addresses(busy_pair))
    for server in found["servers"]:
        outlines = {"server", "cluster", "role", "mode", "epoch", "archive_number", "index", "hash"}
        assert set(server) == outlines | {"address", "error"}
    assert isinstance(found["archives_equal"], bool)


def test_people_read_lines(busy_pair: RealPair) -> None:
    program = run_here("status", *addresses(busy_pair), "--data", busy_pair.path / "a")
    assert "3 messages (MA)" in program.text
    assert "2 of 100 users" in program.text
    assert "MT 3  lag 0" in program.text
    assert "The archives are equal up to record" in program.text
    assert program.errors == ""


def test_the_folder_of_a_pair_knows_both_servers_also_when_one_is_dead(busy_pair: RealPair) -> None:
    for folder in (busy_pair.path, busy_pair.path / "a", busy_pair.path / "b"):
        assert [server["server"] for server in facts_of("--data", folder)["servers"]] == ["A", "B"]
    busy_pair.kill(B)
    found = facts_of("--data", busy_pair.path)["servers"]
    assert [server["address"] for server in found] == addresses(busy_pair)
    assert [server["error"] for server in found] == ["", "no server listens there"]


def test_of_one_server_nothing_is_said_about_a_comparison(busy_pair: RealPair) -> None:
    assert "archives" not in run_here("status", addresses(busy_pair)[A]).text


def test_an_invite_link_is_two_addresses_and_their_trust(pair: RealPair) -> None:
    program = run_here("status", pair.invite)
    assert program.code == 0
    assert [line.split()[1] for line in program.lines[:2]] == ["A", "B"]
    assert program.errors == ""


def test_a_fingerprint_is_trust_and_a_wrong_one_is_none(pair: RealPair) -> None:
    identity = load_identity(DataFolder(pair.path / "a").certificates)
    assert identity is not None
    pin = fingerprint_of(identity.chain_pem)
    (server,) = facts_of(addresses(pair)[A], "--fingerprint", fingerprint_text(pin))["servers"]
    assert server["server"] == "A"
    program = run_here("status", addresses(pair)[A], "--fingerprint", "0" * 64)
    assert program.code == 1
    assert "its certificate is not the one that is trusted" in program.text


def test_an_unknown_certificate_on_this_computer_is_accepted_and_told(pair: RealPair) -> None:
    program = run_here("status", addresses(pair)[A])
    assert program.code == 0
    assert "its certificate was accepted unseen, on this computer" in program.errors


def test_a_server_that_does_not_answer_is_a_line_of_its_own(pair: RealPair) -> None:
    pair.kill(B)
    first, second = facts_of(*addresses(pair))["servers"]
    assert (first["server"], first["error"]) == ("A", "")
    assert second == {"address": addresses(pair)[B], "error": "no server listens there"}
    pair.kill(A)
    program = run_here("status", *addresses(pair))
    assert program.code == 1
    assert program.text.count("does not answer: no server listens there") == 2


def test_a_plain_server_is_asked_with_plain_only(make_pair: Callable[..., RealPair], tmp_path: Path) -> None:
    with Program("serve", "--open", "--data", tmp_path / "x", "--listen", "127.0.0.1:0", "--plain") as server:
        address = server.wait_line("ready: ").split()[2].rstrip(",")
        assert run_here("status", address, "--plain").code == 0
        assert run_here("status", address, "--data", tmp_path / "x").code == 0
        program = run_here("status", address)
        assert program.code == 1
        assert "does not answer" in program.text


def test_watching_shows_it_again_until_ctrl_c(pair: RealPair) -> None:
    with Program("status", *addresses(pair), "--watch", "--json") as program:
        wait_until(lambda: len(program.lines) >= 2, what="two rounds")
        assert program.interrupt() == 0
    for line in program.lines:
        assert len(msgspec.json.decode(line)["servers"]) == 2


def test_wrong_usage_is_told_with_code_2(tmp_path: Path) -> None:
    fails_here(2, "Say which servers", "status")
    fails_here(2, "is not the name or number of a computer", "status", "a b")
    fails_here(2, "The invite link is cut off", "status", "desktop-chat://127.0.0.1:1/")
    fails_here(2, "This is no fingerprint", "status", "127.0.0.1:1", "--fingerprint", "x")
    fails_here(1, "There is no server in", "status", "127.0.0.1:1", "--data", tmp_path)
