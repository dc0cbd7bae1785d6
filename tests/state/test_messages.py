"""Messages: who may write where, and how long."""

import pytest

from server.protocol import limits
from tests.state.archive_of import Archive, device, epoch, message, room


@pytest.fixture
def archive() -> Archive:
    """Anna made the garden; Ben is not in it."""
    return Archive(epoch(), device("d", "Anna"), device("e", "Ben"), room(1, "garden", room_id="g"))


def test_each_message_has_the_next_number(archive: Archive) -> None:
    numbers = [archive.add(message(counter)).told for counter in range(2, 6)]
    assert [told.number for told in numbers if told is not None] == [1, 2, 3, 4]
    assert archive.state.number == 4


def test_a_refused_one_has_no_number(archive: Archive) -> None:
    archive.add(message(2))
    archive.add(message(3, room="nowhere"))
    told = archive.add(message(4)).told
    assert told is not None
    assert told.number == 2


def test_only_members_write(archive: Archive) -> None:
    assert archive.verdict(message(2, room="g")) == "accepted"
    assert archive.verdict(message(2, room="g", name="e")) == "not_a_member"
    assert archive.verdict(message(3, room="nowhere")) == "unknown_room"
    assert archive.verdict(message(4, name="stranger")) == "not_signed_in"


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_what_says_nothing_is_refused(archive: Archive, text: str) -> None:
    assert archive.verdict(message(2, text)) == "empty_message"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("x" * limits.MESSAGE_CHARACTERS_MAX, "accepted"),
        ("x" * (limits.MESSAGE_CHARACTERS_MAX + 1), "message_too_long"),
        ("\N{GRINNING FACE}" * (limits.MESSAGE_CHARACTERS_MAX + 1), "message_too_long"),
        ("\N{GRINNING FACE}" * limits.MESSAGE_CHARACTERS_MAX, "accepted"),
    ],
)
def test_the_limit_counts_characters(archive: Archive, text: str, verdict: str) -> None:
    assert archive.verdict(message(2, text)) == verdict
