"""R3.1 with real servers: nobody is new without an invite; what administrators do outlives `kill -9`."""

import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.accounts.proofs import setup_code
from server.cluster.data_folder import DataFolder
from server.names.invite_links import InviteLink, parse_invite_link
from tests.end_to_end.deaths import CLIENT_S, bring_back, dying_leader
from tests.end_to_end.real_pair import RealPair
from tests.end_to_end.test_r3_accounts import OTHER, PASSWORD, Computers, state_of, stop_level
from tests.source_tree import PROJECT
from tests.waiting import DEADLINE_S


@pytest.fixture
def pair(tmp_path: Path, steady: None) -> Iterator[RealPair]:
    """A pair as it is by default; what one server alone acknowledged would be gone with it."""
    pair = RealPair(tmp_path / "pair", is_open=False)
    pair.start()
    try:
        yield pair
    finally:
        pair.stop()


@pytest.fixture
def computers(tmp_path: Path, pair: RealPair) -> Computers:
    return Computers(tmp_path, pair)


def admin(pair: RealPair, *words: str, folder: str = "") -> Any:
    """What `admin --json` answers, with the folder of the pair or of one server."""
    done = subprocess.run(
        [sys.executable, "-m", "server", "admin", "--data", str(pair.path / folder), "--json", *words],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        cwd=PROJECT,
    )
    assert done.returncode == 0, done.stderr
    return msgspec.json.decode(done.stdout)


def join(computers: Computers, pair: RealPair, name: str, *, wait: str = "20") -> tuple[int, str]:
    """Somebody new comes with an invite of the operator."""
    link = parse_invite_link(admin(pair, "invite")["link"])
    assert isinstance(link, InviteLink)
    options = ["--server", str(link), "--register", "--password-file", computers.file(PASSWORD)]
    return computers.say(name, f"{name} is here", *options, "--wait", wait, name=name)


def test_r3_1_who_is_new_comes_by_setup_or_by_invite_and_by_nothing_else(
    pair: RealPair, computers: Computers, rng: random.Random
) -> None:
    right = computers.file(PASSWORD)
    code, told = computers.say("first", "no", "--register", "--password-file", right, "--wait", "5")
    assert code == 1
    assert "A new name needs an invite here" in told
    code, told = computers.say("first", "no", "--wait", "5", name="ben")
    assert code == 1
    setup = setup_code(bytes.fromhex(DataFolder(pair.path / "a").read().secret))
    with dying_leader(pair, rng, CLIENT_S, comes_back=False) as dead:
        code, told = computers.say("first", "one", "--setup", setup, "--password-file", right)
    assert code == 0, told
    code, told = computers.say("second", "no", "--setup", setup, "--password-file", right, name="ben")
    assert code == 1
    assert "The setup code is used up" in told
    bring_back(pair, dead)
    made = admin(pair, "invite")
    link = ["--server", made["link"], "--register", "--password-file", right]
    code, told = computers.say("third", "two", *link, name="ben")
    assert code == 0, told
    code, told = computers.say("fourth", "no", *link, "--wait", "5", name="carl")
    assert code == 1
    assert "This invite was used already" in told
    listed = admin(pair, "invites")["invites"]
    assert [(one["hash"], one["used_by"]) for one in listed] == [(made["hash"], ["ben"])]
    for folder in (pair.path / "a", pair.path / "b"):
        for file in folder.rglob("*"):
            assert not file.is_file() or made["code"].encode() not in file.read_bytes(), file


@pytest.mark.parametrize("place", [0, 1])
def test_r3_1_an_invite_lets_one_person_in_while_a_server_dies(
    pair: RealPair, computers: Computers, rng: random.Random, place: int
) -> None:
    delay_s = rng.uniform(0.3, 1.5)
    timer = threading.Timer(delay_s, lambda: pair.kill(place))
    timer.start()
    code, told = join(computers, pair, "anna")
    timer.join()
    assert code == 0, (delay_s, told)
    pair.start_again(place)
    (invite,) = admin(pair, "invites")["invites"]
    assert invite["used_by"] == ["anna"]
    stop_level(pair)
    states = [state_of(pair, server) for server in (0, 1)]
    assert states[0].invites == states[1].invites
    assert states[0].users == states[1].users
    assert sorted(user.name for user in states[0].users.values()) == ["anna", "operator"]


