"""Mentions: whom a text names."""

from unittest import mock

import pytest

from server.protocol.names import name_key
from server.state import mentions
from server.state.mentions import mentions_in
from tests.state.archive_of import Archive, device, epoch, member, room


@pytest.fixture
def archive() -> Archive:
    """Anna made the garden; Ben and Ben Ali are in the chat, and only Ben is in the garden."""
    people = (device("d", "Anna"), device("e", "Ben"), device("f", "Ben Ali"))
    return Archive(epoch(), *people, room(1, "garden", room_id="g"), member(1, "g", name="e"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Ben, bring bread", ["user-e"]),
        ("@ben ali!", ["user-f"]),
        ("@Ben Alibi", ["user-e"]),
        ("@Benno and anna@example.org", []),
        ("@anna @BEN @anna", ["user-d", "user-e"]),
        ("@ @@Ben", ["user-e"]),
    ],
)
def test_the_longest_name_counts_as_whole_words(archive: Archive, text: str, named: list[str]) -> None:
    assert mentions_in(text, "general", archive.state) == named


def test_only_members_of_the_room_are_named(archive: Archive) -> None:
    assert mentions_in("@anna @Ben Ali", "g", archive.state) == ["user-d", "user-e"]
    assert mentions_in("@anna", "nowhere", archive.state) == []


def test_a_text_of_nothing_but_signs_costs_no_more_than_a_few_names(archive: Archive) -> None:
    with mock.patch("server.state.mentions.name_key", wraps=name_key) as looked_up:
        found = mentions_in(("@a" + "-" * 31 + " ") * 200 + "@anna", "general", archive.state)
    assert looked_up.call_count <= mentions._LOOKS_MAX + 32
    assert found == [], "the rest is not looked at"
    assert len(mentions_in("@ben " * 100 + "@anna", "general", archive.state)) == 2
