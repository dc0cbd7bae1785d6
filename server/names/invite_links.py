"""Invite links: where the servers are and how to know them, in one text.

    desktop-chat://HOST:PORT,HOST:PORT/?ca=<SHA-256 of the authority, base64url>&name=<chat>
    desktop-chat://HOST:PORT,HOST:PORT/?plain=1&name=<chat>

The second form is for plain TCP on loopback. Either may end with &code=<invite>,
which lets one new person in. A link has no other spelling: whoever reads one that
is not understood completely says so, and trusts nothing.
"""

import dataclasses
import unicodedata
import urllib.parse
from typing import Final

from server.i18n.marking import marked
from server.i18n.translation import _
from server.names.addresses import Address, AddressError, parse_addresses
from server.names.fingerprints import FINGERPRINT_BYTES, fingerprint_text, parse_fingerprint
from server.protocol.one_time_codes import parse_code

SCHEME: Final = "desktop-chat"
CHAT_NAME_CHARACTERS_MAX: Final = 64
# Far more than eight addresses and a name: whatever is longer is no link.
_LINK_CHARACTERS_MAX: Final = 4096
_PARAMETERS: Final = frozenset({"ca", "plain", "name", "code"})

# Sentences by code, for `str.format` with the error's text; those of addresses stand beside them.
LINK_SENTENCES: Final = {
    "no_link": marked("An invite link begins with desktop-chat://"),
    "too_long": marked("The invite link is too long."),
    "bad_character": marked("The invite link has a character that does not belong there: {text}"),
    "bad_ending": marked("The invite link has something at its end that does not belong there: {text}"),
    "bad_address": marked("The addresses in the invite link are wrong: {text}"),
    "unknown_part": marked("The invite link has a part that this version does not know: {text}"),
    "part_twice": marked("The invite link has a part twice: {text}"),
    "bad_fingerprint": marked("The invite link is incomplete or damaged. Copy it again, as a whole."),
    "bad_plain": marked("The invite link is damaged. Copy it again, as a whole."),
    "no_trust": marked("The invite link is cut off. Copy it again, as a whole."),
    "two_trusts": marked("The invite link contradicts itself. Ask for a new one."),
    "bad_code": marked("The invite in the link is incomplete or damaged. Copy it again, as a whole."),
    "bad_name": marked("The name of the chat in the invite link is not allowed."),
}


@dataclasses.dataclass(frozen=True, slots=True)
class LinkError:
    """Why a text is no invite link: a code of `LINK_SENTENCES` and the part that is wrong."""

    code: str
    text: str = ""

    @property
    def sentence(self) -> str:
        """The sentence for people."""
        return _(LINK_SENTENCES[self.code]).format(text=self.text)


@dataclasses.dataclass(frozen=True, slots=True)
class InviteLink:
    """`fingerprint`: SHA-256 of the authority's certificate, None exactly when `plain`.

    `code` is the one-time code of an invite; a link without one only says where the chat is.
    """

    addresses: tuple[Address, ...]
    fingerprint: bytes | None
    chat_name: str = ""
    plain: bool = False
    code: str = ""

    def __post_init__(self) -> None:
        assert self.addresses
        assert self.plain == (self.fingerprint is None)
        assert self.fingerprint is None or len(self.fingerprint) == FINGERPRINT_BYTES
        assert is_chat_name(self.chat_name), self.chat_name
        assert not self.code or parse_code(self.code) == self.code

    def __str__(self) -> str:
        parts = ["plain=1"] if self.fingerprint is None else [f"ca={fingerprint_text(self.fingerprint)}"]
        if self.chat_name:
            parts.append("name=" + urllib.parse.quote(self.chat_name, safe=""))
        if self.code:
            parts.append(f"code={self.code}")
        return f"{SCHEME}://{','.join(map(str, self.addresses))}/?{'&'.join(parts)}"


def is_invite_link(text: str) -> bool:
    """Whether a text wants to be an invite link (and not an address)."""
    return text.strip().lower().startswith(f"{SCHEME}:")


def is_chat_name(text: str) -> bool:
    """NFC, without control and direction characters, not longer than a title bar; empty is allowed."""
    return (
        len(text) <= CHAT_NAME_CHARACTERS_MAX
        and text == text.strip()
        and unicodedata.is_normalized("NFC", text)
        # Controls, directions and joiners, surrogates, private characters, line ends.
        and not any(unicodedata.category(character) in _FORBIDDEN for character in text)
    )


_FORBIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def parse_invite_link(text: str) -> InviteLink | LinkError:
    """Read a link strictly: one clear error for the first mistake."""
    text = text.strip()
    if len(text) > _LINK_CHARACTERS_MAX:
        return LinkError("too_long")
    if not text.lower().startswith(f"{SCHEME}://"):
        return LinkError("no_link")
    wrong = next((character for character in text if not "!" <= character <= "~"), None)
    if wrong is not None:
        return LinkError("bad_character", repr(wrong))
    places, slash, ending = text[len(SCHEME) + 3 :].partition("/")
    if ending and not ending.startswith("?"):
        return LinkError("bad_ending", slash + ending)
    place, question, _ = places.partition("?")
    if question:
        return LinkError("bad_ending", places.removeprefix(place))
    addresses = parse_addresses(places)
    if isinstance(addresses, AddressError):
        return LinkError("bad_address", addresses.sentence)
    parts = _parse_parts(ending[1:])
    return parts if isinstance(parts, LinkError) else _make_link(addresses, parts)


def _parse_parts(text: str) -> dict[str, str] | LinkError:
    parts: dict[str, str] = {}
    for part in text.split("&") if text else ():
        key, equals, value = part.partition("=")
        if not equals or key not in _PARAMETERS:
            return LinkError("unknown_part", part)
        if key in parts:
            return LinkError("part_twice", key)
        parts[key] = value
    return parts


def _make_link(addresses: tuple[Address, ...], parts: dict[str, str]) -> InviteLink | LinkError:
    if "ca" in parts and "plain" in parts:
        return LinkError("two_trusts")
    if "ca" not in parts and "plain" not in parts:
        return LinkError("no_trust")
    if parts.get("plain", "1") != "1":
        return LinkError("bad_plain")
    fingerprint = None
    if "ca" in parts:
        fingerprint = parse_fingerprint(parts["ca"])
        # A link has one spelling: hex is for command lines.
        if fingerprint is None or fingerprint_text(fingerprint) != parts["ca"]:
            return LinkError("bad_fingerprint")
    try:
        chat_name = urllib.parse.unquote(parts.get("name", ""), errors="strict")
    except UnicodeDecodeError:
        return LinkError("bad_name")
    if not is_chat_name(chat_name):
        return LinkError("bad_name")
    code = parts.get("code", "")
    if "code" in parts and (not code or parse_code(code) != code):
        return LinkError("bad_code")
    return InviteLink(addresses, fingerprint, chat_name, plain="plain" in parts, code=code)
