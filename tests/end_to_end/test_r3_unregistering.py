"""R3.1 with real servers: leaving the chat for good, while the leading server dies or not."""

import random
import subprocess
import threading
from pathlib import Path

import pytest

from tests.end_to_end.real_pair import RealPair
from tests.end_to_end.test_r3_accounts import PASSWORD, Computers, state_of, stop_level
from tests.source_tree import PROJECT
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("steady")


@pytest.fixture
def computers(tmp_path: Path, pair: RealPair) -> Computers:
    return Computers(tmp_path, pair)


def settle_in(computers: Computers) -> str:
    """Ben is here with a password and two computers; he is Anna's friend, and they have a group."""
    right = computers.file(PASSWORD)
    for computer, name, options in (
        ("ben", "ben", ("--register",)),
        ("second", "ben", ()),
        ("anna", "anna", ()),
    ):
        shown = ("--password-file", right) if name == "ben" else ()
        code, told = computers.say(computer, f"{computer} was here", *options, *shown, name=name)
        assert code == 0, told
    for computer, typed in (
        ("ben", "/friend anna\n/group Choir anna\nla la la"),
        ("anna", "/accept ben"),
        ("ben", "/msg anna only for you"),
    ):
        code, told = computers.say(computer, typed, name=computer)
        assert code == 0, told
    return right


def nobody_comes_back(pair: RealPair, computers: Computers, right: str) -> None:
    """Neither with the old device, nor with the password, nor as somebody new."""
    for options, reason in (
        ((), "You have left this chat for good"),
        (("--data", str(pair.path / "new"), "--password-file", right), "The name or the password is wrong"),
        (("--data", str(pair.path / "new"), "--register", "--password-file", right), "Somebody has the name"),
    ):
        code, told = computers.say("ben", "no", "--wait", "5", *options, name="ben")
        assert code == 1, told
        assert reason in told


def others_see_it(computers: Computers) -> None:
    """What was written is there, with a word about who wrote it; nothing new goes to that person."""
    code, told = computers.say(
        "anna", "/rooms\n/friends\n/room Choir\n/members\n/room ben\n/members", name="anna"
    )
    assert code == 0, told
    assert "@ben  (private, has left this chat" in told
    assert "You have no friends here yet" in told
    assert "you administer it" in told
    assert "ben (left): only for you" in told
    assert "ben (left): la la la" in told
    code, told = computers.say("anna", "/msg ben are you there?", name="anna")
    assert code == 1
    assert "That person has left the chat." in told


@pytest.mark.parametrize("kills", [False, True], ids=["calm", "kill -9"])
def test_r3_1_whoever_leaves_is_gone_from_both_servers_and_what_was_written_stays(
    pair: RealPair, computers: Computers, rng: random.Random, kills: bool
) -> None:
    right = settle_in(computers)
    code, told = computers.say("ben", "/unregister\nbenny", name="ben")
    assert code == 1
    assert "nothing was changed" in told
    code, told = computers.say("ben", "/unregister\nben\nnot the password", name="ben")
    assert code == 1
    assert "The name or the password is wrong" in told
    words = computers.words("second", "ben")
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=PROJECT, text=True
    ) as second:
        try:
            assert second.stdout is not None
            heard = iter(second.stdout.readline, "")
            assert any("connected to server" in line for line in heard)
            delay_s = rng.uniform(0.3, 1.5)
            timer = threading.Timer(delay_s, lambda: pair.kill(0))
            if kills:
                timer.start()
            code, told = computers.say("ben", f"/unregister\nben\n{PASSWORD}\nsaid behind it", name="ben")
            assert code == 0, (delay_s, told)
            assert "You have left this chat." in told
            # His other computer is told, and ends.
            wait_until(lambda: second.poll() is not None, what="the end of the other computer")
            assert second.returncode == 1
            assert any("You have left this chat for good" in line for line in heard)
        finally:
            second.kill()
            timer.cancel()
    if kills:
        timer.join()
        pair.kill(0)
        pair.start_again(0)
    nobody_comes_back(pair, computers, right)
    others_see_it(computers)
    stop_level(pair)
    states = [state_of(pair, place) for place in (0, 1)]
    assert states[0].users == states[1].users
    assert states[0].devices == states[1].devices
    (ben,) = (user for user in states[0].users.values() if user.name == "ben")
    assert (ben.has_left, ben.devices, ben.password) == (True, 0, "")
    texts = [record.body for record in pair.archive(0) if record.header.kind == "message"]
    assert not any(b"said behind it" in body for body in texts)
    assert sum(b"la la la" in body for body in texts) == 1
