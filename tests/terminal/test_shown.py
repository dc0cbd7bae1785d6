"""Messages by short numbers, and what became of them."""

from unittest import mock

from server.protocol.events import MessageDeleted, MessageEdited
from server.terminal.shown import Shown
from tests.terminal.paper import NOON_MS, message


def test_numbers_count_as_shown_and_stay() -> None:
    shown = Shown()
    for counter in (7, 3, 9):
        shown.add(message(counter, f"text {counter}"))
    shown.add(message(3, "text 3, behind a merge"))
    assert [(number, each.counter) for number, each in shown.newest(3)] == [(1, 7), (2, 3), (3, 9)]
    assert shown.number_of(("d", 3)) == 2
    assert shown.newest(0) == []
    assert shown.find(4) is None


def test_what_became_of_a_message_is_remembered() -> None:
    shown = Shown()
    shown.add(message(1, "helo"))
    edit = MessageEdited(
        index=5, by=("d", 2), room="general", device="d", counter=1, text="hello", edited_ms=NOON_MS
    )
    found = shown.change(edit)
    assert found is not None
    assert (found[0], found[1].text) == (1, "hello")
    shown.change(MessageDeleted(index=6, by=("d", 3), room="general", device="d", counter=1))
    kept = shown.find(1)
    assert kept is not None
    assert (kept.text, kept.is_deleted) == ("", True)
    other = MessageDeleted(index=7, by=("d", 4), room="general", device="d", counter=40)
    assert shown.change(other) is None


def test_old_ones_have_no_number_any_more() -> None:
    shown = Shown()
    with mock.patch("server.terminal.shown._KEPT_MAX", 2):
        for counter in range(1, 5):
            shown.add(message(counter, "text"))
    assert shown.find(2) is None
    assert shown.number_of(("d", 1)) == 0
    assert [number for number, _message in shown.newest(10)] == [3, 4]
