"""Groups in the terminal: made with the people that are meant, and nothing said to the wrong ones."""

import itertools

import pytest

from server.client.notices import Connected, Happened, QuestionFailed, RoomsChanged, Stored
from server.protocol import limits
from server.protocol.events import RoomChanged, RoomDeleted, RoomLeft
from server.protocol.facts import RoomFacts
from server.protocol.requests import AddMember, Administer, CreateGroup, RemoveMember
from server.terminal.asking import Asking
from server.terminal.groups import Groups
from server.terminal.rooms import Conversations
from tests.terminal.asker import Asker, as_links
from tests.terminal.paper import Paper
from tests.terminal.test_rooms import Facts

CHOIR = RoomFacts("g1", "Choir", 2, is_member=True, kind="group")


class Desk:
    """The groups of anna, who talks in the choir."""

    def __init__(self, *, is_interactive: bool = False) -> None:
        self.paper, self.asker = Paper(), Asker()
        counters = itertools.count(1)
        note = self.paper.printer.note
        self.talks = Conversations(
            Asking(lambda: next(counters), note),
            lambda _messages: None,
            keep=Facts(),
            is_interactive=is_interactive,
        )
        self.groups = Groups(Asking(lambda: next(counters), note), self.talks)
        for errand in (self.talks, self.groups):
            errand.connect(as_links(self.asker))
            errand.hear(Connected(server="a", address="a:1", user="u", name="anna", chat="Chat", cluster="c"))
        self.talks.hear(RoomsChanged(rooms=[CHOIR]))
        self.talks.room = "g1"

    def left(self, user: str, name: str, *, is_removed: bool = False) -> str:
        event = RoomLeft(index=9, by=("d", 1), room="g1", user=user, name=name, is_removed=is_removed)
        self.groups.hear(Happened(event=event))
        return self.paper.notes[-1]

    def changed(self, what: str, *, topic: str = "", is_administrator: bool = False) -> str:
        event = RoomChanged(
            index=9,
            by=("d", 1),
            room="g1",
            what=what,
            user="b",
            name="bob",
            room_name="Choir",
            topic=topic,
            member="c",
            member_name="cleo",
            is_administrator=is_administrator,
        )
        self.groups.hear(Happened(event=event))
        return self.paper.notes[-1]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_r3_6_a_group_is_made_with_the_people_that_are_named(desk: Desk) -> None:
    desk.groups.create('"Our garden" @bob "cleo de nile"')
    asked = desk.asker.last(CreateGroup)
    assert (asked.name, asked.users) == ("Our garden", ["@bob", "@cleo de nile"])
    assert desk.groups.is_waiting
    desk.groups.hear(Stored(counter=1, index=1, number=0, copies=2, room="g2", ticket=1))
    assert (desk.talks.room, desk.groups.is_waiting) == ("g2", False)
    assert "You talk in +Our garden" in desk.paper.text()


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("", "Which group, with whom?"),
        ('"no end', "Which group, with whom?"),
        ("x" * 65 + " bob", "A room cannot be called"),
        ("choir " + "y" * 65, "There is nobody called"),
        ("choir " + "bob " * (limits.ROOM_MEMBERS_MAX + 1), "and no more are possible"),
    ],
)
def test_a_group_that_cannot_be_is_not_asked_for_and_no_place_to_talk_in(
    desk: Desk, argument: str, told: str
) -> None:
    desk.groups.create(argument)
    assert not desk.asker.asked
    assert told in desk.paper.text()
    assert desk.talks.room == ""
    assert desk.groups.has_failed or desk.talks.has_failed


def test_a_group_that_was_refused_is_no_place_for_a_pipe_and_a_person_stays_where_she_is() -> None:
    for is_interactive, room in ((False, ""), (True, "g1")):
        desk = Desk(is_interactive=is_interactive)
        desk.groups.create("choir bob")
        desk.groups.hear(QuestionFailed(ticket=1, code="blocked", arguments={"user": "b"}))
        assert (desk.talks.room, desk.groups.has_failed) == (room, True)


def test_people_are_taken_in_put_out_and_let_administer_where_one_talks(desk: Desk) -> None:
    desk.groups.add("bob")
    assert (desk.asker.last(AddMember).room, desk.asker.last(AddMember).user) == ("g1", "@bob")
    desk.groups.hear(Stored(counter=1, index=1, number=0, copies=2, ticket=1))
    assert desk.paper.notes == ["* bob is in +Choir now."]
    desk.groups.remove("@bob")
    assert desk.asker.last(RemoveMember).user == "@bob"
    desk.groups.appoint('"cleo de nile"')
    assert (desk.asker.last(Administer).user, desk.asker.last(Administer).is_administrator) == (
        "@cleo de nile",
        True,
    )
    desk.groups.dismiss("cleo de nile")
    assert not desk.asker.last(Administer).is_administrator
    assert not desk.groups.has_failed


def test_without_a_place_or_a_name_nobody_is_asked_for_anything(desk: Desk) -> None:
    desk.groups.add("")
    desk.talks.room = ""
    desk.groups.remove("bob")
    assert not desk.asker.asked
    assert "Whom? Type the name" in desk.paper.text()
    assert "No conversation is chosen" in desk.paper.text()


def test_who_left_and_who_was_put_out_is_told_to_the_others_and_to_oneself(desk: Desk) -> None:
    assert desk.left("b", "bob") == "* bob left +Choir."
    assert desk.left("b", "bob", is_removed=True) == "* bob was put out of +Choir."
    assert desk.left("u", "anna") == "* You left +Choir."
    assert desk.left("u", "anna", is_removed=True) == "* You were put out of +Choir."


def test_names_topics_and_administrators_are_told_as_they_change(desk: Desk) -> None:
    assert desk.changed("name") == "* bob gave this room another name: +Choir"
    assert desk.changed("topic", topic="Bach") == "* bob set the topic of +Choir: Bach"
    assert desk.changed("topic") == "* bob took the topic of +Choir away"
    assert (
        desk.changed("administrator", is_administrator=True) == "* bob made cleo an administrator of +Choir"
    )
    assert desk.changed("administrator") == "* bob made cleo an ordinary member of +Choir"


def test_everybody_hears_who_deleted_a_room(desk: Desk) -> None:
    for user, name, told in (
        ("b", "bob", "bob deleted +Choir: nobody is in it any more."),
        ("u", "anna", "You deleted +Choir."),
    ):
        event = RoomDeleted(index=9, by=("d", 1), room="g1", user=user, name=name, room_name="Choir")
        desk.groups.hear(Happened(event=event))
        assert desk.paper.notes[-1] == f"* {told}"
