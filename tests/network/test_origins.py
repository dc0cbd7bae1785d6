"""Tests of server/network/origins.py: whoever has a network of addresses is one."""

import pytest

from server.network.origins import origin_of


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1:2:3", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("", ""),
    ],
)
def test_of_ipv6_the_network_counts(address: str, origin: str) -> None:
    assert origin_of(address) == origin
