"""How the examples of docs/protocol.md are written down, and which of them is kept: the first of each kind.

What differs from run to run is written as a fixed value, by the name of its field.
"""

import json
import re
import textwrap
from typing import Any, Final

import msgspec

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
    "retry_s": 1.0,
    "authority": "-----BEGIN CERTIFICATE-----…",
}
# That of the archive; others are of what is known here.
HASH: Final = "9f" * 32
_LINE_CHARACTERS_MAX: Final = 116
_REPEATED: Final = re.compile(r"(.)\1{99,}")


class Transcript:
    """The first example of each request and event, by the name of its struct."""

    def __init__(self) -> None:
        self.examples: dict[str, str] = {}
        # What was refused first with each code: lines.
        self.refusals: dict[str, str] = {}
        # Secrets of this run and what is written in their place.
        self.hidden: dict[str, str] = {}

    def note(self, kind: type[msgspec.Struct], *lines: str) -> None:
        """Keep it, when it is the first of its kind."""
        self.examples.setdefault(kind.__name__, "\n".join(["```", *lines, "```"]))

    def note_refusal(self, asked: str, answer: dict[str, Any]) -> None:
        """Keep it, when it is the first with its code; `asked` is written already."""
        self.refusals.setdefault(answer["code"], f"{asked}\n{self.written('<', answer)}")

    def written(self, mark: str, fields: dict[str, Any]) -> str:
        """One line of JSON as the document shows it: with fixed values, and folded."""
        is_status = fields.get("event") == "status_facts"
        shown_fields = _fixed(fields) | ({"hash": HASH} if is_status else {})
        text = json.dumps(shown_fields, ensure_ascii=False)
        for secret, shown in self.hidden.items():
            text = text.replace(secret, shown)
        return folded(f"{mark} {text}")


def shown_bytes(data: bytes) -> str:
    """Raw bytes as text, those that are none as `\\xff`."""
    return data.decode("utf-8", "backslashreplace")


def folded(line: str) -> str:
    """A long line, broken at spaces; of many equal characters there are few."""
    parts = textwrap.wrap(
        _REPEATED.sub(lambda run: f"{run[1] * 3}…{run[1] * 3}", line),
        _LINE_CHARACTERS_MAX,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(parts)


def _fixed(value: Any) -> Any:
    match value:
        case dict():
            return {name: FIXED.get(name) or _fixed(part) for name, part in value.items()}
        case list():
            return [_fixed(part) for part in value]
        case _:
            return value
