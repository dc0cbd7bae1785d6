"""R3.5 with real servers: ticks over the deaths of leaders and over a merge."""

import random
from collections.abc import Callable

import pytest

from server.client.notices import PersonPresence, PositionMoved, Stored, TypingNow
from server.client.reading import START_OF_ARCHIVE
from server.client.receipts import Tick, tick_of
from server.state.fold import fold
from server.state.state import GENERAL, State
from tests.end_to_end.deaths import dying_leader
from tests.end_to_end.people import People, Person
from tests.end_to_end.real_pair import RealPair, wait_for_mode
from tests.waiting import wait_until

A, B = 0, 1


def tick(writer: Person, stored: Stored) -> Tick:
    """What the writer knows of a message."""
    user = writer.connected().user
    return tick_of(stored.index, user, writer.receipts().values())


def wait_for_tick(writer: Person, stored: Stored, wanted: Tick) -> None:
    wait_until(lambda: tick(writer, stored) is wanted, what=f"{wanted} for {stored.index}")


def wait_for_index(person: Person, index: int) -> None:
    """Until a person has all messages up to this one, and the position behind them."""

    def has_it() -> bool:
        moved = person.all_of(PositionMoved)
        return bool(moved) and moved[-1].cursor.index >= index and person.messages[-1].index >= index

    wait_until(has_it, what=f"{person.name} has {index}")


def state_of(pair: RealPair, place: int) -> State:
    """What the archive of a stopped server means."""
    state = State()
    for record in pair.archive(place):
        fold(state, record)
    return state


@pytest.mark.usefixtures("steady")
def test_r3_5_a_writer_sees_who_has_and_who_has_read_at_either_server(
    make_pair: Callable[..., RealPair], people: People
) -> None:
    pair = make_pair("--policy", "round-robin")
    anna = people.person(pair.invite, "Anna", cursor=START_OF_ARCHIVE)
    wait_for_mode(anna, "dual")
    bruno = people.person(pair.invite, "Bruno", cursor=START_OF_ARCHIVE)
    carla = people.person(pair.invite, "Carla", cursor=START_OF_ARCHIVE)
    assert len({person.connected().server for person in (anna, bruno, carla)}) == 2
    anna.links.watch(GENERAL)
    stored = anna.on_both(anna.say("one"))
    for person in (bruno, carla):
        wait_for_index(person, stored.index)
    assert tick(anna, stored) is Tick.NOT_YET
    bruno.mark()
    carla.links.mark(carla.all_of(PositionMoved)[-1].cursor)
    wait_for_tick(anna, stored, Tick.DELIVERED)
    carla.mark()
    wait_for_tick(anna, stored, Tick.READ)
    # Told, never archived, over both servers.
    bruno.links.typing(GENERAL)
    for person in (anna, carla):
        assert person.wait_for(TypingNow).name == "Bruno"
    users = {person.name: person.connected().user for person in (anna, bruno, carla)}
    people.leave(carla)
    anna.wait_for(PersonPresence, lambda told: told.user == users["Carla"] and not told.is_online)
    bruno.wait_for(PersonPresence, lambda told: told.user == users["Carla"] and not told.is_online)


@pytest.mark.usefixtures("steady")
def test_r3_5_no_receipt_is_wrong_or_lost_when_the_leader_dies(
    pair: RealPair, people: People, rng: random.Random
) -> None:
    """Each of the two leads once when it dies, somewhere between the writing and the reading."""
    anna = people.person(pair.invite, "Anna", cursor=START_OF_ARCHIVE)
    wait_for_mode(anna, "dual")
    bruno = people.person(pair.invite, "Bruno", cursor=START_OF_ARCHIVE)
    bruno.connected()
    anna.links.watch(GENERAL)
    victims = []
    for text in ("one", "two"):
        # A person says one mark a second.
        with dying_leader(pair, rng, (0.0, 1.5)) as dead:
            counter = anna.say(text)
            stored = anna.stored(counter)
            assert tick(anna, stored) is Tick.NOT_YET
            wait_for_index(bruno, stored.index)
            # Whether a mark was archived or not: it is said again at the other server.
            bruno.links.mark(bruno.all_of(PositionMoved)[-1].cursor)
            wait_for_tick(anna, stored, Tick.DELIVERED)
            assert bruno.mark() == stored.index
            wait_for_tick(anna, stored, Tick.READ)
        victims.append(dead)
        anna.on_both(counter)
        wait_for_mode(bruno, "dual")
    assert victims == [A, B]
    third = anna.on_both(anna.say("nobody says that it came"))
    wait_for_index(bruno, third.index)
    assert tick(anna, third) is Tick.NOT_YET
    pair.stop()
    users = [anna.connected().user, bruno.connected().user]
    for marks in (state_of(pair, place).marks for place in (A, B)):
        assert stored.index <= marks.delivered[users[1]] < third.index
        assert marks.of_member(GENERAL, users[1]).read == stored.index
        assert marks.of_member(GENERAL, users[0]).read == 0, "she marked nothing"


def test_r3_5_a_merge_makes_no_receipt_wrong(
    pair: RealPair, people: People, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bruno reads at one server while Anna writes at the other, and neither knows of the other."""
    anna = people.person(pair.invite, "Anna", cursor=START_OF_ARCHIVE)
    wait_for_mode(anna, "dual")
    bruno = people.person(pair.invite, "Bruno", cursor=START_OF_ARCHIVE)
    bruno.connected()
    both = anna.on_both(anna.say("both"))
    wait_for_index(bruno, both.index)
    people.leave(anna)
    with dying_leader(pair, rng, (0.0, 0.1), comes_back=False) as dead:
        for n in range(5):
            bruno.stored(bruno.say(f"not by Anna {n}"))
    assert dead == A
    wait_for_mode(bruno, "solo")
    wait_for_index(bruno, both.index + 5)
    bruno.links.watch(GENERAL)
    alone, user = bruno.mark(), bruno.connected().user
    assert alone > both.index
    wait_until(lambda: user in bruno.receipts() and bruno.receipts()[user].read == alone, what="his mark")
    people.leave(bruno)
    pair.kill(B)
    monkeypatch.setenv("DESKTOP_CHAT_BOOT_WAIT_S", "0")
    pair.start_again(A)
    anna = people.person(pair.invite, "Anna", cursor=START_OF_ARCHIVE, again=anna)
    anna.links.watch(GENERAL)
    for n in range(5):
        anna.stored(anna.say(f"only A {n}"))
    pair.start_again(B)
    wait_for_mode(anna, "dual")
    last = anna.stored(anna.say("together"))
    wait_until(lambda: len(anna.texts) == 12, what="all of both sides")
    # A merge gives one side's messages other places. Bruno has what he wrote, and nothing of the other side.
    places = {message.text: message.index for message in anna.messages}
    mark = anna.receipts()[user]
    claimed = {text for text, index in places.items() if index <= mark.delivered}
    assert not claimed & {"together", *(f"only A {n}" for n in range(5))}
    bruno = people.person(pair.invite, "Bruno", cursor=START_OF_ARCHIVE, again=bruno)
    wait_for_index(bruno, last.index)
    assert len(bruno.texts) == 12
    bruno.mark()
    wait_until(lambda: anna.receipts()[user].read >= max(places.values()), what="all of it is read")
    assert tick_of(places["only A 0"], anna.connected().user, anna.receipts().values()) is Tick.READ
