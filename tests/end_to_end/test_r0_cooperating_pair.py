"""R0: two cooperating servers, as rows of the product page, with real processes."""

import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from server.client.notices import (
    Connected,
    CopiesRaised,
    PositionMoved,
    QuestionFailed,
    SignInRefused,
    StandbyChanged,
    Stored,
)
from server.client.reading import START_OF_ARCHIVE
from server.protocol import limits
from server.protocol.requests import CreateRoom, History
from tests.end_to_end.people import People, Person
from tests.end_to_end.real_pair import RealPair, wait_for_mode
from tests.waiting import DEADLINE_S

A, B = 0, 1


@pytest.mark.usefixtures("steady")
def test_r0_1_both_archives_hold_the_same_records_in_the_same_order(pair: RealPair, people: People) -> None:
    anna, bruno = people.person(pair.invite, "Anna"), people.person(pair.invite, "Bruno")
    for n in range(20):
        anna.say(f"a{n}")
        bruno.say(f"b{n}")
    for person in (anna, bruno):
        person.on_both(20)
    pair.stop()
    # The last epochs may be on one disk only: a server that stops first is gone by then.
    first, second = pair.archive(A), pair.archive(B)
    common = min(len(first), len(second))
    assert [r.hash for r in first[:common]] == [r.hash for r in second[:common]]
    assert pair.messages(A) == pair.messages(B)
    assert len(pair.messages(A)) == 40


def test_r0_2_the_client_is_told_how_far_it_is_in_the_archive(pair: RealPair, people: People) -> None:
    anna, bruno = people.person(pair.invite, "Anna"), people.person(pair.invite, "Bruno")
    bruno.connected()
    for n in range(10):
        anna.say(f"{n}")
    anna.stored(10)
    for person in (anna, bruno):
        at_end = person.wait_for(PositionMoved, lambda moved: moved.number == 10)
        assert at_end.archive_number == 10


def test_r0_3_a_new_client_gets_the_whole_archive_on_demand(pair: RealPair, people: People) -> None:
    anna = people.person(pair.invite, "Anna")
    for n in range(30):
        anna.say(f"{n}")
    anna.stored(30)
    late = people.person(pair.invite, "Late", cursor=START_OF_ARCHIVE)
    late.reads(*(f"{n}" for n in range(30)))


def test_r0_3_a_page_of_history_has_what_was_stored_a_moment_ago(pair: RealPair, people: People) -> None:
    anna = people.person(pair.invite, "Anna")
    for n in range(40):
        anna.stored(anna.say(f"{n}"))
        ticket = anna.links.ask(History(id=1, room="general", limit=3))
        page = anna.page(ticket)
        assert [message.text for message in page.messages] == [f"{m}" for m in range(n + 1)][-3:]
        assert page.is_end == (n < 3)


@pytest.mark.usefixtures("steady")
def test_r0_4_the_limit_steers_and_the_seventh_is_refused_until_one_leaves(
    make_pair: Callable[..., RealPair], people: People
) -> None:
    pair = make_pair("--max-users", "3")
    six = []
    for n in range(6):
        six.append(people.person(pair.invite, f"Person {n}"))
        six[-1].connected()
    assert [person.connected().server for person in six] == ["A"] * 3 + ["B"] * 3
    seventh = people.person(pair.invite, "Seventh")
    refused = seventh.wait_for(SignInRefused)
    assert refused.code == "server_full"
    assert refused.retry_in_s is not None
    assert not seventh.all_of(Connected)
    people.leave(six[0])
    seventh.wait_for(Connected)


@pytest.mark.usefixtures("steady")
def test_r0_4_while_one_server_is_away_the_other_takes_everyone(
    make_pair: Callable[..., RealPair], people: People
) -> None:
    pair = make_pair("--max-users", "3")
    six = [people.person(pair.invite, f"Person {n}") for n in range(6)]
    for person in six:
        person.connected()
        person.wait_for(StandbyChanged, lambda standby: bool(standby.server))
    pair.kill(A)
    for n, person in enumerate(six):
        person.say(f"after {n}")
    for person in six:
        person.stored(1)
        person.reads_any_order(*(f"after {n}" for n in range(6)))


