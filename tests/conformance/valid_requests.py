"""Requests made from their structs: one that is right in every field, and the wrong values of each field.

New requests come in by themselves; what cannot be made fails a test, so that it is taught here.
"""

import functools
import random
import typing
from collections.abc import Iterator
from typing import Any, Final

import hypothesis
import msgspec
from hypothesis import strategies as st
from msgspec import inspect as shapes

from server.protocol.requests import AnyRequest

# Answered slowly on purpose: one search a second, and hashes of passwords.
SLOW: Final = frozenset({"search", "change_password", "unregister"})
KINDS: Final[tuple[type[msgspec.Struct], ...]] = typing.get_args(AnyRequest)

# Values of JSON of every type, none of which a field of another type takes.
OF_OTHER_TYPES: Final[dict[type, tuple[Any, ...]]] = {
    shapes.IntType: ("1", "", 1.5, True, None, [], [1], {}),
    shapes.FloatType: ("1", "", True, None, [], {}),
    shapes.StrType: (7, 0, -1.5, True, None, [], ["x"], {}),
    shapes.BoolType: (1, 0, "true", "", None, [], {}),
    shapes.BytesType: (7, True, None, [], {}, "not base64"),
    shapes.ListType: (7, "x", True, None, {}),
    shapes.SetType: (7, "x", True, None, {}),
    shapes.VarTupleType: (7, "x", True, None, {}),
    shapes.TupleType: (7, "x", True, None, {}, []),
    shapes.StructType: (7, "x", True, None, []),
    shapes.DictType: (7, "x", True, None, []),
    shapes.LiteralType: (7.5, "no such word", True, None, [], {}),
    shapes.EnumType: (7.5, "no such word", True, None, [], {}),
}

PLAINEST: Final[dict[type, Any]] = {
    shapes.BoolType: False,
    shapes.BytesType: "",
    shapes.NoneType: None,
    shapes.DictType: {},
}


def tag_of(kind: type[msgspec.Struct]) -> str:
    """The name of a request on the wire."""
    return str(kind.__struct_config__.tag)


KIND_BY_TAG: Final = {tag_of(kind): kind for kind in KINDS}


def valid_request(kind: type[msgspec.Struct], request_id: int) -> dict[str, Any]:
    """Every required field with the plainest value that is allowed."""
    info = shapes.type_info(kind)
    assert isinstance(info, shapes.StructType)
    return {"request": tag_of(kind), **valid_fields(info), "id": request_id}


def valid_fields(info: shapes.StructType) -> dict[str, Any]:
    """Those that must be there."""
    return {field.encode_name: valid_value(field.type) for field in info.fields if field.required}


def valid_value(info: shapes.Type) -> Any:
    """The plainest value of a type."""
    match info:
        case shapes.IntType(ge=low) | shapes.FloatType(ge=low):
            return low or 0
        case shapes.StrType(pattern=str(pattern)):
            return _text_like(pattern)
        case shapes.StrType(min_length=shortest):
            return "x" * (shortest or 1)
        case shapes.LiteralType(values=values):
            return values[0]
        case shapes.EnumType(cls=kind):
            return next(iter(kind)).value
        case _:
            return PLAINEST[type(info)] if type(info) in PLAINEST else _valid_whole(info)


def _valid_whole(info: shapes.Type) -> Any:
    """Of a type that has parts."""
    match info:
        case shapes.UnionType(types=types):
            return valid_value(types[0])
        case shapes.ListType() | shapes.VarTupleType() | shapes.SetType():
            return [valid_value(info.item_type) for _ in range(info.min_length or 0)]
        case shapes.TupleType(item_types=types):
            return [valid_value(part) for part in types]
        case shapes.StructType(array_like=True):
            return [valid_value(field.type) for field in info.fields]
        case shapes.StructType():
            return valid_fields(info)
        case _:
            raise AssertionError(f"no value is known for {info}")


def wrong_values(info: shapes.Type) -> Iterator[Any]:
    """Values that a field of this type must not take; those of a union none of its parts may take."""
    if isinstance(info, shapes.UnionType):
        kinds = {type(part) for part in info.types}
        takes_none = shapes.NoneType in kinds
        for part in info.types:
            for value in () if isinstance(part, shapes.NoneType) else wrong_values(part):
                if not (value is None and takes_none):
                    yield value
        return
    yield from OF_OTHER_TYPES[type(info)]
    yield from _beyond_its_bounds(info)


def _beyond_its_bounds(info: shapes.Type) -> Iterator[Any]:
    match info:
        case shapes.IntType(ge=low, le=high):
            yield from (2**63, 2**64, 10**30)
            yield from () if low is None else (low - 1, -(2**63))
            yield from () if high is None else (high + 1,)
        case shapes.StrType():
            yield from _wrong_texts(info)
        case shapes.ListType(max_length=longest) | shapes.VarTupleType(max_length=longest):
            yield [next(iter(wrong_values(info.item_type)))]
            yield from ([],) if info.min_length else ()
            yield from () if longest is None else ([valid_value(info.item_type)] * (longest + 1),)
        case shapes.StructType(array_like=False):
            yield from _wrong_parts(info)
        case _:
            return


def _wrong_texts(info: shapes.StrType) -> Iterator[str]:
    if info.pattern is not None:
        right = _text_like(info.pattern)
        yield from ("../..", right + "\n", right + " ", "\u0000" * 32)
    if info.min_length:
        yield "x" * (info.min_length - 1)
    if info.max_length is not None:
        yield "x" * (info.max_length + 1)


def _wrong_parts(info: shapes.StructType) -> Iterator[dict[str, Any]]:
    whole = valid_fields(info)
    for field in info.fields:
        yield whole | {field.encode_name: next(iter(wrong_values(field.type)))}
        if field.required:
            yield {name: value for name, value in whole.items() if name != field.encode_name}
    if info.forbid_unknown_fields:
        yield {**whole, "unknown": 1}


@functools.cache
def _text_like(pattern: str) -> str:
    """The simplest text that a pattern takes, always the same."""
    return hypothesis.find(st.from_regex(pattern, fullmatch=True), bool, random=random.Random(0))
