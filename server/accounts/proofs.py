"""What the cluster's secret proves beside the status: the setup code, and the operator of a server.

Both follow from the secret, which both servers and their data folders have: nothing more is to be kept or
to be sent between them, and the setup code is the same at whichever server it is shown.
"""

import hashlib
import hmac

from server.protocol.one_time_codes import CODE_BYTES, code_text


def setup_code(cluster_secret: bytes) -> str:
    """The code that makes the first administrator, and nobody after that."""
    return code_text(_mac(cluster_secret, b"setup code")[:CODE_BYTES])


def operator_proof(cluster_secret: bytes, nonce: str) -> str:
    """Shown at a sign-in by whoever has a server's data folder, for the nonce of its welcome (hex)."""
    return _mac(cluster_secret, b"operator " + nonce.encode()).hex()


def operator_device(cluster_secret: bytes, server: str) -> tuple[str, str]:
    """The device and the secret (hex) with which the owner of this server's data folder signs in."""
    device = _mac(cluster_secret, b"operator device " + server.encode())
    return device[:16].hex(), _mac(cluster_secret, b"operator secret " + server.encode()).hex()


def _mac(cluster_secret: bytes, text: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104)."""
    return hmac.new(cluster_secret, text, hashlib.sha256).digest()