def test_r0_5_an_acknowledged_message_is_on_both_disks(pair: RealPair, people: People) -> None:
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    anna.on_both(anna.say("on both"))
    # Both die at once: whatever is not on disk is gone.
    pair.kill(A)
    pair.kill(B)
    assert pair.messages(A) == pair.messages(B) == [(anna.device, 1)]


def test_r0_6_the_first_server_dies_and_people_go_on(pair: RealPair, people: People) -> None:
    _dies_and_people_go_on(pair, people, victim=A)


def test_r0_6_the_second_server_dies_and_people_go_on(pair: RealPair, people: People) -> None:
    _dies_and_people_go_on(pair, people, victim=B)


def _dies_and_people_go_on(pair: RealPair, people: People, victim: int) -> None:
    anna, bruno = people.person(pair.invite, "Anna"), people.person(pair.invite, "Bruno")
    for person in (anna, bruno):
        wait_for_mode(person, "dual")
        person.wait_for(StandbyChanged, lambda standby: bool(standby.server))
    for n in range(50):
        anna.say(f"before {n}")
    pair.kill(victim)
    for n in range(50):
        anna.say(f"after {n}")
    anna.stored(100)
    expected = [f"before {n}" for n in range(50)] + [f"after {n}" for n in range(50)]
    bruno.reads(*expected)
    anna.reads(*expected)


def test_r0_7_a_server_that_comes_back_is_brought_level(pair: RealPair, people: People) -> None:
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    pair.kill(A)
    wait_for_mode(anna, "solo")
    alone = anna.stored(anna.say("alone"))
    assert alone.copies == 1
    pair.start_again(A)
    # One tick becomes two when the other disk has it.
    anna.wait_for(CopiesRaised, lambda raised: raised.index >= alone.index)
    wait_for_mode(anna, "dual")
    anna.on_both(anna.say("together"))
    pair.kill(B)
    anna.stored(anna.say("at the first again"))
    pair.stop()
    assert pair.messages(A) == [(anna.device, 1), (anna.device, 2), (anna.device, 3)]


def test_r0_7_both_down_and_the_stale_one_starts_first(
    pair: RealPair, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It waits for the other one, however slowly that one starts.
    monkeypatch.setenv("DESKTOP_CHAT_BOOT_WAIT_S", "600")
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    anna.stored(anna.say("both have it"))
    pair.kill(A)
    wait_for_mode(anna, "solo")
    anna.stored(anna.say("only B has it"))
    pair.kill(B)
    pair.start_again(A)
    pair.start_again(B)
    anna.stored(anna.say("afterwards"))
    late = people.person(pair.invite, "Late", cursor=START_OF_ARCHIVE)
    late.reads("both have it", "only B has it", "afterwards")


def test_r0_8_a_stalled_server_is_left_and_taken_back(pair: RealPair, people: People) -> None:
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    pair.signal(A, signal.SIGSTOP)
    try:
        for n in range(10):
            anna.say(f"{n}")
        anna.stored(10)
    finally:
        pair.signal(A, signal.SIGCONT)
    wait_for_mode(anna, "dual")
    anna.reads(*(f"{n}" for n in range(10)))


def test_quick_sends_are_not_merged(pair: RealPair, people: People) -> None:
    """The original merged what was written in quick succession."""
    anna, bruno = people.person(pair.invite, "Anna"), people.person(pair.invite, "Bruno")
    bruno.connected()
    for n in range(500):
        anna.say(f"{n}")
    anna.stored(500)
    bruno.reads(*(f"{n}" for n in range(500)))


def test_the_survivor_appends_nothing_by_itself(pair: RealPair, people: People) -> None:
    """The original's survivor appended empty messages in a loop."""
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    anna.stored(anna.say("one"))
    pair.kill(A)
    wait_for_mode(anna, "solo")
    anna.stored(anna.say("two"))
    assert anna.texts == ["one", "two"]
    pair.stop()
    assert len(pair.messages(B)) == 2
    assert all(record.body for record in pair.archive(B))


@pytest.mark.usefixtures("steady")
def test_of_two_equal_room_names_at_both_servers_exactly_one_wins(
    make_pair: Callable[..., RealPair], people: People
) -> None:
    """Both askers get the right answer, over 1,000 tries, as many by each two people as one may win."""
    pair = make_pair("--policy", "round-robin")
    tries = limits.ROOMS_PER_PERSON_MAX
    for place in range(5):
        two = people.person(pair.invite, f"Anna {place}"), people.person(pair.invite, f"Bruno {place}")
        wait_for_mode(two[0], "dual")
        assert {person.connected().server for person in two} == {"A", "B"}
        barrier = threading.Barrier(2)

        def ask_all(person: Person, place: int = place, barrier: threading.Barrier = barrier) -> None:
            for n in range(tries):
                barrier.wait(DEADLINE_S)
                name = f"room-{place}-{n}"
                person.links.ask(CreateRoom(id=1, counter=person.next_counter(), name=name))

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(ask_all, two))
        for person in two:
            person.wait_for_answers(tries)
        won = [{stored.counter for stored in person.all_of(Stored)} for person in two]
        assert won[0] | won[1] == set(range(1, tries + 1))
        assert not won[0] & won[1]
        assert {r.code for person in two for r in person.all_of(QuestionFailed)} == {"room_name_taken"}


