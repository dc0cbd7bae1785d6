"""Tests of server/names/fingerprints.py: every way to write a fingerprint is read back to the same one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.names.fingerprints import (
    _WORDS,
    fingerprint_hex,
    fingerprint_text,
    fingerprint_words,
    parse_fingerprint,
)

fingerprints = st.binary(min_size=32, max_size=32)


def test_each_byte_has_a_word_that_its_first_four_letters_tell() -> None:
    assert len(_WORDS) == 256
    assert len({word[:4] for word in _WORDS}) == 256


def test_the_words_show_the_first_twelve_bytes() -> None:
    words = fingerprint_words(bytes(range(32))).split()
    assert words == list(_WORDS[:12])


@given(fingerprints)
def test_every_spelling_is_read_again(fingerprint: bytes) -> None:
    for text in (
        fingerprint_hex(fingerprint),
        fingerprint_text(fingerprint),
        fingerprint.hex(),
        fingerprint.hex(":").upper(),
        f" {fingerprint_text(fingerprint)}\n",
    ):
        assert parse_fingerprint(text) == fingerprint


@pytest.mark.parametrize(
    "text",
    ["", "ab", "00" * 31, "00" * 33, "g" * 64, "A" * 42, "A" * 42 + "B", "A" * 44, "+" * 43, "é" * 43],
)
def test_what_is_not_a_whole_fingerprint_is_none(text: str) -> None:
    assert parse_fingerprint(text) is None


@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    found = parse_fingerprint(text)
    assert found is None or len(found) == 32
