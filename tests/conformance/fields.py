"""Fields: each of every request with values of wrong types and beyond its bounds, made from the structs."""

import json
from collections.abc import Iterator
from typing import Any, Final

from msgspec import inspect as shapes

from server.protocol import limits
from tests.conformance.bad_input import ASKED_ID, BadInput
from tests.conformance.valid_requests import KINDS, valid_request, wrong_values


def with_field(request: dict[str, Any], name: str, value: Any) -> bytes:
    """The line, with one field of another value."""
    return json.dumps({**request, name: value}).encode() + b"\n"


def wrong_fields() -> Iterator[BadInput]:
    """Of every request, one after the other; a stranger may send them all, since form is looked at first."""
    for kind in KINDS:
        info = shapes.type_info(kind)
        assert isinstance(info, shapes.StructType)
        whole = valid_request(kind, ASKED_ID)
        for field in info.fields:
            name = field.encode_name
            # Where the number of raw bytes is wrong, nothing behind it can be read.
            code = "bad_bytes" if name == "bytes" else "bad_request"
            for value in wrong_values(field.type):
                line = with_field(whole, name, value)
                if len(line) <= limits.FRAME_BYTES_MAX_BEFORE_SIGN_IN:
                    yield BadInput("fields", line, code)
            if field.required:
                without = {key: value for key, value in whole.items() if key != name}
                yield BadInput("fields", json.dumps(without).encode() + b"\n", "bad_request")
        if info.forbid_unknown_fields:
            yield BadInput("fields", with_field(whole, "unknown", 1), "bad_request")


FIELDS: Final[list[BadInput]] = list(wrong_fields())
