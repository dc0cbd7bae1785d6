"""Conversations in the terminal: found, entered, and never mistaken for another one."""

import itertools

from server.client.notices import Answered, Connected, Happened, QuestionFailed, RoomsChanged, Stored
from server.protocol.events import Message, RoomDeleted, RoomLeft, RoomList, UnreadCounts
from server.protocol.facts import RoomFacts
from server.protocol.requests import CreateRoom, DeleteRoom, History, JoinRoom, Rooms, Unread
from server.terminal.asking import Asking
from server.terminal.rooms import GENERAL, Conversations
from tests.terminal.asker import Asker, as_links
from tests.terminal.paper import Paper

GROUP = "g1"
OWN = [
    RoomFacts(GENERAL, GENERAL, 3, is_member=True, kind="general"),
    RoomFacts(GROUP, "Our garden", 2, is_member=True, kind="group"),
    RoomFacts("p1", "bob", 2, is_member=True, kind="private", user="b"),
]
# An administrator of the chat would administer it.
PUBLIC = RoomFacts("r1", "tea", 5, is_member=False, topic="leaves", is_administrator=True)


class Facts:
    """What would be on disk."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def fact(self, name: str) -> str:
        return self.kept.get(name, "")

    def keep(self, name: str, value: str) -> None:
        self.kept[name] = value


class Desk:
    """The conversations of anna, with links that only note what is asked."""

    def __init__(self, *, start: str = "", is_interactive: bool = False, facts: Facts | None = None) -> None:
        self.paper, self.asker, self.shown = Paper(), Asker(), list[Message]()
        counters = itertools.count(1)
        self.talks = Conversations(
            Asking(lambda: next(counters), self.paper.printer.note),
            self.shown.extend,
            keep=facts or Facts(),
            start=start,
            is_interactive=is_interactive,
        )
        self.talks.connect(as_links(self.asker))
        self.talks.hear(Connected(server="a", address="a:1", user="u", name="anna", chat="Chat", cluster="c"))

    def learn(self) -> None:
        self.talks.hear(RoomsChanged(rooms=OWN))

    def list_rooms(self) -> None:
        """The answer to the last question, which is one for all rooms."""
        self.asker.last(Rooms)
        rooms = [*OWN, PUBLIC]
        self.talks.hear(RoomsChanged(rooms=rooms))
        self.talks.hear(Answered(ticket=len(self.asker.asked), answer=RoomList(rooms=rooms)))

    def count_unread(self, **counts: int) -> None:
        """The answer to the last question, which is for what is unread."""
        self.asker.last(Unread)
        answer = UnreadCounts(counts=list(counts.items()))
        self.talks.hear(Answered(ticket=len(self.asker.asked), answer=answer))

    def stored(self, room: str) -> None:
        """The answer to the last question, which was archived."""
        ticket = len(self.asker.asked)
        self.talks.hear(Stored(counter=1, index=1, number=1, copies=2, room=room, ticket=ticket))


def test_a_conversation_is_entered_by_its_name_its_person_or_its_number() -> None:
    desk = Desk()
    desk.learn()
    for name, room in (("our GARDEN", "g1"), ("@bob", "p1"), ("general", GENERAL), ("bob", "p1")):
        desk.talks.switch(name)
        assert desk.talks.room == desk.asker.last(History).room == room
    desk.talks.list_all("")
    desk.list_rooms()
    desk.count_unread(p1=1, g1=1000)
    assert "→  3  @bob  (private, 1 unread message)" in desk.paper.text()
    assert "   2  +Our garden  (group, 2 members, 1000+ unread messages)" in desk.paper.text()
    assert "   4  #tea  (public, 5 members, not joined)  leaves" in desk.paper.text()
    desk.talks.switch("2")
    assert desk.talks.room == "g1"


def test_a_group_takes_no_name_away_from_a_room_or_a_person() -> None:
    kitchen = RoomFacts("r2", "kitchen", 2, is_member=True)
    groups = [
        RoomFacts(f"g{number}", name, 2, is_member=True, kind="group")
        for number, name in enumerate(("Kitchen", "general", "bob", "@bob", "only us"), 2)
    ]
    desk = Desk()
    desk.talks.hear(RoomsChanged(rooms=[*OWN, kitchen, *groups]))
    meant = {
        "kitchen": "r2", "#kitchen": "r2", "+kitchen": "g2", "general": GENERAL, "+general": "g3",
        "bob": "p1", "@bob": "p1", "+bob": "g4", "+@bob": "g5", "only us": "g6", "#only us": "g6",
    }  # fmt: skip
    assert {name: desk.talks.meant(name) for name in meant} == meant
    desk.talks.switch("+general")
    assert desk.paper.notes[-1] == "* You talk in +general"


def test_a_group_that_one_was_put_into_is_shown_as_it_is_typed() -> None:
    desk = Desk()
    desk.learn()
    desk.talks.hear(RoomsChanged(rooms=[*OWN, RoomFacts("g9", "@anna", 2, is_member=True, kind="group")]))
    hint = desk.paper.notes[-1].partition("/room ")[2]
    assert desk.talks.meant(hint) == "g9"


def test_a_pipe_begins_in_the_room_of_a_name_although_a_group_has_it_too() -> None:
    group = RoomFacts("g9", "tea", 2, is_member=True, kind="group")
    for start, rooms, begun in (
        ("tea", [*OWN, group, PUBLIC], "join"),
        ("tea", [*OWN, group], "g9"),
        ("+tea", [*OWN, group, PUBLIC], "g9"),
    ):
        desk = Desk(start=start)
        desk.talks.hear(RoomsChanged(rooms=[*OWN, group]))
        assert desk.talks.is_deciding
        desk.asker.last(Rooms)
        desk.talks.hear(RoomsChanged(rooms=rooms))
        desk.talks.hear(Answered(ticket=len(desk.asker.asked), answer=RoomList(rooms=rooms)))
        if begun == "join":
            assert desk.asker.last(JoinRoom).room == "r1"
        else:
            assert (desk.talks.room, desk.talks.is_deciding) == (begun, False)


def test_a_room_that_is_not_there_leaves_a_pipe_nowhere_and_a_person_where_she_is() -> None:
    for is_interactive, room in ((False, ""), (True, GENERAL)):
        desk = Desk(is_interactive=is_interactive)
        desk.learn()
        desk.talks.switch("cellar")
        desk.list_rooms()
        assert "There is no conversation called cellar here" in desk.paper.text()
        assert (desk.talks.room, desk.talks.has_failed) == (room, True)


def test_a_public_room_is_joined_and_what_goes_there_waits_for_it() -> None:
    desk = Desk(start="Tea")
    assert desk.talks.is_deciding
    desk.learn()
    desk.list_rooms()
    assert desk.asker.last(JoinRoom).room == "r1"
    assert desk.talks.is_deciding
    desk.stored("r1")
    assert (desk.talks.room, desk.talks.is_deciding) == ("r1", False)


def test_where_a_pipe_begins_is_known_the_next_time_without_a_server() -> None:
    facts = Facts()
    first = Desk(start="our garden", facts=facts)
    first.learn()
    first.list_rooms()
    again = Desk(start="our garden", facts=facts)
    assert (again.talks.room, again.talks.is_deciding) == ("g1", False)


def test_a_room_that_could_not_be_made_is_no_place_to_talk_in() -> None:
    desk = Desk()
    desk.learn()
    desk.talks.create("tea")
    assert desk.asker.last(CreateRoom).name == "tea"
    desk.talks.hear(QuestionFailed(ticket=1, code="room_name_taken", arguments={"name": "tea"}))
    assert desk.talks.room == ""


def test_who_is_put_out_of_a_group_does_not_go_on_talking_elsewhere() -> None:
    desk = Desk(is_interactive=True)
    desk.learn()
    desk.talks.switch("our garden")
    left = RoomLeft(index=9, by=("d", 1), room="g1", user="u", name="anna", is_removed=True)
    desk.talks.hear(Happened(event=left))
    assert desk.talks.room == ""


def test_a_chat_with_somebody_who_left_says_so() -> None:
    desk = Desk()
    gone = RoomFacts("p1", "bob", 2, is_member=True, kind="private", user="b", has_left=True)
    desk.talks.list_all("")
    desk.talks.hear(RoomsChanged(rooms=[gone]))
    desk.talks.hear(Answered(ticket=1, answer=RoomList(rooms=[gone])))
    desk.count_unread()
    assert "@bob  (private, has left this chat)" in desk.paper.text()


def deleted(room: str, name: str) -> Happened:
    event = RoomDeleted(index=9, by=("d", 1), room=room, user="b", name="bob", room_name=name)
    return Happened(event=event)


def test_who_talks_in_a_room_that_is_deleted_does_not_go_on_talking_elsewhere() -> None:
    desk = Desk(is_interactive=True)
    desk.learn()
    desk.talks.switch("our garden")
    desk.talks.hear(deleted("r1", "tea"))
    assert desk.talks.room == GROUP
    desk.talks.hear(deleted(GROUP, "Our garden"))
    assert desk.talks.room == ""


def test_a_room_is_deleted_by_its_name_and_one_is_in_the_general_room_then() -> None:
    desk = Desk()
    desk.learn()
    desk.talks.switch("our garden")
    asked = len(desk.asker.asked)
    desk.talks.delete("")
    assert len(desk.asker.asked) == asked
    assert "/delete-room NAME" in desk.paper.text()
    desk.talks.delete("our garden")
    assert desk.asker.last(DeleteRoom).room == GROUP
    assert desk.talks.is_deciding
    desk.talks.hear(deleted(GROUP, "Our garden"))
    desk.stored("")
    assert desk.talks.room == GENERAL
