"""What can go wrong with a connection, as codes with arguments: whoever shows them makes the sentence."""

import dataclasses
import enum
import errno
import socket
from typing import Final

from server.i18n.marking import marked
from server.i18n.translation import _


class ClosedCode(enum.StrEnum):
    """Why a channel ended, when it did not end in the orderly way."""

    LOST = "lost"  # The other side vanished: a dead process, a cut cable, TLS without a goodbye.
    ABORTED = "aborted"  # This side dropped it.
    HANDLER_FAILED = "handler_failed"  # The code behind the channel raised; the log has it.
    HANDSHAKE_TIMEOUT = "handshake_timeout"  # TLS did not finish in time.
    TLS_FAILED = "tls_failed"  # No TLS 1.3, or garbage inside it.
    WRONG_CERTIFICATE = "wrong_certificate"  # Not issued by the authority that is trusted here.
    WRONG_PROTOCOL = "wrong_protocol"  # TLS, but agreed on another protocol inside it (ALPN).
    CLOSE_TIMEOUT = "close_timeout"  # The last bytes could not be delivered in time.


@dataclasses.dataclass(frozen=True, slots=True)
class ClosedReason:
    """The code, and for the log what the machine said."""

    code: ClosedCode
    detail: str = ""


class DialCode(enum.StrEnum):
    """Why nobody answered at an address."""

    REFUSED = "refused"  # The machine is there, no server listens.
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"  # No way to the machine, or no machine of that name.
    LOST = "lost"  # It accepted and hung up before the handshake was done.
    TLS_FAILED = "tls_failed"  # It does not speak our TLS.
    WRONG_CERTIFICATE = "wrong_certificate"  # It is not the server that is trusted.
    UNKNOWN_CERTIFICATE = "unknown_certificate"  # Nothing is trusted yet: ask, with the fingerprint.


@dataclasses.dataclass(frozen=True, slots=True)
class DialError:
    """A dial that failed. `fingerprint` is the SHA-256 of what the server showed, where it is known."""

    code: DialCode
    host: str
    port: int
    detail: str = ""
    fingerprint: bytes | None = None


# Sentences by code, for `str.format` with the error's arguments.
NETWORK_SENTENCES: Final = {
    "port_in_use": marked("Port {port} of {host} is in use by another program."),
    "address_not_here": marked("{host} is not an address of this computer."),
    "port_not_allowed": marked("This account may not listen on port {port}."),
    "unknown_host": marked("There is no computer of the name {host}."),
    "cannot_listen": marked("Cannot listen on {host}, port {port}: {detail}."),
}

_LISTEN_CODES: Final = {
    errno.EADDRINUSE: "port_in_use",
    errno.EADDRNOTAVAIL: "address_not_here",
    errno.EACCES: "port_not_allowed",
}


class NetworkError(Exception):
    """This computer cannot do what was asked: a code of `NETWORK_SENTENCES` and its arguments."""

    def __init__(self, code: str, host: str, port: int, detail: str = "") -> None:
        self.code = code
        self.arguments: dict[str, str | int] = {"host": host, "port": port, "detail": detail}
        super().__init__(_(NETWORK_SENTENCES[code]).format(**self.arguments))


def listen_error(error: OSError, host: str, port: int) -> NetworkError:
    """What the operating system said about a listening socket, as a code."""
    if isinstance(error, socket.gaierror):
        return NetworkError("unknown_host", host, port)
    code = _LISTEN_CODES.get(error.errno or 0, "cannot_listen")
    return NetworkError(code, host, port, error.strerror or str(error))


def dial_code(error: OSError) -> DialCode:
    """What the operating system said about a dial, as a code."""
    if isinstance(error, ConnectionRefusedError):
        return DialCode.REFUSED
    if isinstance(error, TimeoutError):
        return DialCode.TIMEOUT
    if isinstance(error, ConnectionError):
        return DialCode.LOST
    return DialCode.UNREACHABLE
