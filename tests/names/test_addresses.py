"""Tests of server/names/addresses.py: what people write, what is understood, what is said otherwise."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.names.addresses import (
    ADDRESS_SENTENCES,
    ADDRESSES_MAX,
    Address,
    AddressError,
    is_everywhere,
    is_loopback,
    parse_address,
    parse_addresses,
)

hosts = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(str),
    st.lists(st.from_regex(r"[a-z_]([a-z0-9-]{0,20}[a-z])?", fullmatch=True), min_size=1, max_size=4).map(
        ".".join
    ),
)
addresses = st.builds(Address, hosts, st.integers(1, 65_535))


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1", "127.0.0.1", 7000),
        ("127.0.0.1:7001", "127.0.0.1", 7001),
        (" chat.example.org:80 ", "chat.example.org", 80),
        ("Chat.Example.ORG.", "chat.example.org", 7000),
        ("my_nas:7000", "my_nas", 7000),
        ("localhost:65535", "localhost", 65535),
        ("[::1]:7000", "::1", 7000),
        ("[::1]", "::1", 7000),
        ("::1", "::1", 7000),
        ("2001:DB8:0:0::1", "2001:db8::1", 7000),
        ("[::ffff:10.0.0.1]:9", "::ffff:a00:1", 9),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", 7000),
    ],
)
def test_an_address_is_understood(text: str, host: str, port: int) -> None:
    assert parse_address(text) == Address(host, port)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_address"),
        ("  ", "no_address"),
        (":7000", "no_host"),
        ("a b", "bad_host"),
        ("bücher", "bad_host"),
        ("-a", "bad_host"),
        ("a-", "bad_host"),
        ("a..b", "bad_host"),
        ("a/b", "bad_host"),
        ("user@host", "bad_host"),
        ("http://host", "is_link"),
        ("a" * 64, "bad_host"),
        (".".join(["a" * 60] * 5), "bad_host"),
        ("256.1.1.1", "bad_host"),
        ("10.0.0", "bad_host"),
        ("1234", "bad_host"),
        ("0x7f.0.0.1:1", "bad_host"),
        ("host:", "bad_port"),
        ("host:0", "bad_port"),
        ("host:65536", "bad_port"),
        ("host:-1", "bad_port"),
        ("host:+1", "bad_port"),
        ("host: 1", "bad_port"),
        ("host:1_0", "bad_port"),
        ("host:٧", "bad_port"),
        ("host:seven", "bad_port"),
        ("[::1", "bad_ipv6"),
        ("[::1]7000", "bad_ipv6"),
        ("[127.0.0.1]:1", "bad_ipv6"),
        ("[]:1", "bad_ipv6"),
        ("::g", "bad_ipv6"),
        ("1:2:3", "bad_ipv6"),
        ("[fe80::1%eth0]:1", "bad_ipv6"),
    ],
)
def test_a_mistake_has_its_own_sentence(text: str, code: str) -> None:
    found = parse_address(text)
    assert isinstance(found, AddressError)
    assert found.code == code
    assert found.sentence.endswith(".")


def test_the_default_port_is_the_callers() -> None:
    assert parse_address("a", port_default=9000) == Address("a", 9000)


def test_port_zero_is_for_listening_only() -> None:
    assert parse_address("127.0.0.1:0", allow_free_port=True) == Address("127.0.0.1", 0)


def test_a_list_keeps_its_order() -> None:
    assert parse_addresses("b:2, a:1,[::1]") == (Address("b", 2), Address("a", 1), Address("::1"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_address"),
        ("a,", "no_address"),
        (",a", "no_address"),
        ("a,b:x", "bad_port"),
        ("a,A:7000", "same_address"),
        (",".join(f"a{number}" for number in range(ADDRESSES_MAX + 1)), "too_many_addresses"),
    ],
)
def test_a_list_has_no_mistake_in_it(text: str, code: str) -> None:
    found = parse_addresses(text)
    assert isinstance(found, AddressError)
    assert found.code == code


@given(addresses)
def test_what_is_printed_is_read_again(address: Address) -> None:
    assert parse_address(str(address)) == address


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_an_error(text: str) -> None:
    found = parse_address(text)
    if isinstance(found, Address):
        assert parse_address(str(found)) == found
        if ":" in found.host:
            ipaddress.IPv6Address(found.host)
    else:
        assert found.code in ADDRESS_SENTENCES


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("a.localhost", True),
        ("10.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("notlocalhost", False),
    ],
)
def test_this_computer_is_told_from_others(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [("0.0.0.0", True), ("::", True), ("127.0.0.1", False), ("a.example", False)],  # noqa: S104
)
def test_an_address_that_means_every_card_is_known(host: str, expected: bool) -> None:
    assert is_everywhere(host) is expected
