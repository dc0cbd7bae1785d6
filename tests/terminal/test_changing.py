"""`/edit`, `/delete`, `/react`, `/reply` and `/last`: what they ask for, and what others do."""

import itertools

import pytest

from server.client.notices import Happened, QuestionFailed, Stored
from server.protocol import requests
from server.protocol.events import MessageDeleted, MessageEdited, ReactionChanged
from server.terminal.changing import Changing
from tests.terminal.asker import Asker, as_links
from tests.terminal.paper import NOON_MS, Paper, message

DEVICE = "c" * 32


class Desk:
    """A person who has two messages on the screen."""

    def __init__(self) -> None:
        self.asker, self.paper = Asker(), Paper()
        self.replies: list[tuple[str, tuple[str, int]]] = []
        self.counters = itertools.count(100)
        self.quiet: set[str] = set()
        printer = self.paper.printer
        self.changing = Changing(
            printer.shown,
            next_counter=lambda: next(self.counters),
            show=printer.listed,
            reply=lambda text, target: self.replies.append((text, target)),
            note=printer.note,
            is_quiet=lambda room: room in self.quiet,
        )
        self.changing.connect(as_links(self.asker))
        printer.messages([message(5, "helo"), message(6, "who comes?", name="ben")])


def edited(text: str) -> Happened:
    event = MessageEdited(
        index=9, by=("d", 8), room="general", device="d", counter=5, text=text, edited_ms=NOON_MS
    )
    return Happened(event=event)


def reacted(*, is_on: bool) -> Happened:
    event = ReactionChanged(
        index=9,
        by=("d", 8),
        room="general",
        device="d",
        counter=6,
        user="u",
        name="anna",
        emoji="👍",
        is_on=is_on,
    )
    return Happened(event=event)


def test_a_message_is_named_by_its_number() -> None:
    desk = Desk()
    desk.changing.edit("1 hello  there")
    edit = desk.asker.last(requests.Edit)
    assert (edit.device, edit.message, edit.text, edit.counter) == ("d", 5, "hello  there", 100)
    desk.changing.delete("2")
    delete = desk.asker.last(requests.Delete)
    assert (delete.device, delete.message, delete.counter) == ("d", 6, 101)
    desk.changing.reply("2 I do")
    assert desk.replies == [("I do", ("d", 6))]


def test_programs_name_it_by_device_and_counter() -> None:
    desk = Desk()
    desk.changing.delete(f"{DEVICE}:77")
    delete = desk.asker.last(requests.Delete)
    assert (delete.device, delete.message) == (DEVICE, 77)


@pytest.mark.parametrize(
    ("said", "emoji", "is_on"),
    [
        ("👍", "👍", True),
        (":heart:", "❤️", True),
        (":+1:", "👍", True),
        ("+1", "👍", True),
        ("-1", "👎", True),
        (":snowman:", "\N{SNOWMAN}", True),
        ("-👍", "👍", False),
        ("- :heart:", "❤️", False),
    ],
)
def test_an_emoji_is_said_in_many_ways(said: str, emoji: str, is_on: bool) -> None:
    desk = Desk()
    desk.changing.react(f"2 {said}")
    react = desk.asker.last(requests.React)
    assert (react.emoji, react.is_on) == (emoji, is_on)


@pytest.mark.parametrize(
    "argument", ["", "9 text", "x text", "0 text", "-1 text", "99999999999999999999 text"]
)
def test_a_message_that_was_not_shown_is_asked_for(argument: str) -> None:
    desk = Desk()
    for command in (desk.changing.edit, desk.changing.delete, desk.changing.react, desk.changing.reply):
        command(argument)
    assert desk.asker.asked == []
    assert desk.replies == []
    assert desk.changing.has_failed
    assert all("/last" in note for note in desk.paper.notes)


def test_what_no_server_would_take_is_not_sent() -> None:
    desk = Desk()
    desk.changing.edit("1 ")
    desk.changing.reply("1 ")
    desk.changing.react("1 :no such thing:")
    desk.changing.react("1 :right_to_left_override:")
    desk.changing.react("1 ok")
    desk.changing.react("1")
    assert desk.asker.asked == []
    assert desk.replies == []
    assert desk.changing.has_failed


def test_it_waits_for_each_answer() -> None:
    desk = Desk()
    desk.changing.delete("1")
    desk.changing.delete("2")
    waited = desk.changing.is_waiting
    desk.changing.hear(Stored(counter=100, index=9, number=0, copies=2, ticket=1))
    desk.changing.hear(QuestionFailed(ticket=2, code="forbidden"))
    assert (waited, desk.changing.is_waiting) == (True, False)
    assert desk.changing.has_failed


def test_what_others_do_is_said_with_the_number() -> None:
    desk = Desk()
    desk.changing.hear(edited("hello\nthere"))
    desk.changing.hear(reacted(is_on=True))
    desk.changing.hear(reacted(is_on=False))
    deleted = MessageDeleted(index=9, by=("d", 8), room="general", device="d", counter=5)
    desk.changing.hear(Happened(event=deleted))
    assert desk.paper.notes == [
        "* message 1 of anna now says: hello there",
        "* anna put 👍 to message 2 of ben",
        "* anna took 👍 away from message 2 of ben",
        "* message 1 of anna was deleted",
    ]


def test_of_a_muted_room_nothing_is_said_and_all_is_known() -> None:
    desk = Desk()
    desk.quiet.add("general")
    desk.changing.hear(edited("hello there"))
    assert "".join(desk.paper.notes) == ""
    desk.changing.list_last("2")
    assert "hello there" in desk.paper.text()


def test_the_last_ones_are_shown_as_they_are_now() -> None:
    desk = Desk()
    desk.changing.hear(edited("hello"))
    desk.changing.hear(reacted(is_on=True))
    desk.paper.notes.clear()
    desk.changing.list_last("")
    assert desk.paper.notes[0].startswith("*    1  ")
    assert desk.paper.notes[0].endswith("anna: hello (edited)")
    assert desk.paper.notes[-1].strip("* ") == "👍 1"
    desk.paper.notes.clear()
    desk.changing.list_last("1")
    assert "hello" not in "".join(desk.paper.notes)
