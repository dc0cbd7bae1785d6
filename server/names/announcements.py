"""What a server says of itself on the local network, as the text of an mDNS record (RFC 6763, section 6).

Anybody on the network can say anything there. So nothing of it is trusted: what is not understood
completely is passed over, and the certificate of what was found is asked about as for a bare address.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Final

from server.names.addresses import ADDRESSES_MAX, Address, AddressError, parse_addresses
from server.names.fingerprints import fingerprint_text, parse_fingerprint
from server.names.invite_links import is_chat_name

# RFC 6763, section 7: the name of the service, registered or not, is that of the protocol.
SERVICE_TYPE: Final = "_desktop-chat._tcp.local."
_VERSION: Final = "1"
# One key with its value is at most 255 bytes (RFC 6763, section 6.1); a name in Chinese takes three a letter.
_VALUE_BYTES_MAX: Final = 240
_CLUSTER: Final = re.compile("[0-9a-f]{16}")


@dataclasses.dataclass(frozen=True, slots=True)
class Announcement:
    """A chat and where its servers are; `fingerprint` None: without encryption."""

    chat: str
    cluster: str
    fingerprint: bytes | None
    addresses: tuple[Address, ...]


def announcement_text(announcement: Announcement) -> dict[str, str]:
    """The keys and values of the record."""
    text = {
        "v": _VERSION,
        "chat": _shortened(announcement.chat),
        "cluster": announcement.cluster,
        "ca": fingerprint_text(announcement.fingerprint) if announcement.fingerprint else "",
    }
    # A key for each: two names of computers together may be too long for one.
    for number, address in enumerate(announcement.addresses[:ADDRESSES_MAX]):
        if len(str(address)) <= _VALUE_BYTES_MAX:
            text[f"at{number}"] = str(address)
    return text


def read_announcement(text: Mapping[bytes, bytes | None]) -> Announcement | None:
    """What a record says, or None when it is not one of ours in every part."""
    try:
        values = {key.decode("ascii"): (value or b"").decode("utf-8") for key, value in text.items()}
    except UnicodeDecodeError:
        return None
    places = [values[f"at{number}"] for number in range(ADDRESSES_MAX) if f"at{number}" in values]
    addresses = parse_addresses(",".join(places))
    fingerprint = parse_fingerprint(values.get("ca", ""))
    chat, cluster = values.get("chat", ""), values.get("cluster", "")
    is_ours = (
        values.get("v") == _VERSION
        and is_chat_name(chat)
        and _CLUSTER.fullmatch(cluster)
        and (fingerprint is not None or not values.get("ca"))
    )
    if not is_ours or isinstance(addresses, AddressError):
        return None
    return Announcement(chat, cluster, fingerprint, addresses)


def joined(announcements: Iterable[Announcement]) -> list[Announcement]:
    """Both servers of a chat as one, by what both say of it; in the order of the chats' names."""
    found: dict[tuple[str, bytes | None], Announcement] = {}
    for said in sorted(announcements, key=lambda one: (one.chat, one.cluster, one.addresses)):
        key = (said.cluster, said.fingerprint)
        known = found.setdefault(key, said)
        addresses = tuple(dict.fromkeys((*known.addresses, *said.addresses)))[:ADDRESSES_MAX]
        found[key] = dataclasses.replace(known, addresses=addresses)
    return list(found.values())


def _shortened(name: str) -> str:
    # A letter and the marks upon it may be torn apart here; a name of that length is cut anyhow.
    return name.encode()[:_VALUE_BYTES_MAX].decode(errors="ignore").strip()
