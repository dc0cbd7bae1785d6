"""Clients that share no code with ours: a socket, TLS of the standard library, lines of JSON."""

import contextlib
import json
import socket
import ssl
from collections.abc import Iterator
from typing import Any, Self

from server.network.tls import CLIENT_ALPN
from tests.network.ends import raw_connection, read_to_end

# Longer than the longest limit that ends a connection in these tests.
PATIENCE_S = 90.0


class RawClient:
    """A connection to a server, in TLS unless it is a plain one."""

    def __init__(self, port: int, *, is_plain: bool = False, receive_buffer_bytes: int = 0) -> None:
        connection = raw_connection(port)
        if receive_buffer_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        connection.settimeout(PATIENCE_S)
        # What is sent right behind a handshake must not wait for the other side's acknowledgement.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket: socket.socket = connection
        if not is_plain:
            self.socket = context().wrap_socket(connection)
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def ask(self, **fields: Any) -> dict[str, Any]:
        """One request; the first line that answers it."""
        self.send(json.dumps(fields).encode() + b"\n")
        return self.read_until(lambda event: event.get("answer") == fields.get("id"))

    def read_until(self, is_right: Any = lambda event: True) -> dict[str, Any]:
        """The next event that is right."""
        while True:
            event = self._next()
            if is_right(event):
                return event

    def lines(self) -> Iterator[bytes]:
        """Every line until the server hangs up, as it comes."""
        while True:
            while b"\n" in self._buffer:
                line, _, self._buffer = self._buffer.partition(b"\n")
                yield line
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                if part := self.socket.recv(65_536):
                    self._buffer += part
                    continue
            return

    def end(self) -> list[dict[str, Any]]:
        """Every event until the server hangs up."""
        data = self._buffer + read_to_end(self.socket)
        return [json.loads(line) for line in data.splitlines()]

    def hello(self) -> dict[str, Any]:
        """Say hello."""
        return self.ask(request="hello", id=1, versions=[1])

    def sign_in(self, name: str, **more: Any) -> dict[str, Any]:
        """Say hello, and who this is, on a device of that name's own."""
        self.hello()
        device = device_of(name)
        event = self.ask(request="sign_in", id=2, name=name, device=device, secret="cd" * 32, **more)
        assert event["event"] == "signed_in", event
        return event

    def _next(self) -> dict[str, Any]:
        while b"\n" not in self._buffer:
            part = self.socket.recv(65_536)
            assert part, "the server hung up"
            self._buffer += part
        line, _, self._buffer = self._buffer.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found


def device_of(name: str) -> str:
    """The id of the only device that somebody has."""
    return name.encode().hex().ljust(32, "0")[:32]


def context(*, is_old: bool = False) -> ssl.SSLContext:
    """A client that does not care who answers; an old one speaks no TLS 1.3."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.set_alpn_protocols([CLIENT_ALPN])
    if is_old:
        made.maximum_version = ssl.TLSVersion.TLSv1_2
    return made


def answer_to(port: int, data: bytes) -> bytes:
    """All that comes back for raw bytes in place of a TLS greeting, until the server hangs up."""
    with contextlib.closing(raw_connection(port)) as connection:
        connection.settimeout(PATIENCE_S)
        connection.sendall(data)
        return read_to_end(connection)
