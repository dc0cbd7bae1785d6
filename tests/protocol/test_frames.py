"""Frames: lines out of a byte stream however it is cut, and lines that are none."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.protocol import limits
from server.protocol.errors import ERRORS, Refusal
from server.protocol.frames import FrameDecoder, FrameReader, encode_frame, is_too_deep, request_id_of
from server.protocol.requests import REQUEST_NAMES, AnyRequest, Ping, Send
from tests.conformance.json_text import deep
from tests.protocol.bad_lines import BAD_LINES, GOOD_LINES

DECODER: FrameDecoder[AnyRequest] = FrameDecoder(AnyRequest, "request", REQUEST_NAMES.__contains__)


def lines_of(pieces: list[bytes], limit: int = 100) -> list[bytes | Refusal]:
    reader = FrameReader(limit)
    found: list[bytes | Refusal] = []
    for piece in pieces:
        reader.feed(piece)
        while (line := reader.next_line()) is not None:
            found.append(line)
            if isinstance(line, Refusal):
                return found
    return found


@given(st.lists(st.binary(max_size=20).filter(lambda line: not set(line) & set(b"\r\n")), max_size=6))
def test_lines_come_out_however_the_stream_is_cut(lines: list[bytes]) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    expected = [line for line in lines if line]
    assert lines_of([stream]) == expected
    assert lines_of([stream[n : n + 1] for n in range(len(stream))]) == expected
    for cut in range(len(stream)):
        assert lines_of([stream[:cut], stream[cut:]]) == expected


def test_a_carriage_return_before_the_end_is_dropped_and_empty_lines_are_passed_over() -> None:
    assert lines_of([b"a\r\n\n\r\nb\n"]) == [b"a", b"b"]


@pytest.mark.parametrize("length", [0, 1, 99, 100, 101, 1_000])
def test_the_limit_holds_to_the_byte(length: int) -> None:
    too_long = Refusal("frame_too_long", {"limit": 100})
    found = lines_of([b"x" * length + b"\n"])
    assert found == ([too_long] if length > 100 else [b"x" * length] if length else [])


def test_a_line_without_an_end_is_refused_as_soon_as_it_is_too_long() -> None:
    reader = FrameReader(100)
    reader.feed(b"x" * 100)
    assert reader.next_line() is None
    assert reader.is_inside_frame
    reader.feed(b"x")
    assert reader.next_line() == Refusal("frame_too_long", {"limit": 100})


def test_raw_bytes_follow_their_line_whatever_is_in_them() -> None:
    reader = FrameReader(100)
    reader.feed(b"line\n\x00\n{}\n\xffrest\n")
    assert reader.next_line() == b"line"
    reader.expect_bytes(6)
    assert reader.next_bytes() == b"\x00\n{}\n\xff"
    assert reader.next_line() == b"rest"
    assert not reader.is_inside_frame


def test_raw_bytes_wait_until_all_of_them_are_here() -> None:
    reader = FrameReader(100)
    reader.expect_bytes(3)
    for piece in (b"a", b"b"):
        reader.feed(piece)
        assert reader.next_bytes() is None
        assert reader.is_inside_frame
    reader.feed(b"c")
    assert reader.next_bytes() == b"abc"


def test_a_struct_is_one_line_and_comes_back() -> None:
    request = Send(id=1, counter=2, room="general", text="line\nbreak \N{SNOWMAN}", time_ms=3)
    frame = encode_frame(request)
    assert frame.count(b"\n") == 1
    assert frame.endswith(b"\n")
    assert DECODER.decode(frame[:-1]) == request


@pytest.mark.parametrize(("line", "code"), BAD_LINES, ids=[repr(line[:40]) for line, _ in BAD_LINES])
def test_a_bad_line_is_refused_with_its_code(line: bytes, code: str) -> None:
    refusal = DECODER.decode(line)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code


@pytest.mark.parametrize("line", GOOD_LINES, ids=[repr(line[:40]) for line in GOOD_LINES])
def test_a_strange_line_may_be_a_request(line: bytes) -> None:
    assert isinstance(DECODER.decode(line), Ping)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_refused(line: bytes) -> None:
    check(DECODER.decode(line))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["id", "bytes", "versions", "name", "device", "secret", "counter", "room", "text", "cursor", "limit"]


@given(
    st.sampled_from([*sorted(REQUEST_NAMES), "nonsense"]),
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6),
)
def test_any_fields_are_a_request_or_refused(name: str, fields: dict[str, object]) -> None:
    try:
        line = msgspec.json.encode({"request": name, **fields})
    except (msgspec.MsgspecError, OverflowError, ValueError):
        return  # Numbers that no JSON holds.
    check(DECODER.decode(line))


def check(decoded: AnyRequest | Refusal) -> None:
    assert not isinstance(decoded, Refusal) or decoded.code in ERRORS


@given(st.binary(max_size=200))
def test_an_id_is_found_only_where_there_is_a_sound_one(line: bytes) -> None:
    assert 0 <= request_id_of(line) <= limits.INTEGER_MAX


def test_the_id_of_a_refused_line_is_told() -> None:
    assert request_id_of(b'{"request":"nonsense","id":7}') == 7
    assert request_id_of(b'{"id":true}') == 0
    assert request_id_of(deep(5_000)) == 0


@given(JSON)
def test_the_depth_is_counted_as_it_is(value: object) -> None:
    def depth(part: object) -> int:
        inner = list(part.values()) if isinstance(part, dict) else part if isinstance(part, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    try:
        line = msgspec.json.encode(value)
    except (msgspec.MsgspecError, OverflowError, ValueError):
        return
    assert is_too_deep(line) == (depth(value) > limits.JSON_DEPTH_MAX)


def test_brackets_inside_strings_are_no_depth() -> None:
    assert not is_too_deep(b'"' + b"[" * 100 + b'"')
    assert not is_too_deep(b'["\\"' + b"[" * 100 + b'"]')
    assert is_too_deep(b'["\\\\"' + b"[" * 100)
