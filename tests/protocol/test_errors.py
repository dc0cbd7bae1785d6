"""The error codes: one table, and refusals that keep to it."""

import pytest

from server.protocol.errors import ERRORS, Refusal


def test_every_code_says_what_it_means() -> None:
    for code, kind in ERRORS.items():
        assert code == code.lower(), code
        assert kind.meaning.endswith("."), code


def test_a_refusal_carries_exactly_the_arguments_of_its_code() -> None:
    assert Refusal("unknown_room", {"room": "x"}).arguments == {"room": "x"}
    with pytest.raises(AssertionError):
        Refusal("unknown_room")
    with pytest.raises(AssertionError):
        Refusal("unknown_room", {"room": "x", "more": 1})
    with pytest.raises(KeyError):
        Refusal("nonsense")


def test_fatal_codes_end_the_connection() -> None:
    assert Refusal("frame_too_long", {"limit": 1}).is_fatal
    assert not Refusal("bad_json").is_fatal
