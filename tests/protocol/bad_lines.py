"""Lines that are no request, each with the code that answers it: those of the list in `tests/conformance`."""

import msgspec

from server.protocol import limits
from server.protocol.errors import ERRORS
from tests.conformance.framing import FRAMING
from tests.conformance.json_text import JSON_TEXT, deep
from tests.conformance.utf8 import UTF8

# After a fatal one the connection ends; the others are answered and it lives.
BAD_LINES: list[tuple[bytes, str]] = [
    (bad.sends[:-1], bad.expected)
    for bad in [*JSON_TEXT, *UTF8, *FRAMING]
    if bad.expected in ERRORS and bad.sends.find(b"\n") == len(bad.sends) - 1 and b"\r" not in bad.sends
    if bad.expected not in {"frame_too_long", "unexpected_bytes"}
]

# Strange, and a request all the same.
GOOD_LINES: list[bytes] = [
    b'{"request":"ping","id":1}',
    b'  {"request":"ping","id":1}  ',
    b'{"id":1,"request":"ping"}',
    b'{"request":"ping","id":1,"unknown":{"a":[1,2,3]}}',
    b'{"request":"ping","id":1,"id":2}',
    b'{"request":"ping","id":9007199254740992}',
    b'{"request":"ping","id":1,"bytes":0}',
    b'{"request":"\\u0070ing","id":1}',
    msgspec.json.encode({"request": "ping", "id": 1, "x": "[" * 1_000}),
    deep(limits.JSON_DEPTH_MAX - 1),
]
