"""Tests of server/names/invite_links.py: a link says everything, and nothing else is a link."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.names.addresses import Address
from server.names.fingerprints import fingerprint_text
from server.names.invite_links import (
    LINK_SENTENCES,
    InviteLink,
    LinkError,
    is_chat_name,
    is_invite_link,
    parse_invite_link,
)
from tests.names.test_addresses import addresses

CA = fingerprint_text(bytes(range(32)))
TRUST = f"?ca={CA}"
fingerprints_or_none = st.one_of(st.none(), st.binary(min_size=32, max_size=32))
chat_names = st.text(max_size=64).filter(is_chat_name)


@st.composite
def links(draw: st.DrawFn) -> InviteLink:
    fingerprint = draw(fingerprints_or_none)
    places = draw(st.lists(addresses, min_size=1, max_size=8, unique=True))
    return InviteLink(tuple(places), fingerprint, draw(chat_names), plain=fingerprint is None)


def test_a_link_looks_like_this() -> None:
    link = InviteLink((Address("127.0.0.1", 7000), Address("::1", 7001)), bytes(range(32)), "Café & co")
    text = f"desktop-chat://127.0.0.1:7000,[::1]:7001/?ca={CA}&name=Caf%C3%A9%20%26%20co"
    assert str(link) == text
    assert parse_invite_link(text) == link


def test_a_plain_link_looks_like_this() -> None:
    link = InviteLink((Address("localhost", 7000),), None, plain=True)
    assert str(link) == "desktop-chat://localhost:7000/?plain=1"
    assert parse_invite_link(str(link)) == link


def test_a_link_may_carry_an_invite() -> None:
    code = "a2b3c4d5e6f7abcdefghijklmn"
    link = InviteLink((Address("a", 7000),), bytes(range(32)), "Lab", code=code)
    assert str(link) == f"desktop-chat://a:7000/?ca={CA}&name=Lab&code={code}"
    assert parse_invite_link(str(link)) == link


@given(links())
def test_what_is_printed_is_read_again(link: InviteLink) -> None:
    assert parse_invite_link(str(link)) == link
    assert is_invite_link(str(link))


@pytest.mark.parametrize(
    "text",
    [
        f" desktop-chat://a:7000/{TRUST}\n",
        f"DESKTOP-CHAT://A/{TRUST}",
        f"desktop-chat://a/?name=&ca={CA}",
    ],
)
def test_what_a_mail_program_does_to_a_link_is_forgiven(text: str) -> None:
    assert parse_invite_link(text) == InviteLink((Address("a", 7000),), bytes(range(32)))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_link"),
        ("127.0.0.1:7000", "no_link"),
        (f"desktop-chat:a/{TRUST}", "no_link"),
        (f"https://a/{TRUST}", "no_link"),
        (f"desktop-chat://a/{TRUST}&name=" + "a" * 5000, "too_long"),
        (f"desktop-chat://a/{TRUST}&name=a b", "bad_character"),
        (f"desktop-chat://bücher/{TRUST}", "bad_character"),
        (f"desktop-chat://a/{TRUST}&name=\u202eevil", "bad_character"),
        (f"desktop-chat://a/room{TRUST}", "bad_ending"),
        (f"desktop-chat://a/#ca={CA}", "bad_ending"),
        (f"desktop-chat://a{TRUST}", "bad_ending"),
        (f"desktop-chat:///{TRUST}", "bad_address"),
        (f"desktop-chat://a,/{TRUST}", "bad_address"),
        (f"desktop-chat://a,a/{TRUST}", "bad_address"),
        (f"desktop-chat://a:0/{TRUST}", "bad_address"),
        (f"desktop-chat://user@a/{TRUST}", "bad_address"),
        (f"desktop-chat://a/{TRUST}&token=1", "unknown_part"),
        (f"desktop-chat://a/{TRUST}&name", "unknown_part"),
        (f"desktop-chat://a/{TRUST}&", "unknown_part"),
        (f"desktop-chat://a/{TRUST}&CA={CA}", "unknown_part"),
        (f"desktop-chat://a/{TRUST}&ca={CA}", "part_twice"),
        (f"desktop-chat://a/{TRUST}&name=a&name=b", "part_twice"),
        (f"desktop-chat://a/{TRUST}&code=", "bad_code"),
        (f"desktop-chat://a/{TRUST}&code=" + "a" * 25, "bad_code"),
        (f"desktop-chat://a/{TRUST}&code=" + "A" * 26, "bad_code"),
        (f"desktop-chat://a/{TRUST}&code=" + "1" * 26, "bad_code"),
        ("desktop-chat://a/?ca=", "bad_fingerprint"),
        (f"desktop-chat://a/?ca={CA[:-1]}", "bad_fingerprint"),
        (f"desktop-chat://a/?ca={CA}=", "bad_fingerprint"),
        (f"desktop-chat://a/?ca={'00' * 32}", "bad_fingerprint"),
        (f"desktop-chat://a/?ca=%41{CA[1:]}", "bad_fingerprint"),
        ("desktop-chat://a/?plain=true", "bad_plain"),
        ("desktop-chat://a/?plain=", "bad_plain"),
        ("desktop-chat://a", "no_trust"),
        ("desktop-chat://a/", "no_trust"),
        ("desktop-chat://a/?name=x", "no_trust"),
        (f"desktop-chat://a/?ca={CA}&plain=1", "two_trusts"),
        (f"desktop-chat://a/{TRUST}&name=%FF", "bad_name"),
        (f"desktop-chat://a/{TRUST}&name=a%0Ab", "bad_name"),
        (f"desktop-chat://a/{TRUST}&name=%E2%80%AEevil", "bad_name"),
        (f"desktop-chat://a/{TRUST}&name=%20a", "bad_name"),
        (f"desktop-chat://a/{TRUST}&name=e%CC%81", "bad_name"),
        (f"desktop-chat://a/{TRUST}&name=" + "a" * 65, "bad_name"),
    ],
)
def test_a_mistake_has_its_own_sentence(text: str, code: str) -> None:
    found = parse_invite_link(text)
    assert isinstance(found, LinkError)
    assert found.code == code
    assert "{" not in found.sentence


@given(st.text(max_size=100).map(lambda text: "desktop-chat://" + text))
def test_any_text_is_a_link_or_an_error(text: str) -> None:
    found = parse_invite_link(text)
    if isinstance(found, InviteLink):
        assert parse_invite_link(str(found)) == found
    else:
        assert found.code in LINK_SENTENCES


@given(links(), st.data())
def test_a_link_that_was_cut_off_never_becomes_another_trust(link: InviteLink, data: st.DataObject) -> None:
    text = str(link)
    found = parse_invite_link(text[: data.draw(st.integers(0, len(text) - 1))])
    assert isinstance(found, LinkError) or found.fingerprint == link.fingerprint
