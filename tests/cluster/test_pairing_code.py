"""The pairing code has one spelling, and any other text is refused with a sentence."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.cluster.pairing_code import PairingCode, make_secret, parse_pairing_code
from server.names.addresses import Address

CODE = PairingCode(Address("10.0.0.1", 7002), bytes(range(32)), bytes(range(16)))


@given(
    st.builds(
        PairingCode,
        st.sampled_from([Address("a.example", 1), Address("10.0.0.1", 65535), Address("::1", 7002)]),
        st.binary(min_size=32, max_size=32),
        st.binary(min_size=16, max_size=16),
    )
)
def test_what_is_printed_is_read_again(code: PairingCode) -> None:
    assert parse_pairing_code(f" {code}\n") == code
    assert not set(str(code)) & set(" '\"$`&|;<>()*?!#")


def test_secrets_are_new_each_time() -> None:
    assert len({make_secret() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "no pairing code"),
        ("10.0.0.1:7002", "no pairing code"),
        (f"desktop-chat://{CODE}", "no pairing code"),
        (f"{CODE}/", "no pairing code"),
        ("a" * 400 + str(CODE), "no pairing code"),
        (f"x y{CODE}", "address in the pairing code"),
        (str(CODE).replace("7002", "0"), "address in the pairing code"),
        (str(CODE)[:-1], "secret in the pairing code"),
        (str(CODE)[:-1] + "_", "secret in the pairing code"),
        (str(CODE)[:-2] + "\u00e9g", "secret in the pairing code"),
        (str(CODE).replace("/AAEC", "/AAE", 1), "fingerprint in the pairing code"),
    ],
)
def test_a_damaged_code_is_told_by_its_part(text: str, part: str) -> None:
    found = parse_pairing_code(text)
    assert isinstance(found, str)
    assert part in found


@given(st.text(max_size=120))
def test_any_text_is_a_code_or_a_sentence(text: str) -> None:
    found = parse_pairing_code(text)
    if isinstance(found, PairingCode):
        assert str(found) == text.strip()


def test_no_cut_of_a_code_is_a_code() -> None:
    code = str(PairingCode(Address("a", 1), secrets.token_bytes(32), secrets.token_bytes(16)))
    for length in range(len(code)):
        assert isinstance(parse_pairing_code(code[:length]), str)
