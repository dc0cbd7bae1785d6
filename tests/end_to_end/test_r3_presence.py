"""R3.5 with real servers: who is there and who types is told over both of them, and stands in no archive."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from server.archive.record import EPOCH_KIND
from server.client.notices import PersonPresence, TypingNow
from server.state.state import GENERAL
from tests.end_to_end.people import People, Person
from tests.end_to_end.real_pair import RealPair, wait_for_mode
from tests.end_to_end.test_r3_drafts import terminal
from tests.waiting import wait_until

A, B = 0, 1


def is_told(person: Person, user: str, *presence: bool) -> None:
    """Wait until somebody was told of another one's coming and going in this order."""

    def told() -> list[bool]:
        return [one.is_online for one in person.all_of(PersonPresence) if one.user == user]

    wait_until(lambda: told() == list(presence), what=f"{person.name} is told of {presence}")


@pytest.mark.usefixtures("steady")
def test_presence_and_typing_are_told_over_both_servers_and_never_archived(
    make_pair: Callable[..., RealPair], people: People
) -> None:
    pair = make_pair("--policy", "round-robin")
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    bruno = people.person(pair.invite, "Bruno")
    user = bruno.connected().user
    assert bruno.connected().server != anna.connected().server
    anna.on_both(anna.say("one"))
    bruno.on_both(bruno.say("two"))
    for writer, reader in ((anna, bruno), (bruno, anna)):
        writer.links.typing(GENERAL)
        assert reader.wait_for(TypingNow).name == writer.name
    seen = [True]
    is_told(anna, user, *seen)
    for _ in range(3):
        people.leave(bruno)
        is_told(anna, user, *seen, False)
        bruno = people.person(pair.invite, "Bruno", again=bruno)
        seen += [False, True]
        is_told(anna, user, *seen)
    anna.on_both(anna.say("three"))
    pair.stop()
    for place in (A, B):
        kinds = Counter(record.header.kind for record in pair.archive(place))
        kinds.pop(EPOCH_KIND)
        assert kinds == {"device": 2, "message": 3}, "AB"[place]


def test_r3_10_at_a_terminal_one_sees_who_types(pair: RealPair, people: People, tmp_path: Path) -> None:
    ben = people.person(pair.invite, "ben")
    ben.connected()
    with terminal(pair, tmp_path) as (screen, _process):
        ben.links.typing("general")
        screen.wait_for("typing: ben")
