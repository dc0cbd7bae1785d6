"""Messages: none, too long, with a used counter, and texts that mean something elsewhere."""

import json
from collections.abc import Iterator
from typing import Any, Final

from msgspec import inspect as shapes

from server.protocol import limits
from server.protocol.requests import Unregister
from server.sessions.stages import Stage
from tests.conformance.bad_input import ANYTHING, ASKED_ID, BadInput, asked, earlier, requests
from tests.conformance.valid_requests import KINDS, SLOW, tag_of, valid_request

# Texts that have brought down terminals, databases, spreadsheets and parsers.
NASTY: Final = [
    "\u0000",
    "\u001b]0;title\u0007\u001b[2J",
    "\u202e" * 64,
    "a" + "\u0301" * 60,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\ufffe\uffff\U0010ffff",
    "' or 1=1; drop table records; --",
    "\"'`\\${7*7}{{7*7}}<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "../../../../etc/passwd\u0000.png",
    "%s%s%n%p{0.__class__}",
    "\n" * 64,
    "[0m" * 16,
    "\u2028\u2029\u0085",
]


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"room": "general", "text": text, "time_ms": 1, **more}


def nasty_texts() -> Iterator[BadInput]:
    """In every text of every request: whatever comes of it is documented. Each has a person of its own."""
    for kind in KINDS:
        info = shapes.type_info(kind)
        assert isinstance(info, shapes.StructType)
        for field in info.fields:
            if not any(isinstance(part, shapes.StrType) for part in _parts(field.type)):
                continue
            for number, text in enumerate(NASTY[::5] if tag_of(kind) in SLOW else NASTY):
                fields = {**valid_request(kind, ASKED_ID), field.encode_name: text}
                if "counter" in fields:
                    fields["counter"] = number * 100 + 1 + info.fields.index(field)
                line = json.dumps(fields).encode() + b"\n"
                # Whose name has no password leaves for good by any word, and is nobody afterwards.
                person = f"{number} nasty {tag_of(kind)}" if kind is Unregister else f"Nasty {tag_of(kind)}"
                yield BadInput("texts", line, ANYTHING, Stage.ACTIVE, person=person)


def _parts(info: shapes.Type) -> tuple[shapes.Type, ...]:
    return tuple(info.types) if isinstance(info, shapes.UnionType) else (info,)


MESSAGES: Final[list[BadInput]] = [
    *requests(
        "messages",
        [
            *[("send", said(text), "empty_message") for text in ("", " ", "\n", "\t \r\n", "\u3000\u2003")],
            ("send", said("x" * limits.MESSAGE_CHARACTERS_MAX), "stored"),
            ("send", said("x" * (limits.MESSAGE_CHARACTERS_MAX + 1)), "message_too_long"),
            ("send", said("x" * 60_000), "message_too_long"),
            ("send", said("x", counter=2**53), "stored"),
            ("send", said("x", time_ms=2**53), "stored"),
            ("send", said("x", time_ms=0), "stored"),
            ("send", said("x", counter=2**53 + 1), "bad_request"),
            ("send", said("x", user="somebody else", name="Anna", index=1, number=1), "stored"),
        ],
    ),
    # The same counter for something else; the very same thing again is only asked twice.
    BadInput(
        "messages",
        asked("send", counter=900_001, **said("another")) + b"\n",
        "id_reuse",
        Stage.ACTIVE,
        before=(earlier("send", counter=900_001, **said("one")),),
    ),
    BadInput(
        "messages",
        asked("create_room", counter=900_002, name="reused") + b"\n",
        "id_reuse",
        Stage.ACTIVE,
        before=(earlier("send", counter=900_002, **said("one")),),
    ),
    BadInput(
        "messages",
        asked("send", counter=900_003, **said("one")) + b"\n",
        "stored",
        Stage.ACTIVE,
        before=(earlier("send", counter=900_003, **said("one")),),
    ),
    *nasty_texts(),
]
