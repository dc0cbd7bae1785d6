"""From what a person typed (an invite link, an address) to the servers of a chat, or a sentence why not."""

import msgspec

from desktop_chat.app.session import servers_of
from desktop_chat.i18n.translation import _
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
            return Mistake(link.sentence)
        return servers_of(link)
    addresses = parse_addresses(text)
    if isinstance(addresses, AddressError):
        if addresses.code == "no_address":
            return Mistake(_("Give an address or an invite link."))
        return Mistake(addresses.sentence)
    return BareAddress(addresses)
