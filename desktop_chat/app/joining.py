"""From what a person typed (an invite link, an address) to the servers of a chat, or a sentence why not."""

import msgspec

from desktop_chat.app.session import servers_of
from desktop_chat.i18n.name_texts import address_error_text, link_error_text
from desktop_chat.store.facts import KnownServers
from server.names.addresses import Address, AddressError, parse_addresses
from server.names.invite_links import LinkError, is_invite_link, parse_invite_link


class BareAddress(msgspec.Struct, frozen=True):
    """Addresses without a certificate: somebody has to be asked about the one that is found there."""

    addresses: tuple[Address, ...]


class Mistake(msgspec.Struct, frozen=True):
    """The sentence for under the field."""

    text: str


def read_place(text: str) -> KnownServers | BareAddress | Mistake:
    """Understand what was typed."""
    if is_invite_link(text):
        link = parse_invite_link(text)
        if isinstance(link, LinkError):
            return Mistake(link_error_text(link.code, link.text))
        return servers_of(link)
    addresses = parse_addresses(text)
    if isinstance(addresses, AddressError):
        return Mistake(address_error_text(addresses.code, addresses.text))
    return BareAddress(addresses)
