"""Certificates and keys on disk: one file each for the authority and the server, for their owner's eyes only.

Key and certificate share a file, so that a crash between two writes can never leave a key beside the
certificate of another.
"""

import contextlib
import os
import re
import sys
from pathlib import Path
from typing import Final

from server.accounts.certificates import Authority, CertificateError, ServerIdentity
from server.i18n.translation import _

AUTHORITY_FILE: Final = "authority.pem"
SERVER_FILE: Final = "server.pem"

_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z ]+)-----\n.+?\n-----END \1-----\n?", re.DOTALL)


def save_authority(folder: Path, authority: Authority) -> None:
    """Keep the authority; durable when this returns."""
    _save(folder / AUTHORITY_FILE, authority.key_pem + authority.certificate_pem)


def load_authority(folder: Path) -> Authority | None:
    """The authority, or None where it was never kept. Raises CertificateError when damaged."""
    found = _load(folder / AUTHORITY_FILE)
    return Authority(certificate_pem=found[1], key_pem=found[0]) if found else None


def save_identity(folder: Path, identity: ServerIdentity) -> None:
    """Keep a server's certificate and key; durable when this returns."""
    _save(folder / SERVER_FILE, identity.key_pem + identity.chain_pem)


def load_identity(folder: Path) -> ServerIdentity | None:
    """The server's certificate and key, or None. Raises CertificateError when damaged."""
    found = _load(folder / SERVER_FILE)
    return ServerIdentity(chain_pem=found[1], key_pem=found[0]) if found else None


def _save(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    # Made with its final rights: there is no moment in which others may read it.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    if sys.platform != "win32":
        # The new name is durable only when its folder is.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _load(path: Path) -> tuple[bytes, bytes] | None:
    """The key and the certificates."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    blocks = [(match[1], match[0]) for match in _BLOCK.finditer(content)]
    keys = [block for kind, block in blocks if kind == b"PRIVATE KEY"]
    chain = b"".join(block for kind, block in blocks if kind == b"CERTIFICATE")
    if len(keys) != 1 or not chain:
        raise CertificateError(_("{path} is damaged: it holds no key with its certificate").format(path=path))
    return keys[0], chain
