"""Passwords: weak ones are refused, right ones recognised, and never too many are checked at once."""

import asyncio
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from zxcvbn import matching

from server.accounts import passwords
from server.accounts.passwords import (
    HASHES_AT_ONCE,
    HASHES_WAITING_MAX,
    BusyError,
    Passwords,
    judged_part,
    weakness_of,
)
from server.protocol import limits
from server.protocol.errors import Refusal

GOOD = "a lamp that hums in B flat"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_too_short"),
        ("x7#Kq9!vT", "password_too_short"),
        ("password123", "password_too_common"),
        ("qwertyuiop", "password_too_common"),
        ("1111111111", "password_too_common"),
        ("Anna-Bellini", "password_too_common"),
        ("x7#Kq9!vTz", None),
        (GOOD, None),
        ("più là dell'ultima città", None),
        ("x" * 126 + "é!", "password_too_common"),
    ],
)
def test_what_is_guessed_at_once_is_no_password(password: str, code: str | None) -> None:
    found = weakness_of(password, "Anna-Bellini")
    assert (found.code if found else None) == code


@settings(max_examples=30)
@given(st.text(max_size=limits.PASSWORD_CHARACTERS_MAX))
def test_any_text_is_judged(password: str) -> None:
    found = weakness_of(password, "Anna")
    assert found is None or found.code in {"password_too_short", "password_too_common"}


# Each may stand for one of several letters, or several of them for one.
SIGNS = "4@8({[<3691!|70$5+%2"


@settings(max_examples=10)
@given(st.text(SIGNS, min_size=10, max_size=limits.PASSWORD_CHARACTERS_MAX))
@example(SIGNS * 6)
def test_signs_that_can_be_read_in_many_ways_are_judged_with_bounded_effort(password: str) -> None:
    effort = 0

    def counted(text: str, *others: Any, **named: Any) -> list[Any]:
        nonlocal effort
        effort += len(text) ** 2
        return look_up(text, *others, **named)

    look_up = matching.dictionary_match
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "dictionary_match", counted)
        weakness_of(password, "Anna")
    # Each text is looked for forwards and backwards, and its repeated parts once more.
    assert effort < 10 * passwords._EFFORT_MAX
    assert len(judged_part(password)) >= min(len(password), 12)


def test_a_sentence_is_judged_as_a_whole() -> None:
    sentence = "3 lamps hum in B flat, 1 of them out of tune; nobody has asked it to."
    assert judged_part(sentence) == sentence


def test_the_hash_is_argon2id_and_follows_from_its_seed() -> None:
    async def work() -> list[str | Refusal]:
        passwords = Passwords()
        try:
            return [await passwords.make(GOOD, "Anna", seed) for seed in (b"one", b"one", b"two")]
        finally:
            passwords.stop()

    first, again, other = asyncio.run(work())
    assert isinstance(first, str)
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert first == again != other


def test_only_the_right_one_is_right_however_it_was_typed() -> None:
    password = "un caffè è già qui"

    async def work() -> list[bool]:
        passwords = Passwords()
        try:
            encoded = await passwords.make(password, "Anna", b"")
            assert isinstance(encoded, str)
            tried = [password, unicodedata.normalize("NFD", password), password + " ", ""]
            asked = [(one, encoded) for one in tried] + [
                (password, ""),
                ("nobody", ""),
                (password, "no hash"),
            ]
            return [await passwords.is_right(*one) for one in asked]
        finally:
            passwords.stop()

    assert asyncio.run(work()) == [True, True, False, False, False, False, False]


def test_whoever_comes_when_all_places_are_taken_is_told_so() -> None:
    async def work() -> int:
        passwords = Passwords()
        places = HASHES_AT_ONCE + HASHES_WAITING_MAX
        try:
            tasks = [asyncio.ensure_future(passwords.is_right("x", "no hash")) for _ in range(places)]
            await asyncio.sleep(0)
            with pytest.raises(BusyError):
                await passwords.is_right("x", "no hash")
            assert not any(await asyncio.gather(*tasks))
            # There is room again.
            return int(await passwords.is_right("x", "no hash"))
        finally:
            passwords.stop()

    assert asyncio.run(work()) == 0
