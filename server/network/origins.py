"""Whose address it is: what counts as one place when connections and tries are counted."""

import ipaddress
from typing import Final

# What a household gets at least; the rest of an address its owner chooses freely (RFC 6177, RFC 8981).
_IPV6_PREFIX: Final = 64


def origin_of(address: str) -> str:
    """An IPv4 address is one place, of IPv6 a whole /64; loopback and what is no address stay as they are."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4 or parsed.is_loopback:
        return address
    return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))
