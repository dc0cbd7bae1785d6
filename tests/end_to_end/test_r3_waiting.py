"""R3.4 with real servers: what waits for somebody comes in one batch, whichever server dies meanwhile."""

import random

import pytest

from server.client.notices import Answered, Connected, Happened, PositionMoved, Stored
from server.client.reading import START_OF_ARCHIVE
from server.client.receipts import Tick
from server.protocol import requests
from server.protocol.events import FriendshipChanged, UnreadCounts
from server.protocol.requests import Cursor
from server.state.state import GENERAL
from tests.end_to_end.deaths import bring_back, dying_leader
from tests.end_to_end.people import People, Person
from tests.end_to_end.real_pair import RealPair, wait_for_mode
from tests.end_to_end.test_r3_receipts import A, B, wait_for_index, wait_for_tick
from tests.waiting import wait_until

WAITING = 10_000
# As long as all of it takes to be written on an idle machine; then, to be read.
WRITING_S = (0.0, 1.2)
READING_S = (0.0, 0.4)


def leave(people: People, bruno: Person) -> tuple[Stored, Cursor]:
    """Bruno writes something and goes: what others know of it is to come, behind the cursor."""
    stored = bruno.on_both(bruno.say("seen"))
    wait_for_index(bruno, stored.index)
    cursor = bruno.all_of(PositionMoved)[-1].cursor
    people.leave(bruno)
    return stored, cursor


def write(anna: Person, carla: Person, seen: Stored) -> str:
    """Messages, two requests, and two people's confirmations of what Bruno wrote; gives the new group."""
    last = [anna.say(f"{n}") for n in range(WAITING)][-1]
    for reader in (anna, carla):
        wait_for_index(reader, seen.index)
        reader.mark()
    anna.links.ask(requests.Friend(id=1, counter=anna.next_counter(), user="@Bruno", act="ask"))
    group = requests.CreateGroup(id=1, counter=anna.next_counter(), name="Choir", users=["@Bruno", "@Carla"])
    ticket = anna.links.ask(group)
    choir = anna.wait_for(Stored, lambda stored: stored.ticket == ticket).room
    ends = [[anna.say(f"Anna {n}", choir) for n in range(3)][-1]]
    ends += [[carla.say(f"Carla {n}", choir) for n in range(2)][-1]]
    anna.stored(last)
    anna.stored(ends[0])
    carla.stored(ends[1])
    users = [reader.connected().user for reader in (anna, carla)]
    wait_until(lambda: all(anna.receipts()[user].read >= seen.index for user in users), what="their marks")
    return choir


def reads_all(bruno: Person, choir: str) -> None:
    """All that waited, each once: the many in order, and five in the group, in the order of each writer."""
    wait_until(lambda: len(bruno.texts) >= WAITING + 5, what="all that waited")
    rooms = {room: [each.text for each in bruno.messages if each.room == room] for room in (GENERAL, choir)}
    assert rooms[GENERAL] == [f"{n}" for n in range(WAITING)]
    assert len(rooms[choir]) == 5
    for name, count in (("Anna", 3), ("Carla", 2)):
        of_one = [text for text in rooms[choir] if text.startswith(name)]
        assert of_one == [f"{name} {n}" for n in range(count)]
    ticket = bruno.links.ask(requests.Unread(id=1))
    counts = bruno.wait_for(Answered, lambda answered: answered.ticket == ticket).answer
    assert isinstance(counts, UnreadCounts)
    # A thousand stands for as many or more.
    assert dict(counts.counts) == {GENERAL: 1_000, choir: 5}


@pytest.mark.usefixtures("steady")
@pytest.mark.parametrize("survivor", [A, B])
def test_r3_4_what_waits_comes_in_one_batch_after_a_restart_of_the_reader(
    pair: RealPair, people: People, rng: random.Random, survivor: int
) -> None:
    """By TLS, from either server; the leader dies while it is written, and for A the next one while it is
    read."""
    names = ("Anna", "Carla", "Bruno")
    anna, carla, bruno = (people.person(pair.invite, name, cursor=START_OF_ARCHIVE) for name in names)
    for person in (anna, carla, bruno):
        wait_for_mode(person, "dual")
    anna.links.watch(GENERAL)
    seen, cursor = leave(people, bruno)
    with dying_leader(pair, rng, WRITING_S, comes_back=False) as dead:
        choir = write(anna, carla, seen)
    assert dead == A
    if survivor == B:
        bruno = people.person(pair.invite, "Bruno", cursor=cursor, again=bruno)
        reads_all(bruno, choir)
    else:
        bring_back(pair, A)
        with dying_leader(pair, rng, READING_S, comes_back=False) as dead:
            bruno = people.person(pair.invite, "Bruno", cursor=cursor, again=bruno)
            reads_all(bruno, choir)
        assert dead == B
    wait_until(lambda: bruno.all_of(Connected)[-1].server == "AB"[survivor], what="who is left")
    asked = [notice.event for notice in bruno.all_of(Happened)]
    assert [event.act for event in asked if isinstance(event, FriendshipChanged)] == ["ask"]
    bruno.links.watch(GENERAL)
    wait_for_tick(bruno, seen, Tick.READ)
    pair.stop()
    messages = pair.messages(survivor)
    assert len(messages) == len(set(messages)) == WAITING + 6
