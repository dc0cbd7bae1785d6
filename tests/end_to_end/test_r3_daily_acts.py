"""R3.10 with real servers: each kind of act once more, with the leader dying at some moment of it."""

import random
from pathlib import Path

import msgspec
import pytest

from server.client.notices import Answered, QuestionFailed, Stored, TypingNow
from server.client.outbox import Draft
from server.client.reading import START_OF_ARCHIVE
from server.protocol import requests
from server.protocol.events import Message, UnreadCounts
from server.state.state import GENERAL
from tests.end_to_end.deaths import dying_leader
from tests.end_to_end.people import People, Person
from tests.end_to_end.real_pair import RealPair, wait_for_mode
from tests.end_to_end.test_r3_accounts import Computers
from tests.end_to_end.test_r3_changes import check_archives, delete, edit, past, react, said
from tests.end_to_end.test_r3_receipts import wait_for_index
from tests.end_to_end.test_r3_search_and_export import at, await_found, export
from tests.waiting import wait_until

# About as long as the acts of one kind take on an idle machine; a terminal client takes a second more.
ACTS_S = (0.0, 0.3)
TERMINAL_S = (0.2, 1.5)
EMOJI = "🎉👍👎😀🌹🍞🎈🎵"
TIMES = len(EMOJI)


@pytest.fixture
def friends(pair: RealPair, people: People) -> tuple[Person, Person]:
    """Anna and Ben have been here from the start."""
    anna, ben = (people.person(pair.invite, name, cursor=START_OF_ARCHIVE) for name in ("anna", "ben"))
    for person in (anna, ben):
        wait_for_mode(person, "dual")
    return anna, ben


def change(anna: Person, ben: Person, messages: list[Message]) -> None:
    """Every kind of change, again and again; each is archived, whoever is asked."""
    kept, lost = messages
    for n in range(TIMES):
        assert edit(anna, kept, f"edited {n}") == "stored"
        assert react(ben, kept, EMOJI[n]) == "stored"
        counter = ben.next_counter()
        reply = (kept.device, kept.counter)
        ben.links.send(Draft(counter, GENERAL, f"@anna answer {n}", 1, reply=reply))
        ben.stored(counter)
    assert delete(anna, lost) == "stored"


def changed_as_said(reader: Person, anna: Person, ben: Person) -> None:
    """What somebody is shown who comes now."""
    reader.connected()
    kept, lost, *answers = past(reader)
    assert (kept.text, kept.edited_ms > 0) == (f"edited {TIMES - 1}", True)
    assert kept.reactions == {emoji: [ben.connected().user] for emoji in EMOJI}
    assert (lost.text, lost.is_deleted) == ("", True)
    assert [answer.text for answer in answers] == [f"@anna answer {n}" for n in range(TIMES)]
    assert all(answer.reply == (kept.device, kept.counter) for answer in answers)
    assert all(answer.mentions == [anna.connected().user] for answer in answers)


@pytest.mark.usefixtures("steady")
def test_r3_10_edits_deletions_replies_reactions_and_mentions_outlive_the_leader(
    pair: RealPair, people: People, friends: tuple[Person, Person], rng: random.Random
) -> None:
    anna, ben = friends
    messages = [said(anna, "to be kept"), said(anna, "to be lost")]
    with dying_leader(pair, rng, ACTS_S):
        change(anna, ben, messages)
    for place in (0, 1):
        changed_as_said(at(pair, place, people, f"reader {place}"), anna, ben)
    for place in (0, 1):
        assert pair.stop_one(place) == 0
    check_archives(pair)


def unread(person: Person) -> dict[str, int]:
    ticket = person.links.ask(requests.Unread(id=1))
    counted = person.wait_for(Answered, lambda answered: answered.ticket == ticket).answer
    assert isinstance(counted, UnreadCounts)
    return dict(counted.counts)


@pytest.mark.usefixtures("steady")
def test_r3_10_presence_typing_unread_marks_and_search_go_on_without_the_leader(
    pair: RealPair, people: People, friends: tuple[Person, Person], rng: random.Random
) -> None:
    anna, ben = friends
    carla = people.person(pair.invite, "carla")
    anna.is_told_online(3)
    texts = [f"bread {n}" for n in range(TIMES)]
    with dying_leader(pair, rng, ACTS_S):
        stored = [anna.stored(counter) for counter in [anna.say(text) for text in texts]][-1]
        wait_for_index(ben, stored.index)
        wait_until(lambda: unread(ben) == {GENERAL: TIMES}, what="what he has not read")
        ben.mark()
        people.leave(carla)
        await_found(ben, "bre*", texts)
        # What is typed on a dying connection is told to nobody, and people go on typing.
        wait_until(lambda: anna.all_of(TypingNow), what="typing", pump=lambda: ben.links.typing(GENERAL))
    anna.is_told_online(2)
    wait_until(lambda: not unread(ben), what="he has read it")
    for place in (0, 1):
        await_found(at(pair, place, people, f"reader {place}"), "bread", texts)
    pair.stop()
    for place in (0, 1):
        kinds = {record.header.kind for record in pair.archive(place) if not record.is_epoch}
        assert kinds <= {"device", "message", "marks", "seen"}, "nothing of who was there, or typed"


@pytest.mark.usefixtures("steady")
def test_r3_10_export_mute_and_block_by_the_terminal_outlive_the_leader(
    pair: RealPair, friends: tuple[Person, Person], rng: random.Random, tmp_path: Path
) -> None:
    anna, ben = friends
    texts = [f"bread {n}" for n in range(250)]
    for counter in [anna.say(text) for text in texts]:
        anna.stored(counter)
    with dying_leader(pair, rng, TERMINAL_S):
        done = export(pair, tmp_path / "own", "--format", "json", name="dora")
    assert done.returncode == 0, done.stderr
    assert [message["text"] for message in msgspec.json.decode(done.stdout)["messages"]] == texts
    ticket = anna.links.ask(requests.CreateRoom(id=1, counter=anna.next_counter(), name="tea"))
    tea = anna.wait_for(Stored, lambda stored: stored.ticket == ticket).room
    computers = Computers(tmp_path, pair)
    with dying_leader(pair, rng, TERMINAL_S):
        code, told = computers.say("carla", "/join tea\n/room general\n/mute tea\n/block ben", name="carla")
    assert code == 0, told
    anna.stored(anna.say("the kettle boils", tea))
    anna.stored(anna.say("good morning"))
    friend = requests.Friend(id=1, counter=ben.next_counter(), user="@carla", act="ask")
    ticket = ben.links.ask(friend)
    assert ben.wait_for(QuestionFailed, lambda failed: failed.ticket == ticket).code == "blocked"
    code, told = computers.say("carla", "/friends", name="carla")
    assert code == 0, told
    assert "good morning" in told
    assert "the kettle boils" not in told
    assert "ben  is blocked" in told
