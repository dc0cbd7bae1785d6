"""Friends in the terminal: who waits for an answer is told, and nobody else is written to."""

import itertools

from server.client.notices import Answered, Connected, Happened
from server.protocol.events import FriendList, FriendshipChanged
from server.protocol.facts import FriendFacts
from server.protocol.requests import Friend
from server.terminal.asking import Asking
from server.terminal.friendships import Friendships
from tests.terminal.asker import Asker, as_links
from tests.terminal.paper import Paper


class Desk:
    """The friends of anna, who is at her terminal."""

    def __init__(self) -> None:
        self.paper, self.asker = Paper(), Asker()
        self.written: list[tuple[str, str]] = []
        counters = itertools.count(1)
        self.friends = Friendships(
            Asking(lambda: next(counters), self.paper.printer.note),
            private_with=lambda name: {"bob smith": "p1", "bob": "p2"}.get(name, ""),
            private_names=lambda: ["bob", "bob smith"],
            write=lambda room, text: self.written.append((room, text)),
            is_interactive=True,
        )
        self.friends.connect(as_links(self.asker))
        self.friends.hear(
            Connected(server="a", address="a:1", user="u", name="anna", chat="Chat", cluster="c")
        )


def test_who_asked_while_one_was_away_is_told_once() -> None:
    desk = Desk()
    asks = FriendFacts("b", "bob", "asks", "", is_online=False)
    for _ in range(2):
        desk.friends.hear(Answered(ticket=1, answer=FriendList(friends=[asks])))
    assert desk.paper.notes == ["* bob wants to be your friend: /accept bob"]


def test_what_is_written_to_one_person_goes_to_a_friend_or_nowhere() -> None:
    desk = Desk()
    desk.friends.message('"bob smith" how are you?')
    desk.friends.message("cara psst")
    assert desk.written == [("p1", "how are you?")]
    assert "You are not friends" in desk.paper.text()
    assert desk.friends.has_failed


def test_what_begins_like_a_longer_name_goes_to_nobody_before_it_is_said_to_whom() -> None:
    desk = Desk()
    for words in ("bob smith how are you?", "@Bob  Smith psst"):
        desk.friends.message(words)
    assert desk.written == []
    assert (
        desk.paper.notes.count(
            '* Whom do you mean? A name with spaces stands in quotes: /msg "bob smith" TEXT'
        )
        == 2
    )
    desk.friends.message('"bob" smith is a fine name')
    desk.friends.message("bob smithy is a fine name")
    assert desk.written == [("p2", "smith is a fine name"), ("p2", "smithy is a fine name")]


def test_a_command_without_a_name_asks_for_one() -> None:
    desk = Desk()
    desk.friends.ask(" ")
    assert desk.paper.notes == ["* Whom? Type the name behind the command."]
    assert desk.friends.has_failed


def test_the_shown_hint_reaches_the_one_it_names() -> None:
    desk = Desk()
    event = FriendshipChanged(
        index=1,
        by=("d", 1),
        user="u",
        name="anna",
        other="b",
        other_name="bob smith",
        act="accept",
        room="p1",
    )
    desk.friends.hear(Happened(event=event))
    _sentence, _colon, hint = desk.paper.notes[-1].partition("/msg ")
    desk.friends.message(hint)
    assert desk.written == [("p1", "TEXT")]


def test_a_person_is_asked_for_by_name_and_what_comes_of_it_is_a_sentence() -> None:
    desk = Desk()
    desk.friends.ask("@bob")
    asked = desk.asker.last(Friend)
    assert (asked.user, asked.act) == ("@bob", "ask")
    event = FriendshipChanged(
        index=1, by=("d", 1), user="b", name="bob", other="u", other_name="anna", act="accept", room="p"
    )
    desk.friends.hear(Happened(event=event))
    assert desk.paper.notes == ["* bob is your friend now: /msg bob TEXT"]
