"""People of the examples in docs/protocol.md: who says what, what is heard, and how it is written down.

What differs from run to run is written as a fixed value, by the name of its field.
"""

import json
import textwrap
from typing import Any, Final

import msgspec

from server.protocol import events, requests
from tests.commands.bad_clients import RawClient, device_of
from tests.documents.protocol_tables import kinds_of

REQUESTS: Final = kinds_of(requests.AnyRequest)
EVENTS: Final = kinds_of(events.AnyEvent)
SECRET: Final = "cd" * 32
PASSWORD: Final = "a long and winding road"
# When everything was written: 1 January 2024, noon. No clock is behind that.
TIME_MS: Final = 1_704_110_400_000
# What is drawn, measured or made anew each time.
FIXED: Final[dict[str, Any]] = {
    "time_ms": TIME_MS,
    "since_ms": TIME_MS,
    "until_ms": TIME_MS + 7 * 86_400_000,
    "edited_ms": TIME_MS,
    "nonce": "5b" * 16,
    "cluster": "0123456789abcdef",
    "epoch": "1.a.89abcdef",
    "address": "192.0.2.1:7000",
    "authority": "-----BEGIN CERTIFICATE-----…",
}
# That of the archive; others are of what is known here.
HASH: Final = "9f" * 32
_LINE_CHARACTERS_MAX: Final = 116


class Transcript:
    """The first example of each request and event, by the name of its struct."""

    def __init__(self) -> None:
        self.examples: dict[str, str] = {}
        # Secrets of this run and what is written in their place.
        self.hidden: dict[str, str] = {}

    def note(self, kind: type[msgspec.Struct], *lines: str) -> None:
        """Keep it, when it is the first of its kind."""
        self.examples.setdefault(kind.__name__, "\n".join(["```", *lines, "```"]))

    def written(self, mark: str, fields: dict[str, Any]) -> str:
        """One line of JSON as the document shows it: with fixed values, and folded."""
        is_status = fields.get("event") == "status_facts"
        shown_fields = _fixed(fields) | ({"hash": HASH} if is_status else {})
        text = json.dumps(shown_fields, ensure_ascii=False)
        for secret, shown in self.hidden.items():
            text = text.replace(secret, shown)
        return folded(f"{mark} {text}")


class Speaker(RawClient):
    """Somebody with a device and a connection: `says` asks, `hears` waits for what comes by itself."""

    def __init__(self, port: int, name: str, transcript: Transcript, device: str = "") -> None:
        super().__init__(port)
        self.name = name
        self.device = device or device_of(name)
        # What the first sign-in told: who this is, and where the reading began.
        self.user, self.since = "", 0
        self._transcript = transcript
        self._told: list[dict[str, Any]] = []
        self._ids = 0
        self._counter = 0

    def comes(self, **more: Any) -> dict[str, Any]:
        """Say hello and sign in."""
        self.says("hello", versions=[1], client="example")
        return self.says("sign_in", name=self.name, device=self.device, secret=SECRET, **more)

    def says(self, request: str, raw: bytes = b"", **fields: Any) -> dict[str, Any]:
        """Ask; the answer, which is no refusal. An id and, where one is needed, a counter come with it."""
        answer = self.tries(request, raw, **fields)
        assert answer["event"] != "error", answer
        return answer

    def tries(self, request: str, raw: bytes = b"", **fields: Any) -> dict[str, Any]:
        """Ask; the answer, whatever it is."""
        kind = REQUESTS[request]
        self._ids += 1
        line = {"request": request, "id": self._ids}
        if "counter" in kind.__struct_fields__:
            self._counter += 1
            line["counter"] = self._counter
        line |= fields | ({"bytes": len(raw)} if raw else {})
        self.send(json.dumps(line).encode() + b"\n" + raw)
        while (answer := self._next_event()).get("answer") != self._ids:
            self._told.append(answer)
        told = self._shown("<", answer)
        self._transcript.note(EVENTS[answer["event"]], *told)
        if answer["event"] != "error":
            self._transcript.note(kind, *self._shown(">", line, raw), *told)
        return answer

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
        bytes_behind = fields.get("raw", raw).decode()
        return [self._transcript.written(mark, plain), *([f"{mark} {bytes_behind}"] if bytes_behind else [])]


def folded(line: str) -> str:
    """A long line, broken at spaces."""
    parts = textwrap.wrap(
        line,
        _LINE_CHARACTERS_MAX,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(parts)


def _is_like(event: dict[str, Any], name: str, fields: dict[str, Any]) -> bool:
    return event["event"] == name and all(event.get(field) == value for field, value in fields.items())


def _fixed(value: Any) -> Any:
    match value:
        case dict():
            return {name: FIXED.get(name) or _fixed(part) for name, part in value.items()}
        case list():
            return [_fixed(part) for part in value]
        case _:
            return value
