"""What a client might say, drawn at random: requests that are nearly right, lines of the list, and noise."""

import json
from typing import Any, Final

import msgspec
from hypothesis import strategies as st
from msgspec import inspect as shapes

from server.protocol import limits
from tests.conformance.bad_inputs import BAD_INPUTS
from tests.conformance.valid_requests import KINDS, SLOW, tag_of, valid_value

junk: Final[st.SearchStrategy[Any]] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def values(info: shapes.Type) -> st.SearchStrategy[Any]:
    """Mostly values that the type takes."""
    match info:
        case shapes.IntType(ge=low, le=high):
            return st.integers(low, high) | st.integers(low, None if low is None else low + 5)
        case shapes.StrType(pattern=str(pattern)):
            return st.from_regex(pattern, fullmatch=True) | st.just(valid_value(info))
        case shapes.StrType(min_length=shortest, max_length=longest):
            return st.text(min_size=shortest or 0, max_size=min(longest or 40, 40)) | st.just("general")
        case shapes.BoolType():
            return st.booleans()
        case shapes.UnionType(types=types):
            return st.one_of(*map(values, types))
        case shapes.ListType(max_length=longest) | shapes.VarTupleType(max_length=longest):
            return st.lists(values(info.item_type), max_size=min(longest or 3, 3))
        case shapes.StructType(array_like=False, fields=fields):
            return st.fixed_dictionaries({field.encode_name: values(field.type) for field in fields})
        case _:
            return st.just(valid_value(info))


def requests_of(kind: type[msgspec.Struct]) -> st.SearchStrategy[bytes]:
    """A request of a kind; now and then with something else in a field, or without one."""
    info = shapes.type_info(kind)
    assert isinstance(info, shapes.StructType)
    names = [field.encode_name for field in info.fields if field.encode_name not in {"id", "bytes"}]
    whole = st.fixed_dictionaries(
        {field.encode_name: values(field.type) for field in info.fields if field.encode_name in names}
    )
    changes = st.dictionaries(st.sampled_from(names), junk, max_size=1) if names else st.just({})
    return st.builds(
        lambda request_id, fields, change: line_of({"id": request_id, **fields, **change}, tag_of(kind)),
        st.integers(100, 200),
        whole,
        changes,
    )


def line_of(fields: dict[str, Any], tag: str) -> bytes:
    """As a line that a stranger may send."""
    line = json.dumps({"request": tag, **fields}).encode() + b"\n"
    return line if len(line) <= limits.FRAME_BYTES_MAX_BEFORE_SIGN_IN else b"{}\n"


# Of the list: single lines that announce nothing behind them.
_of_the_list: Final = [
    bad.sends
    for bad in BAD_INPUTS
    if bad.sends.count(b"\n") == 1 and bad.sends.endswith(b"\n") and b'"bytes"' not in bad.sends
    if not any(b'"%s"' % word.encode() in bad.sends for word in SLOW) and len(bad.sends) < 4_000
]

lines: Final[st.SearchStrategy[bytes]] = st.one_of(
    *(requests_of(kind) for kind in KINDS if tag_of(kind) not in SLOW),
    st.sampled_from(_of_the_list),
    st.binary(max_size=60).map(lambda data: data.replace(b"bytes", b"").replace(b"\n", b"") + b"\n"),
)
