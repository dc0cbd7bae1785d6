"""A reader on a real socket, as fast or slow as a test wants, that checks what it gets as a client does."""

import socket

from server.protocol import events, requests
from server.protocol.connection import ClientConnection
from server.protocol.frames import encode_frame
from server.protocol.requests import Cursor


class SocketReader:
    """One connection. Call `enter`, then `take` until `is_in`; from then on `take` as fast as you like."""

    def __init__(self, host: str, port: int, *, receive_buffer_bytes: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self.socket.connect((host, port))
        self.socket.setblocking(False)
        self._connection = ClientConnection()
        self._last_id = 0
        self.is_in = False
        self.is_over = False
        # All messages, each once, in the order they came: index and text; and where reading goes on.
        self.messages: list[tuple[int, str]] = []
        self.cursor: Cursor | None = None
        self._index = 0
        self.stored: list[int] = []
        self.others: list[events.AnyEvent] = []

    @property
    def address(self) -> str:
        """Where the server sees it, as host:port."""
        return "{}:{}".format(*self.socket.getsockname())

    @property
    def texts(self) -> list[str]:
        """The texts of all messages."""
        return [text for _, text in self.messages]

    def enter(self, number: int, cursor: Cursor | None = None) -> None:
        """Sign in on the device of that number; a cursor goes on where another reader was."""
        self.ask(requests.Hello, versions=[1])
        device, secret = f"{number:032x}", f"{number:064x}"
        self.ask(requests.SignIn, name=f"reader {number}", device=device, secret=secret, cursor=cursor)

    def ask(self, kind: type[requests.AnyRequest], **fields: object) -> None:
        """Send a request."""
        self._last_id += 1
        self.socket.sendall(encode_frame(kind(id=self._last_id, **fields)))  # type: ignore[arg-type]

    def take(self, bytes_max: int = 1 << 16) -> int:
        """Read at most so much of what is there; gives how much it was."""
        try:
            data = self.socket.recv(bytes_max)
        except BlockingIOError:
            return 0
        except ConnectionResetError:
            data = b""
        self.is_over = not data
        for event in self._connection.receive(data):
            self._hear(event)
        return len(data)

    def take_all(self) -> None:
        """Read everything that is there."""
        while self.take():
            pass

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def _hear(self, event: events.AnyEvent) -> None:
        match event:
            case events.SignedIn():
                self.is_in, self.cursor, self._index = True, event.cursor, event.cursor.index
            case events.Messages():
                for message in event.messages:
                    if message.index > self._index:
                        self.messages.append((message.index, message.text))
                        self._index = message.index
            case events.PositionMoved():
                self.cursor, self._index = event.cursor, max(self._index, event.cursor.index)
            case events.Stored():
                self.stored.append(event.counter)
            case _:
                self.others.append(event)
