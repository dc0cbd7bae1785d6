"""People of the examples in docs/protocol.md, who ask and hear at a real server, and that server."""

import hashlib
import json
import tempfile
from collections.abc import Callable
from typing import Any, Final

from server.protocol import events, requests
from tests.commands.bad_clients import RawClient, device_of
from tests.commands.programs import Program
from tests.documents.protocol_tables import kinds_of
from tests.documents.transcripts import Transcript, shown_bytes

REQUESTS: Final = kinds_of(requests.AnyRequest)
EVENTS: Final = kinds_of(events.AnyEvent)
SECRET: Final = "cd" * 32
PASSWORD: Final = "a long and winding road"


class Speaker(RawClient):
    """Somebody with a device and a connection: `says` asks, `hears` waits for what comes by itself."""

    def __init__(self, port: int, name: str, transcript: Transcript, device: str = "") -> None:
        super().__init__(port)
        self.name = name
        self.device = device or device_of(name)
        # What the sign-in told: who this is, and where the reading began.
        self.user, self.since = "", 0
        self._transcript = transcript
        self._told: list[dict[str, Any]] = []
        # What goes out together with the next request, and how it is shown.
        self._begun, self._begun_shown = b"", list[str]()
        self._ids = 0
        self._counter = 0

    def comes(self, **more: Any) -> dict[str, Any]:
        """Say hello and sign in."""
        self.says("hello", versions=[1], client="example")
        return self.enters(**more)

    def enters(self, **more: Any) -> dict[str, Any]:
        """Sign in, hello is said."""
        told = self.says("sign_in", name=self.name, device=self.device, secret=SECRET, **more)
        self.user, self.since = told["user"], told["cursor"]["index"]
        return told

    def says(self, request: str, raw: bytes = b"", /, **fields: Any) -> dict[str, Any]:
        """Ask; the answer, which is no refusal. An id and, where one is needed, a counter come with it."""
        answer = self.tries(request, raw, **fields)
        assert answer["event"] != "error", answer
        return answer

    def tries(self, request: str, raw: bytes = b"", /, **fields: Any) -> dict[str, Any]:
        """Ask; the answer, whatever it is."""
        self.begins(request, raw, **fields)
        self.sends_begun()
        return self.is_answered(request)

    def begins(self, request: str, raw: bytes = b"", /, **fields: Any) -> None:
        """Write a request that goes out together with the next one."""
        self._ids += 1
        line = {"request": request, "id": self._ids}
        if "counter" in REQUESTS[request].__struct_fields__:
            self._counter += 1
            line["counter"] = self._counter
        line = line | fields | ({"bytes": len(raw)} if raw else {})
        self._begun += json.dumps(line).encode() + b"\n" + raw
        self._begun_shown += self._shown(">", line, raw)

    def sends_begun(self) -> None:
        """What was written goes out."""
        self.send(self._begun)
        self._begun = b""

    def is_answered(self, request: str) -> dict[str, Any]:
        """The answer to the last request, whatever it is."""
        while (answer := self._next_event()).get("answer") != self._ids:
            self._told.append(answer)
        asked, self._begun_shown = self._begun_shown, []
        told = self._shown("<", answer)
        self._transcript.note(EVENTS[answer["event"]], *told)
        if answer["event"] == "error":
            self._transcript.note_refusal("\n".join(asked), answer)
        else:
            self._transcript.note(REQUESTS[request], *asked, *told)
        return answer

    def fails(self, code: str, request: str, raw: bytes = b"", /, **fields: Any) -> None:
        """Ask what is refused with this code."""
        answer = self.tries(request, raw, **fields)
        assert answer.get("code") == code, answer

    def hears(self, event: str, **fields: Any) -> dict[str, Any]:
        """Wait for what comes by itself, with these fields."""
        found = None
        while found is None:
            found = next((told for told in self._told if _is_like(told, event, fields)), None)
            if found is None:
                self._told.append(self._next_event())
        self._told.remove(found)
        self._transcript.note(EVENTS[event], *self._shown("<", found))
        return found

    def _next_event(self) -> dict[str, Any]:
        event = self.read_until()
        while len(self._buffer) < event.get("bytes", 0):
            self._buffer += self.socket.recv(65_536)
        raw, self._buffer = self._buffer[: event.get("bytes", 0)], self._buffer[event.get("bytes", 0) :]
        return event | ({"raw": raw} if raw else {})

    def _shown(self, mark: str, fields: dict[str, Any], raw: bytes = b"") -> list[str]:
        plain = {name: value for name, value in fields.items() if name != "raw"}
        bytes_behind = shown_bytes(fields.get("raw", raw))
        return [self._transcript.written(mark, plain), *([f"{mark} {bytes_behind}"] if bytes_behind else [])]


def served(talk: Callable[[int, str, Transcript], object], transcript: Transcript) -> None:
    """Let people talk to a server as it ships: at this port, with this setup code."""
    with (
        tempfile.TemporaryDirectory() as data,
        Program("serve", "--data", data, "--listen", "127.0.0.1:0") as server,
    ):
        port = port_of(server)
        setup = server.wait_line("setup: ").split()[1]
        transcript.hidden[setup] = "a" * 26
        talk(port, setup, transcript)
        assert server.interrupt() == 0


def port_of(server: Program) -> int:
    """Where a server listens, once it does."""
    return int(server.wait_line("ready: ").split()[2].rstrip(",").rpartition(":")[2])


def hash_of(code: str) -> str:
    """What is told to the server of a code."""
    return hashlib.sha256(code.encode()).hexdigest()


def _is_like(event: dict[str, Any], name: str, fields: dict[str, Any]) -> bool:
    return event["event"] == name and all(event.get(field) == value for field, value in fields.items())
