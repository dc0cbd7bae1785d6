"""The pairing code: where the first server waits, how to know it, and the one-time secret.

    HOST:PORT/<SHA-256 of the authority's certificate, base64url>/<secret, base64url>

Like an invite link it has one spelling only, and whoever reads one strictly trusts nothing else.
"""

import base64
import binascii
import re
import secrets
from typing import Final

import msgspec

from server.i18n.translation import _
from server.names.addresses import Address, AddressError, parse_address
from server.names.fingerprints import fingerprint_text, parse_fingerprint

# 128 bits: nobody guesses it, and a person can still copy it.
SECRET_BYTES: Final = 16
# Far more than the longest host name, a port, a fingerprint and a secret.
_CODE_CHARACTERS_MAX: Final = 400


class PairingCode(msgspec.Struct, frozen=True):
    """What the second machine is given. `secret` is good for one pairing."""

    address: Address
    fingerprint: bytes
    secret: bytes

    def __str__(self) -> str:
        return f"{self.address}/{fingerprint_text(self.fingerprint)}/{_text(self.secret)}"


def make_secret() -> bytes:
    """A new one-time secret."""
    return secrets.token_bytes(SECRET_BYTES)


def parse_pairing_code(text: str) -> PairingCode | str:
    """The code in a text, or the sentence that says why it is none."""
    text = text.strip()
    parts = text.split("/")
    if len(parts) != 3 or len(text) > _CODE_CHARACTERS_MAX:
        return _("This is no pairing code: it is one word of three parts, as `init` prints it.")
    address = parse_address(parts[0])
    if isinstance(address, AddressError):
        return _("The address in the pairing code is wrong: {sentence}").format(sentence=address.sentence)
    fingerprint = parse_fingerprint(parts[1])
    if fingerprint is None or fingerprint_text(fingerprint) != parts[1]:
        return _("The fingerprint in the pairing code is incomplete or damaged: copy it once more.")
    secret = _parse_secret(parts[2])
    if secret is None:
        return _("The secret in the pairing code is incomplete or damaged: copy it once more.")
    return PairingCode(address, fingerprint, secret)


def _parse_secret(text: str) -> bytes | None:
    # The alphabet is checked here: the decoder passes over what does not belong.
    if not re.fullmatch(r"[A-Za-z0-9_-]{22}", text):
        return None
    try:
        secret = base64.urlsafe_b64decode(text + "==")
    except (binascii.Error, ValueError):
        return None
    return secret if _text(secret) == text else None


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")