def test_r0_7_what_both_wrote_alone_is_merged_and_nobody_misses_anything(
    pair: RealPair, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    anna.stored(anna.say("both"))
    pair.kill(A)
    wait_for_mode(anna, "solo")
    anna.stored(anna.say("only B 1"))
    anna.stored(anna.say("only B 2"))
    pair.kill(B)
    monkeypatch.setenv("DESKTOP_CHAT_BOOT_WAIT_S", "0")
    pair.start_again(A)
    # Anna has read further than this server knows; what Bruno writes, B will never have seen.
    bruno = people.person(pair.invite, "Bruno", cursor=START_OF_ARCHIVE)
    bruno.stored(bruno.say("only A"))
    pair.start_again(B)
    for person in (anna, bruno):
        wait_for_mode(person, "dual")
    bruno.stored(bruno.say("together"))
    for person in (anna, bruno):
        person.wait_for_texts({"both", "only A", "only B 1", "only B 2", "together"})
    # Who read along and who reads it all now have the same order, each side's messages in their own.
    latecomer = people.person(pair.invite, "Carla", cursor=START_OF_ARCHIVE)
    latecomer.wait_for_texts({"both", "only A", "only B 1", "only B 2", "together"})
    assert anna.texts == bruno.texts == latecomer.texts
    assert anna.texts.index("only B 1") < anna.texts.index("only B 2")
    pair.stop()
    # Whoever stops last may open one more epoch.
    requests = [[r.hash for r in pair.archive(place) if not r.is_epoch] for place in (A, B)]
    assert requests[0] == requests[1]
    assert sorted(pair.messages(A)) == sorted(
        [(anna.device, 1), (anna.device, 2), (anna.device, 3), (bruno.device, 1), (bruno.device, 2)]
    )


def test_everybody_is_told_how_many_are_online_after_a_failover(pair: RealPair, people: People) -> None:
    four = [people.person(pair.invite, f"Person {n}") for n in range(4)]
    for person in four:
        wait_for_mode(person, "dual")
        person.wait_for(StandbyChanged, lambda standby: bool(standby.server))
        person.is_told_online(4)
    pair.kill(A)
    for person in four:
        wait_for_mode(person, "solo")
    pair.start_again(A)
    for person in four:
        wait_for_mode(person, "dual")
        person.is_told_online(4)
