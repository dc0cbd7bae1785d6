"""R3.1 with real servers and the terminal client: names that a password protects."""

import platform
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.state.fold import fold
from server.state.state import State
from server.terminal.outbox_file import OutboxFile
from tests.commands.programs import run_here
from tests.end_to_end.deaths import CLIENT_S, bring_back, dying_leader
from tests.end_to_end.real_pair import RealPair
from tests.source_tree import PROJECT
from tests.terminal.screen import Screen, open_screen
from tests.waiting import DEADLINE_S, wait_until

# A server that took the other one for dead for a moment acknowledges alone, and what it knew dies with it.
pytestmark = pytest.mark.usefixtures("steady")
PASSWORD = "a lamp that hums in B flat"
OTHER = "seven slow snails in a drawer"


class Computers:
    """Somebody's computers: each has a folder of its own, and one program at a time."""

    def __init__(self, path: Path, pair: RealPair) -> None:
        self._path = path
        self._pair = pair
        self._files = 0

    def words(self, computer: str, name: str, *options: str) -> list[str]:
        return [
            *[sys.executable, "-m", "server", "chat", "--server", str(self._pair.invite)],
            *["--name", name, "--data", str(self._path / computer), *options],
        ]

    def file(self, password: str) -> str:
        """A file with a password in it."""
        self._files += 1
        path = self._path / f"password{self._files}"
        path.write_text(password + "\n", encoding="utf-8")
        return str(path)

    def say(self, computer: str, text: str, *options: str, name: str = "anna") -> tuple[int, str]:
        """Say one thing from a pipe: the exit code, and all that was printed."""
        done = subprocess.run(
            self.words(computer, name, *options),
            input=f"{text}\n",
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
            cwd=PROJECT,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def computers(tmp_path: Path, pair: RealPair) -> Computers:
    return Computers(tmp_path, pair)


def stop_level(pair: RealPair) -> None:
    """Stop both when they are a pair again."""

    def is_dual() -> bool:
        told = msgspec.json.decode(run_here("status", "--data", pair.path / "a", "--json").text)
        return [server.get("mode") for server in told["servers"]] == ["dual"] * 2

    wait_until(is_dual, what="a pair")
    pair.stop()


def state_of(pair: RealPair, place: int) -> State:
    """What the archive of a stopped server means."""
    state = State()
    for record in pair.archive(place):
        fold(state, record)
    return state


def test_r3_1_a_protected_name_is_the_same_at_both_servers_and_outlives_kill_9(
    pair: RealPair, computers: Computers
) -> None:
    right, wrong = computers.file(PASSWORD), computers.file("another lamp that hums")
    code, told = computers.say("first", "one", "--register", "--password-file", right)
    assert code == 0, told
    pair.kill(0)
    # The other server knows it, and the first one when it is back.
    for computer in ("second", "third"):
        code, told = computers.say(computer, "no", "--wait", "5")
        assert code == 1, told
        assert "protected by a password" in told
        assert "Start again with --password" in told
        code, told = computers.say(computer, "no", "--wait", "5", "--password-file", wrong)
        assert code == 1
        assert "The name or the password is wrong" in told
        code, told = computers.say(computer, "yes", "--password-file", right)
        assert code == 0, told
        # From now on the computer is known.
        code, told = computers.say(computer, "again")
        assert code == 0, told
        if computer == "second":
            pair.start_again(0)
    code, told = computers.say("fourth", "no", "--register", "--password-file", right)
    assert code == 1
    assert "Somebody has the name anna already" in told
    assert "start again with --password instead of --register" in " ".join(told.split())
    stop_level(pair)
    states = [state_of(pair, place) for place in (0, 1)]
    # The one that is stopped last may have gone on alone, so the epochs differ.
    assert states[0].users == states[1].users
    assert states[0].devices == states[1].devices
    (anna,) = states[0].users.values()
    assert anna.devices == 3
    for folder in (pair.path / "a", pair.path / "b"):
        for file in folder.rglob("*"):
            assert not file.is_file() or PASSWORD.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("place", [0, 1])
def test_r3_1_whoever_registers_while_a_server_dies_is_registered_once(
    pair: RealPair, computers: Computers, rng: random.Random, place: int
) -> None:
    right = computers.file(PASSWORD)
    delays_s = [rng.uniform(0.3, 1.5) for _ in range(2)]
    for number, delay_s in enumerate(delays_s):
        timer = threading.Timer(delay_s, lambda: pair.kill(place))
        timer.start()
        name, computer = f"anna{number}", f"computer{number}"
        code, told = computers.say(computer, "one", "--register", "--password-file", right, name=name)
        timer.join()
        assert code == 0, (delays_s, told)
        code, told = computers.say(f"other{number}", "no", "--wait", "5", name=name)
        assert code == 1, (delays_s, told)
        code, told = computers.say(f"other{number}", "two", "--password-file", right, name=name)
        assert code == 0, (delays_s, told)
        pair.start_again(place)
    stop_level(pair)
    assert sorted(user.name for user in state_of(pair, 0).users.values()) == ["anna0", "anna1"]


def devices_of(told: str) -> list[dict[str, Any]]:
    """The devices in what `--json` printed."""
    notices = [msgspec.json.decode(line) for line in told.splitlines() if line.startswith("{")]
    answers = [notice["answer"] for notice in notices if notice["notice"] == "answered"]
    (listed,) = [answer["devices"] for answer in answers if answer["event"] == "device_list"]
    return list(listed)


def test_r3_1_a_lost_computer_is_signed_out_for_good_at_both_servers(
    pair: RealPair, computers: Computers, rng: random.Random
) -> None:
    right = computers.file(PASSWORD)
    code, told = computers.say("first", "one", "--register", "--password-file", right)
    assert code == 0, told
    code, told = computers.say("lost", "two", "--password-file", right)
    assert code == 0, told
    code, told = computers.say("first", "/devices", "--json")
    assert code == 0, told
    listed = devices_of(told)
    assert [device["is_this"] for device in listed] == [True, False]
    assert {device["name"] for device in listed} == {platform.node()[:32]}
    with dying_leader(pair, rng, CLIENT_S, comes_back=False) as dead:
        code, told = computers.say("first", f"/revoke {listed[1]['device']}")
        assert code == 0, told
        assert "One of your devices was signed out for good" in told
    code, told = computers.say("lost", "no", "--wait", "5")
    assert code == 1
    assert "This computer was signed out for good" in told
    code, told = computers.say("first", "/devices", "--json")
    assert [device["is_this"] for device in devices_of(told)] == [True]
    # Found again, it comes back with the password, as another device.
    code, told = computers.say("lost", "three", "--password-file", right)
    assert code == 0, told
    code, told = computers.say("first", "/devices\n/revoke 7", "--json")
    assert code == 1
    assert "Which one?" in told
    assert len(devices_of(told)) == 2
    # The last one signs itself out, while the other server dies.
    bring_back(pair, dead)
    with dying_leader(pair, rng, CLIENT_S):
        computers.say("first", f"/revoke {listed[0]['device']}")
    code, told = computers.say("first", "no", "--wait", "5")
    assert code == 1
    assert "Start again with --password" in told
    stop_level(pair)
    for place in (0, 1):
        devices = state_of(pair, place).devices
        assert all(devices[device["device"]].is_revoked for device in listed)
        assert sum(not device.is_revoked for device in devices.values()) == 1


def secret_of(folder: Path) -> bytes:
    """What the terminal client there signs in with."""
    (path,) = folder.glob("*.sqlite")
    outbox = OutboxFile(path)
    try:
        return outbox.identity("anna").secret.encode()
    finally:
        outbox.close()


def test_r3_1_whoever_signs_out_is_out_at_both_servers_and_comes_back_as_another_device(
    pair: RealPair, computers: Computers, rng: random.Random, tmp_path: Path
) -> None:
    right = computers.file(PASSWORD)
    code, told = computers.say("first", "one", "--register", "--password-file", right)
    assert code == 0, told
    code, told = computers.say("second", "two", "--password-file", right)
    assert code == 0, told
    secret = secret_of(tmp_path / "second")
    # What is typed before it is stored, what is typed behind it is said by nobody; and the leader dies.
    delay_s = rng.uniform(0.1, 1.5)
    timer = threading.Timer(delay_s, lambda: pair.kill(0))
    timer.start()
    code, told = computers.say("second", "goodbye\n/signout\nhello?")
    timer.join()
    assert code == 0, (delay_s, told)
    assert "You are signed out" in told
    assert "1 line was not sent" in told
    for file in (tmp_path / "second").rglob("*"):
        assert not file.is_file() or secret not in file.read_bytes(), file
    code, told = computers.say("second", "no", "--wait", "5")
    assert code == 1, told
    assert "protected by a password" in told
    code, told = computers.say("first", "/devices", "--json")
    assert [device["is_this"] for device in devices_of(told)] == [True]
    code, told = computers.say("second", "three", "--password-file", right, "--full-archive")
    assert code == 0, told
    # Each once: what was stored as the device that went is not sent by the one that came.
    assert [line.rpartition(": ")[2] for line in told.splitlines() if " anna: " in line] == [
        "one",
        "two",
        "goodbye",
        "no",
        "three",
    ]


def test_r3_1_without_a_server_nobody_is_signed_out_and_that_is_said(
    pair: RealPair, computers: Computers, tmp_path: Path
) -> None:
    code, told = computers.say("first", "one", "--register", "--password-file", computers.file(PASSWORD))
    assert code == 0, told
    secret = secret_of(tmp_path / "first")
    pair.kill(0)
    pair.kill(1)
    code, told = computers.say("first", "/signout", "--wait", "1")
    assert code == 1, told
    assert "No server has us now: this computer stays signed in." in told
    assert "Type /signout again when a server answers" in told
    assert secret_of(tmp_path / "first") == secret
    pair.start_again(1)
    with open_screen() as screen:
        words = computers.words("first", "anna")
        with subprocess.Popen(
            words, stdin=screen.far, stdout=screen.far, stderr=screen.far, cwd=PROJECT
        ) as process:
            try:
                screen.wait_for("connected to server")
                screen.wait_for(">")
                screen.type("/signout\r")
                screen.wait_for("You are signed out")
                wait_until(lambda: screen.read() and process.poll() is not None)
            finally:
                process.kill()
        assert process.returncode == 0
    code, told = computers.say("first", "no", "--wait", "5")
    assert code == 1
    assert "protected by a password" in told


def test_r3_1_a_changed_password_leaves_one_device_signed_in(
    pair: RealPair, computers: Computers, rng: random.Random
) -> None:
    right, changed = computers.file(PASSWORD), computers.file(OTHER)
    code, told = computers.say("first", "one", "--register", "--password-file", right)
    assert code == 0, told
    code, told = computers.say("second", "two", "--password-file", right)
    assert code == 0, told
    for typed, reason in (
        (f"/password\nnot this one\n{OTHER}\n{OTHER}", "The name or the password is wrong"),
        (f"/password\n{PASSWORD}\n{OTHER}\n{PASSWORD}", "The two are not the same"),
        (f"/password\n{PASSWORD}\npassword123\npassword123", "This password is guessed at once"),
    ):
        code, told = computers.say("first", typed)
        assert code == 1, told
        assert reason in told
    # The leader dies at some moment of it: it is asked for again, and done once.
    delay_s = rng.uniform(0.3, 1.5)
    timer = threading.Timer(delay_s, lambda: pair.kill(0))
    timer.start()
    code, told = computers.say("first", f"/password\n{PASSWORD}\n{OTHER}\n{OTHER}")
    timer.join()
    assert code == 0, (delay_s, told)
    code, told = computers.say("second", "no", "--wait", "5")
    assert code == 1
    assert "This computer was signed out for good" in told
    code, told = computers.say("second", "no", "--wait", "5", "--password-file", right)
    assert code == 1
    assert "The name or the password is wrong" in told
    code, told = computers.say("second", "three", "--password-file", changed)
    assert code == 0, told
    pair.start_again(0)
    stop_level(pair)
    states = [state_of(pair, place) for place in (0, 1)]
    # The one that is stopped last may have gone on alone, so the epochs differ.
    assert states[0].users == states[1].users
    assert states[0].devices == states[1].devices
    assert [user.devices for user in states[0].users.values()] == [2]


def is_back(screen: Screen, line: str) -> bool:
    """Press the arrow; whether the last line that was typed stands in the prompt. Its first press may come
    before a new prompt has read what was typed before."""
    screen.type("\x1b[A")
    return screen.read().rpartition("Your password was changed")[2].count(line) > 0


def test_what_is_typed_as_a_password_is_seen_nowhere(
    pair: RealPair, computers: Computers, tmp_path: Path
) -> None:
    for options, answers in ((["--register"], 2), (["--password"], 1)):
        with open_screen() as screen:
            words = computers.words(options[0].strip("-"), "anna", *options)
            with subprocess.Popen(
                words, stdin=screen.far, stdout=screen.far, stderr=screen.far, cwd=PROJECT
            ) as process:
                try:
                    for prompt in ("Password: ", "The same password once more: ")[:answers]:
                        screen.wait_for(prompt)
                        screen.type(PASSWORD + "\n")
                    screen.wait_for("connected to server")
                    screen.wait_for(">")
                    screen.type("/password\r")
                    for prompt in ("Your password now", "The new password:", "The new password once more:"):
                        screen.wait_for(prompt)
                        screen.type(PASSWORD + "\r")
                    screen.wait_for("Your password was changed")
                    # No arrow brings it back either.
                    wait_until(lambda: is_back(screen, "/password"), what="the line before")
                    screen.type("\x15/quit\r")
                    wait_until(lambda: screen.read() and process.poll() is not None)
                finally:
                    process.kill()
            assert process.returncode == 0
            assert PASSWORD not in screen.read()
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix == ".history"]
    assert len(kept) == 2
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes(), path