def test_r3_1_acts_of_administration_are_done_once_and_hold_at_both_servers(
    pair: RealPair, computers: Computers, rng: random.Random
) -> None:
    code, told = join(computers, pair, "ben")
    assert code == 0, told
    delay_s = rng.uniform(0.1, 0.8)
    timer = threading.Timer(delay_s, lambda: pair.kill(0))
    timer.start()
    admin(pair, "disable", "ben")
    timer.join()
    code, told = computers.say("ben", "no", "--wait", "5", name="ben")
    assert code == 1, delay_s
    assert "An administrator has disabled this account" in told
    pair.start_again(0)
    admin(pair, "enable", "ben")
    reset = admin(pair, "reset", "ben")["code"]
    taken = ["--reset", reset, "--password-file", computers.file(OTHER)]
    code, told = computers.say("new", "back", *taken, name="ben")
    assert code == 0, told
    code, told = computers.say("ben", "no", "--wait", "5", name="ben")
    assert code == 1
    assert "signed out for good" in told
    code, told = computers.say("newer", "no", *taken, "--wait", "5", name="ben")
    assert code == 1
    admin(pair, "settings", "--members-invite", "yes")
    acts = [(act["by"], act["act"], act["person"]) for act in admin(pair, "audit")["acts"]]
    assert acts == [
        ("operator", "invite", ""),
        ("operator", "disabled", "ben"),
        ("operator", "enabled", "ben"),
        ("operator", "reset", "ben"),
        ("operator", "settings", ""),
    ]


@pytest.mark.usefixtures("steady")
def test_r3_1_people_invites_and_the_rate_are_administered_with_the_folder_of_one_server(
    pair: RealPair, computers: Computers
) -> None:
    def administrators() -> list[str]:
        people = admin(pair, "users", folder="b")["accounts"]
        return [one["name"] for one in people if one["standing"] == "administrator"]

    code, told = join(computers, pair, "ben")
    assert code == 0, told
    admin(pair, "make-admin", "ben", folder="a")
    assert administrators() == ["ben"]
    # Somebody must stay one.
    code, told = join(computers, pair, "anna")
    assert code == 0, told
    admin(pair, "make-admin", "anna", folder="b")
    admin(pair, "make-member", "ben", folder="b")
    assert administrators() == ["anna"]
    made = admin(pair, "invite", folder="a")
    admin(pair, "take-back", made["hash"], folder="b")
    link = ["--server", made["link"], "--register", "--password-file", computers.file(PASSWORD)]
    code, told = computers.say("carl", "no", *link, "--wait", "5", name="carl")
    assert code == 1
    assert "This invite" in told
    admin(pair, "ban", "ben", folder="a")
    code, told = computers.say("ben", "no", "--wait", "5", name="ben")
    assert code == 1
    assert "disabled this account" in told or "signed out for good" in told
    assert admin(pair, "settings", "--send-rate", "3.5", folder="b")["send_rate_per_s"] == 3.5
    assert admin(pair, "settings", folder="a")["send_rate_per_s"] == 3.5
    acts = [(act["act"], act["person"]) for act in admin(pair, "audit", folder="b")["acts"]]
    assert acts == [
        ("invite", ""),
        ("administrator", "ben"),
        ("invite", ""),
        ("administrator", "anna"),
        ("member", "ben"),
        ("invite", ""),
        ("take_back", ""),
        ("banned", "ben"),
        ("settings", ""),
    ]


def test_r3_1_one_device_at_a_time_when_it_is_set(
    pair: RealPair, computers: Computers, rng: random.Random
) -> None:
    code, told = join(computers, pair, "ben")
    assert code == 0, told
    password = ["--password-file", computers.file(PASSWORD)]
    assert computers.say("second", "both", *password, name="ben")[0] == 0
    assert computers.say("ben", "both", name="ben")[0] == 0
    assert admin(pair, "settings", "--one-device", "yes")["one_device"] is True
    with dying_leader(pair, rng, CLIENT_S, comes_back=False):
        assert computers.say("third", "only here", *password, name="ben")[0] == 0
    for before in ("ben", "second"):
        code, told = computers.say(before, "no", "--wait", "5", name="ben")
        assert code == 1
        assert "signed out for good" in told
    assert computers.say("third", "still", name="ben")[0] == 0


def test_r3_1_a_member_invites_from_the_terminal_where_the_settings_let_it_and_takes_it_back(
    pair: RealPair, computers: Computers, rng: random.Random
) -> None:
    code, told = join(computers, pair, "ben")
    assert code == 0, told
    code, told = computers.say("ben", "/invite", name="ben")
    assert code == 1
    assert "This is not allowed here" in told
    admin(pair, "settings", "--members-invite", "yes")
    code, told = computers.say("ben", "/invite\n/invite\n/invites\n/uninvite 2\n/invites", name="ben")
    assert code == 0, told
    links = [line.removeprefix("* ") for line in told.splitlines() if "desktop-chat://" in line]
    assert len(links) == 2
    assert ": taken back" in told
    right = computers.file(PASSWORD)
    shown = ["--register", "--password-file", right, "--wait", "5"]
    with dying_leader(pair, rng, CLIENT_S, comes_back=False):
        code, told = computers.say("cleo", "hello", "--server", links[0], *shown, name="cleo")
    assert code == 0, told
    code, told = computers.say("dora", "hello", "--server", links[1], *shown, name="dora")
    assert code == 1
    assert "it was taken back" in told
    code, told = computers.say("ben", "/invites", name="ben")
    assert code == 0, told
    assert ": used by cleo" in told
