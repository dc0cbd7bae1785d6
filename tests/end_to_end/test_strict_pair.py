"""`--strict` and `--wait-for-peer` with real processes: no acknowledgement of one copy, nothing lost."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from server.client.notices import CopiesRaised, ServersChanged, Stored
from tests.commands.bad_clients import RawClient
from tests.end_to_end.people import People
from tests.end_to_end.real_pair import RealPair, wait_for_mode
from tests.waiting import DEADLINE_S, wait_until

A, B = 0, 1


def test_whichever_server_dies_nothing_is_acknowledged_with_one_copy(
    make_pair: Callable[..., RealPair], people: People
) -> None:
    pair = make_pair("--strict")
    anna, bruno = people.person(pair.invite, "Anna"), people.person(pair.invite, "Bruno")
    expected = []
    for turn, victim in enumerate((A, B, A, B)):
        for person in (anna, bruno):
            wait_for_mode(person, "dual")
        for n in range(20):
            anna.say(f"{turn} before {n}")
        pair.kill(victim)
        for n in range(20):
            anna.say(f"{turn} after {n}")
        wait_for_mode(anna, "waiting")
        wait_until(lambda: anna.all_of(ServersChanged)[-1].is_waiting_for_other)
        pair.start_again(victim)
        expected += [f"{turn} {when} {n}" for when in ("before", "after") for n in range(20)]
        anna.stored(len(expected))
        bruno.reads(*expected)
    assert {stored.copies for stored in anna.all_of(Stored)} == {2}
    pair.stop()
    assert pair.messages(A) == pair.messages(B) == [(anna.device, n) for n in range(1, len(expected) + 1)]
    assert not [r for place in (A, B) for r in pair.archive(place) if r.is_epoch and len(r.members()) < 2]


def test_a_server_that_is_to_wait_serves_after_the_other_one_came(
    make_pair: Callable[..., RealPair], people: People
) -> None:
    pair = make_pair()
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    pair.kill(B)
    wait_for_mode(anna, "solo")
    alone = anna.stored(anna.say("alone"))
    pair.kill(A)
    # Without the option it would go on at once: its archive ends with what it had stored alone.
    pair.add_options("--wait-for-peer")
    pair.start_again(A)
    wait_until(lambda: "This server waits for the other one" in pair.processes.servers[A].errors)
    waiting = anna.say("who is there?")
    anna.wait_for(ServersChanged, lambda told: told.is_waiting_for_other)
    assert anna.texts == ["alone"]
    pair.start_again(B)
    assert anna.stored(waiting).copies in (1, 2)
    anna.wait_for(CopiesRaised, lambda raised: raised.index >= alone.index)
    anna.reads("alone", "who is there?")


def test_a_pipe_does_not_wait_for_ever_for_a_pair_that_stores_nothing(
    make_pair: Callable[..., RealPair], people: People, tmp_path: Path
) -> None:
    pair = make_pair("--strict")
    anna = people.person(pair.invite, "Anna")

    def say(text: str) -> subprocess.CompletedProcess[str]:
        options = ["--server", str(pair.invite), "--name", "Robot", "--data", str(tmp_path / "robot")]
        return subprocess.run(
            [sys.executable, "-m", "server", "chat", *options, "--wait", "1"],
            input=text,
            text=True,
            capture_output=True,
            timeout=DEADLINE_S,
            check=False,
        )

    wait_for_mode(anna, "dual")
    assert say("one\n").returncode == 0
    pair.kill(B)
    wait_for_mode(anna, "waiting")
    ended = say("two\n")
    assert ended.returncode == 1
    assert "stores nothing until the other one is back" in ended.stderr
    assert "1 line is not stored yet" in ended.stderr


def test_what_a_strict_server_cannot_store_alone_is_not_known_in_time(
    make_pair: Callable[..., RealPair],
) -> None:
    pair = make_pair("--strict")
    said = {"room": "general", "text": "who is there?", "time_ms": 1}
    with RawClient(pair.ports.clients[A]) as client:
        client.sign_in("Anna")
        pair.kill(B)
        answer = client.ask(request="send", id=7, counter=1, **said)
        assert (answer["event"], answer["code"]) == ("error", "unknown")
        pair.start_again(B)
        # Whether it was stored is found out by asking again.
        wait_until(lambda: client.ask(request="send", id=8, counter=1, **said)["event"] == "stored")
