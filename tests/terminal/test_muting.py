"""Muted conversations: quiet while one is elsewhere, and never unheard when one is meant."""

from msgspec import structs

from server.client.notices import Answered, RoomsChanged
from server.protocol.events import HistoryPage, Message
from server.protocol.messages import MessageRow, Sender
from server.protocol.requests import History
from server.terminal.muting import Muting
from tests.terminal.paper import message
from tests.terminal.test_rooms import GROUP, Desk, Facts

HERE = "general"


def said(text: str, room: str) -> Message:
    """By somebody else."""
    return structs.replace(message(1, text, room=room), user="ben")


class Room(Desk):
    """Anna's conversations, which she can mute."""

    def __init__(self, facts: Facts | None = None) -> None:
        self.facts = facts or Facts()
        super().__init__(facts=self.facts)
        self.learn()
        self.muting = Muting(self.talks, self.facts, self.paper.printer.note)


def test_a_muted_room_is_quiet_while_one_is_elsewhere() -> None:
    room = Room()
    told = said("water the beds", GROUP)
    before = room.muting.is_shown(told)
    room.muting.mute("our garden")
    assert (before, room.muting.is_shown(told)) == (True, False)
    assert room.muting.is_shown(said("hello", HERE))
    assert "+Our garden is muted" in room.paper.text()
    room.talks.switch("Our garden")
    assert room.muting.is_shown(told)


def test_who_comes_to_a_muted_room_sees_more_of_what_was_kept_back() -> None:
    room = Room()
    room.muting.mute("Our garden")
    room.talks.switch("Our garden")
    question = room.asker.last(History)
    rows = [MessageRow(n, n, 0, n, 1, f"words {n}") for n in range(1, 41)]
    page = HistoryPage(room=GROUP, senders=[Sender("ben", "ben", "d")], rows=rows, is_end=True)
    room.talks.hear(Answered(ticket=len(room.asker.asked), answer=page))
    assert (question.limit, len(room.shown)) == (50, 40)


def test_what_mentions_one_is_shown_and_so_is_what_one_wrote_oneself() -> None:
    room = Room()
    room.muting.mute("Our garden")
    others = said("anna, come!", GROUP)
    assert not room.muting.is_shown(others)
    assert room.muting.is_shown(structs.replace(others, mentions=["u"]))
    assert room.muting.is_shown(structs.replace(others, user="u"))


def test_the_list_says_so_and_counts_nothing_there() -> None:
    room = Room()
    room.muting.mute("Our garden")
    room.talks.list_all("")
    room.list_rooms()
    room.count_unread(g1=7, p1=1)
    assert "+Our garden  (group, 2 members, muted)" in room.paper.text()
    assert "@bob  (private, 1 unread message)" in room.paper.text()


def test_it_is_remembered_until_it_is_taken_back() -> None:
    facts = Facts()
    Room(facts).muting.mute("Our garden")
    told = said("water the beds", GROUP)
    again = Room(facts)
    assert not again.muting.is_shown(told)
    again.muting.unmute("Our garden")
    assert again.muting.is_shown(told)
    assert Room(facts).muting.is_shown(told)


def test_without_a_name_it_is_the_room_that_one_is_in() -> None:
    room = Room()
    room.muting.mute("")
    room.talks.switch("bob")
    assert not room.muting.is_shown(said("hello", HERE))


def test_a_room_that_is_not_there_is_told() -> None:
    room = Room()
    room.muting.mute("nowhere")
    assert room.talks.has_failed
    assert "There is no conversation called nowhere here" in room.paper.text()
    room.talks.room = ""
    room.muting.unmute("")
    assert room.facts.kept.get("muted rooms") is None


def test_a_private_chat_is_muted_by_the_name_of_the_friend() -> None:
    room = Room()
    room.muting.mute("@bob")
    assert not room.muting.is_shown(said("hello", "p1"))
    # A room that one is in no more stays as it was.
    room.talks.hear(RoomsChanged(rooms=[]))
    assert not room.muting.is_shown(said("hello", "p1"))
