"""Addresses as people write them: `HOST`, `HOST:PORT`, `[IPv6]:PORT`, and lists of them."""

import dataclasses
import ipaddress
import re
from typing import Final

from server.i18n.marking import marked
from server.i18n.translation import _

# The default port of a server's door for clients.
PORT_DEFAULT: Final = 7000
# A pair has two; more are room for later, and a bound for whoever writes a link.
ADDRESSES_MAX: Final = 8

# RFC 1123: labels of letters, digits and hyphens; the underscore is common on local networks.
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_HOST_CHARACTERS_MAX: Final = 253

# Sentences by code, for `str.format` with the error's text.
ADDRESS_SENTENCES: Final = {
    "no_address": marked("No address is given."),
    "no_host": marked("The address “{text}” has no computer name before the port."),
    "bad_host": marked("“{text}” is not the name or number of a computer."),
    "is_link": marked("“{text}” is a link to something else: only a computer's name or number belongs here."),
    "bad_ipv6": marked("“{text}” is not an IPv6 address; one with a port is written [ADDRESS]:PORT."),
    "bad_port": marked("The port in “{text}” is not a number from 1 to 65535."),
    "same_address": marked("The address “{text}” is given twice."),
    "too_many_addresses": marked("These are more than {text} addresses."),
}


@dataclasses.dataclass(frozen=True, slots=True)
class AddressError:
    """Why a text is no address: a code of `ADDRESS_SENTENCES` and the part that is wrong."""

    code: str
    text: str = ""

    @property
    def sentence(self) -> str:
        """The sentence for people."""
        return _(ADDRESS_SENTENCES[self.code]).format(text=self.text)


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Address:
    """A host (a name in lower case, or a number without brackets) and a port (0 only to listen)."""

    host: str
    port: int = PORT_DEFAULT

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_address(
    text: str, *, port_default: int = PORT_DEFAULT, allow_free_port: bool = False
) -> Address | AddressError:
    """One address. `allow_free_port`: port 0, for listening on any free one."""
    text = text.strip()
    if not text:
        return AddressError("no_address")
    if "://" in text:
        return AddressError("is_link", text)
    if text.startswith("["):
        host, closing, rest = text[1:].partition("]")
        if not closing or (rest and not rest.startswith(":")) or ":" not in host:
            return AddressError("bad_ipv6", text)
        port_text = rest[1:] if rest else None
    elif text.count(":") > 1:
        host, port_text = text, None
    else:
        host, colon, rest = text.partition(":")
        port_text = rest if colon else None
    if not host:
        return AddressError("no_host", text)
    plain_host = _parse_host(host)
    if isinstance(plain_host, AddressError):
        return plain_host
    port = port_default if port_text is None else _parse_port(port_text)
    if port is None or (port == 0 and not allow_free_port):
        return AddressError("bad_port", text)
    return Address(plain_host, port)


def parse_addresses(text: str, *, port_default: int = PORT_DEFAULT) -> tuple[Address, ...] | AddressError:
    """A list `a:1,b:2`: at least one, none twice, in the order of preference."""
    found: list[Address] = []
    for part in text.split(","):
        address = parse_address(part, port_default=port_default)
        if isinstance(address, AddressError):
            return address
        if address in found:
            return AddressError("same_address", str(address))
        found.append(address)
    if len(found) > ADDRESSES_MAX:
        return AddressError("too_many_addresses", str(ADDRESSES_MAX))
    return tuple(found)


def is_loopback(host: str) -> bool:
    """Whether a host can only be this computer itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # RFC 6761, section 6.3: the name and everything below it.
        return host == "localhost" or host.endswith(".localhost")


def is_everywhere(host: str) -> bool:
    """Whether a host means every network card of a computer that listens: nobody can dial that."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _parse_host(text: str) -> str | AddressError:
    if ":" in text:
        try:
            address = ipaddress.IPv6Address(text)
        except ValueError:
            return AddressError("bad_ipv6", text)
        # A zone (%eth0) means something on one computer only; an address is passed on to others.
        return AddressError("bad_ipv6", text) if address.scope_id else str(address)
    host = text.lower().removesuffix(".")
    labels = host.split(".")
    if len(host) > _HOST_CHARACTERS_MAX or not all(_LABEL.fullmatch(label) for label in labels):
        return AddressError("bad_host", text)
    # No top-level domain is a number (RFC 3696, section 2): this can only be meant as IPv4.
    if labels[-1].isdigit():
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            return AddressError("bad_host", text)
    return host


def _parse_port(text: str) -> int | None:
    # int() would take "+7000", " 7000", "7_000" and digits of other scripts.
    if not re.fullmatch(r"[0-9]{1,5}", text):
        return None
    port = int(text)
    return port if port <= 65_535 else None
