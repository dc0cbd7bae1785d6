"""Announcements: what a server says is read again; whatever else comes from the network is passed over."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.names.addresses import ADDRESSES_MAX, Address
from server.names.announcements import Announcement, announcement_text, joined, read_announcement
from server.names.invite_links import is_chat_name

A, B = Address("10.0.0.1", 7000), Address("chat.example", 7001)
FINGERPRINT = bytes(range(32))
GOOD = Announcement("Family", "0123456789abcdef", FINGERPRINT, (A, B))

announcements = st.builds(
    Announcement,
    chat=st.text(max_size=64).filter(is_chat_name),
    cluster=st.text("0123456789abcdef", min_size=16, max_size=16),
    fingerprint=st.none() | st.binary(min_size=32, max_size=32),
    addresses=st.lists(
        st.builds(
            Address,
            st.text(string.ascii_lowercase, min_size=1, max_size=60),
            st.integers(1, 65_535),
        ),
        min_size=1,
        max_size=ADDRESSES_MAX,
        unique=True,
    ).map(tuple),
)


def packed(announcement: Announcement) -> dict[bytes, bytes | None]:
    """As the record carries it."""
    return {key.encode(): value.encode() for key, value in announcement_text(announcement).items()}


@given(announcements)
def test_what_is_said_is_read_again(announcement: Announcement) -> None:
    text = packed(announcement)
    assert all(len(key) + 1 + len(value or b"") <= 255 for key, value in text.items())
    read = read_announcement(text)
    assert read is not None
    assert (read.cluster, read.fingerprint, read.addresses) == (
        announcement.cluster,
        announcement.fingerprint,
        announcement.addresses,
    )
    assert announcement.chat.startswith(read.chat)


@pytest.mark.parametrize(
    "change",
    [
        {b"v": b"2"},
        {b"v": None},
        {b"chat": b"\xff"},
        {b"chat": "a\u202eb".encode()},
        {b"chat": b"x" * 65},
        {b"chat": b"two\nlines"},
        {b"cluster": b""},
        {b"cluster": b"0123456789ABCDEF"},
        {b"cluster": b"../../etc/passwd"},
        {b"ca": b"AAAA"},
        {b"at0": b""},
        {b"at0": b"desktop-chat://10.0.0.1/"},
        {b"at0": b"10.0.0.1:99999"},
        {b"at0": b"chat.example:7001"},
        {b"at1": b"a b"},
        {b"\xff": b""},
    ],
    ids=repr,
)
def test_what_is_wrong_in_one_part_is_passed_over_as_a_whole(change: dict[bytes, bytes | None]) -> None:
    assert read_announcement(packed(GOOD)) == GOOD
    assert read_announcement(packed(GOOD) | change) is None


@given(st.dictionaries(st.binary(max_size=9), st.none() | st.binary(max_size=40), max_size=8))
def test_no_record_raises(text: dict[bytes, bytes | None]) -> None:
    assert read_announcement(text) is None


def test_both_servers_of_a_chat_are_one_and_another_authority_is_another_chat() -> None:
    first = Announcement("Family", GOOD.cluster, FINGERPRINT, (A,))
    second = Announcement("Family", GOOD.cluster, FINGERPRINT, (B,))
    liar = Announcement("Family", GOOD.cluster, bytes(32), (Address("evil.example"),))
    assert joined([second, liar, first, second]) == [GOOD, liar]
