"""Every code that can reach a person has a sentence, with every argument it may carry."""

import pytest

from server.i18n.error_texts import error_text
from server.i18n.translation import use_language
from server.network.errors import ClosedCode, DialCode
from server.protocol.errors import ERRORS

UNKNOWN = "Something went wrong"


@pytest.fixture(autouse=True)
def in_english() -> None:
    use_language("en")


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_code_of_the_servers_has_a_sentence(code: str) -> None:
    text = error_text(code, dict.fromkeys(ERRORS[code].arguments, "X"))
    assert UNKNOWN not in text
    assert text.endswith((".", "?"))


@pytest.mark.parametrize("code", sorted({*DialCode, *ClosedCode}))
def test_every_code_of_a_connection_has_a_sentence(code: str) -> None:
    assert UNKNOWN not in error_text(code, {})


def test_a_code_of_a_newer_server_is_shown_as_it_is() -> None:
    assert error_text("brand_new", {}) == "Something went wrong (brand_new)."


def test_an_argument_that_a_server_leaves_out_is_shown_as_a_gap() -> None:
    assert error_text("bad_name", {}).startswith("The name ? is not allowed.")
