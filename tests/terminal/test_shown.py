"""Messages by short numbers, and what became of them."""

from unittest import mock

from msgspec import structs

from server.protocol.events import MessageDeleted, MessageEdited
from server.protocol.facts import SearchHit
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


def test_what_a_search_has_found_is_known_by_its_number_until_it_is_shown() -> None:
    shown = Shown()
    shown.add(message(1, "hello"))
    hit = SearchHit(5, 5, "general", "u", "ben", "d", 5, NOON_MS, "a part", 0, 90, [])
    assert shown.add_hit(hit) == shown.add_hit(hit) == 2
    assert [number for number, _message in shown.newest(9)] == [1]
    whole = message(5, "a part of it")
    assert shown.add_past(whole) == 2
    assert shown.add_hit(hit) == 2
    assert shown.find(2) == whole
    shown.left("u")
    found = shown.find(2)
    assert found is not None
    assert found.has_left
    deleted = MessageDeleted(index=6, by=("d", 3), room="general", device="d", counter=5)
    changed = shown.change(deleted)
    assert changed is not None
    assert changed[1].is_deleted
    shown.add(whole)
    assert [number for number, _message in shown.newest(9)] == [1, 2]


def test_a_merge_gives_what_is_shown_another_place() -> None:
    shown = Shown()
    shown.add(message(1, "hello"))
    shown.renew(structs.replace(message(1, "hello"), index=30))
    shown.renew(message(2, "never shown"))
    assert [(number, each.index) for number, each in shown.newest(9)] == [(1, 30)]


def test_what_is_looked_up_takes_no_number_from_what_was_said() -> None:
    shown = Shown()
    shown.add(message(9, "new"))
    with mock.patch("server.terminal.shown._KEPT_MAX", 2):
        numbers = [shown.add_past(message(counter, "old")) for counter in range(1, 5)]
    assert [shown.find(number) is not None for number in (1, *numbers)] == [True, False, False, True, True]
