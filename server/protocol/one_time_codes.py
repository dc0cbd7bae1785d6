"""One-time codes (invites, the setup, a reset): how they are written, and what of them is archived (pure)."""

import base64
import hashlib
import re
from typing import Final

# 128 bits: nobody guesses one, so wrong ones need no waiting.
CODE_BYTES: Final = 16
# Base32 (RFC 4648) without its padding: it survives being read aloud, and case.
_PATTERN: Final = "[a-z2-7]{26}"


def code_text(random: bytes) -> str:
    """The code for 16 random bytes, as it is given to a person."""
    assert len(random) == CODE_BYTES
    return base64.b32encode(random).decode().rstrip("=").lower()


def parse_code(text: str) -> str | None:
    """The code that a person typed, without blanks and dashes; None: it is none."""
    code = re.sub(r"[\s-]", "", text).lower()
    return code if re.fullmatch(_PATTERN, code) else None


def code_hash(code: str) -> bytes:
    """SHA-256: what servers keep. Whoever reads an archive cannot use a code."""
    return hashlib.sha256(code.encode()).digest()
