"""R3.8 with real servers: `kill -9` at any moment loses nothing acknowledged; Ctrl-C ends with a goodbye."""

import random
import signal
import threading

import pytest

from tests.commands.bad_clients import RawClient
from tests.end_to_end.deaths import dying_leader
from tests.end_to_end.people import People, Person
from tests.end_to_end.real_pair import RealPair, wait_for_mode
from tests.waiting import DEADLINE_S

MANY = 400
# As long as so many take to be written, about.
WRITING_S = (0.0, 0.3)


def say_many(person: Person) -> list[int]:
    return [person.say(f"{n}") for n in range(MANY)]


def kill_both(pair: RealPair) -> None:
    for place in (0, 1):
        pair.kill(place)


def end(pair: RealPair, place: int) -> int:
    """Until a server has ended by itself; gives its exit code."""
    code = pair.processes.servers[place].process.wait(DEADLINE_S)
    pair.stop_one(place)
    return code


def hold(pair: RealPair, person: Person, counters: list[int], places: tuple[int, ...]) -> None:
    """The disks of stopped servers have all of it once, in the order in which it was written."""
    for place in places:
        written = [counter for device, counter in pair.messages(place) if device == person.device]
        assert [counter for counter in written if counter <= counters[-1]] == counters
        assert written == sorted(set(written))


@pytest.mark.usefixtures("steady")
def test_r3_8_neither_kill_9_at_any_moment_nor_a_restart_nor_ctrl_c_loses_what_was_acknowledged(
    pair: RealPair, people: People, rng: random.Random
) -> None:
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    counters: list[int] = []
    # Each of the two leads once when it dies; then both die at once.
    for victim in (0, 1):
        with dying_leader(pair, rng, WRITING_S) as dead:
            counters += say_many(anna)
            anna.stored(counters[-1])
        assert dead == victim
        wait_for_mode(anna, "dual")
    timer = threading.Timer(rng.uniform(*WRITING_S), kill_both, (pair,))
    timer.start()
    counters += say_many(anna)
    timer.join()
    for place in (0, 1):
        pair.start_again(place)
    # What one of them alone acknowledged before that would wait for its return.
    for server in pair.processes.servers:
        assert server.wait_dual(DEADLINE_S)
    anna.on_both(counters[-1])
    # Ctrl-C while they work: what they acknowledged is on their disks, and whoever is there is told.
    late = say_many(anna)
    pair.signal(0, signal.SIGINT)
    assert end(pair, 0) == 0
    anna.stored(late[-1])
    with RawClient(pair.ports.clients[1]) as reader:
        reader.sign_in("Reader", is_redirected=True)
        pair.signal(1, signal.SIGINT)
        goodbye = reader.read_until(lambda event: event["event"] == "goodbye")
    assert end(pair, 1) == 0
    assert goodbye["code"] == "shutting_down"
    hold(pair, anna, counters, (0, 1))
    hold(pair, anna, counters + late, (1,))
    for place in (0, 1):
        pair.start_again(place)
    wait_for_mode(anna, "dual")
    anna.on_both(anna.say("and on"))
    pair.stop()
    hold(pair, anna, counters + late, (0, 1))
