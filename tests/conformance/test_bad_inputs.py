"""The whole list through a real socket: each input gets its documented answer, and nobody else notices.

What was made from the structs goes over as few connections as it can; each of the others has its own.
"""

from collections import Counter

import msgspec
import pytest

from tests.conformance.bad_input import BadInput
from tests.conformance.bad_inputs import BAD_INPUTS
from tests.conformance.server_under_test import ServerUnderTest, answers_to, is_as_documented

# Fewer would mean that something is gone.
INPUTS_MIN = {
    "framing": 50,
    "utf8": 60,
    "json": 100,
    "fields": 700,
    "states": 45,
    "names": 100,
    "foreign ids": 100,
    "messages": 15,
    "searches": 60,
    "texts": 200,
    "files": 55,
    "proofs": 30,
    "rights": 14,
}
MADE = {"fields", "texts"}


def batches() -> dict[str, list[BadInput]]:
    """What goes over one connection after the other, by its name in the run."""
    found: dict[str, list[BadInput]] = {}
    for number, bad in enumerate(BAD_INPUTS, 1):
        name = f"{number} {bad.title}"
        if bad.theme in MADE:
            name = f"{bad.theme} of {msgspec.json.decode(bad.sends)['request']}"
        found.setdefault(name, []).append(bad)
    return found


@pytest.mark.parametrize("inputs", batches().values(), ids=batches())
def test_a_bad_input_gets_its_documented_answer(server: ServerUnderTest, inputs: list[BadInput]) -> None:
    wrong = [
        f"{answer}, not {bad.expected}: {bad.sends[:300]!r}"
        for bad, answer in answers_to(server, inputs)
        if not is_as_documented(bad, answer)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_list_is_as_long_as_it_was_and_has_every_theme() -> None:
    counted = Counter(bad.theme for bad in BAD_INPUTS)
    assert set(counted) == set(INPUTS_MIN)
    assert all(counted[theme] >= least for theme, least in INPUTS_MIN.items()), counted


def test_no_input_is_in_the_list_twice() -> None:
    counted = Counter((bad.stage, bad.person, bad.sends, bad.before) for bad in BAD_INPUTS)
    twice = [key for key, count in counted.items() if count > 1]
    assert not twice, twice
