"""The rows of the conversation list."""

from datetime import UTC

import pytest

from desktop_chat.i18n.translation import use_language
from desktop_chat.view_models.conversation_list import Conversation, build_rows
from desktop_chat.view_models.people import avatar_colour, build_people, initials
from desktop_chat.view_models.time_texts import day_text, local_time, short_text
from server.protocol.facts import MemberFacts
from tests.desktop_chat.examples import TODAY, message, pending


@pytest.fixture(autouse=True)
def in_english() -> None:
    use_language("en")


def test_the_latest_stands_first_with_its_last_line() -> None:
    rows = build_rows(
        [
            Conversation("1", "quiet"),
            Conversation("2", "old", last=message(1, text="one\ntwo")),
            Conversation("3", "new", last=message(9, user="me"), unread=120),
        ],
        "2",
        "me",
        TODAY,
        UTC,
    )
    assert [row.title for row in rows] == ["# new", "# old", "# quiet"]
    assert [row.preview for row in rows] == ["You: message 9", "Ada: one two", "No messages yet"]
    assert [row.badge for row in rows] == ["99+", "", ""]
    assert [row.time_text for row in rows] == ["12:09", "12:01", ""]
    assert [row.is_selected for row in rows] == [False, True, False]


def test_what_waits_in_the_outbox_is_a_last_line_too() -> None:
    (row,) = build_rows([Conversation("1", "general", last=pending(3))], "1", "me", TODAY, UTC)
    assert row.preview == "You: pending 3"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("anna", "A"), ("Ada Lovelace", "AL"), ("grace.hopper", "GH"), ("a b c", "AC"), ("", "?"), ("  ", "?")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_person_keeps_the_colour() -> None:
    assert avatar_colour("u1") == avatar_colour("u1")
    assert len({avatar_colour(str(number)) for number in range(100)}) > 5


def test_people_online_stand_first() -> None:
    facts = [MemberFacts("1", "zoe", True), MemberFacts("2", "bob", False), MemberFacts("3", "Ada", True)]
    people = build_people(facts, "3")
    assert [person.words for person in people] == ["Ada (you)", "zoe", "bob"]


def test_days_in_words() -> None:
    moment = local_time(message(0).time_ms, UTC)
    assert day_text(moment.date(), TODAY) == "Today"
    assert day_text(TODAY.replace(day=20), TODAY) == "Yesterday"
    assert day_text(TODAY.replace(day=2), TODAY) == "Monday, 2 November 2026"
    assert short_text(moment, TODAY.replace(day=23)) == "Sat"
    assert short_text(moment, TODAY.replace(day=30)) == "21.11.26"
