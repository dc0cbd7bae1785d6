"""Both ends of a connection: bytes in, requests or events out, at whatever byte they are split."""

import contextlib
import typing

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.protocol import limits
from server.protocol.connection import BadFrame, ClientConnection, ServerConnection
from server.protocol.errors import ERRORS, Refusal, RemoteProtocolError
from server.protocol.events import AnyEvent, Failed, MessageRow, Messages, Pong, PositionMoved, Sender
from server.protocol.frames import encode_frame
from server.protocol.requests import AnyRequest, Cursor, Hello, Ping, Send, SignOut
from tests.protocol.bad_lines import BAD_LINES

REQUESTS: list[AnyRequest] = [
    Hello(id=1, versions=[1], client="test"),
    Send(id=2, counter=1, room="general", text="first\nsecond \N{SNOWMAN}", time_ms=5),
    Ping(id=3),
    SignOut(id=4),
]
EVENTS: list[AnyEvent] = [
    Pong(answer=3),
    Messages(
        room="general",
        senders=[Sender("u", "Anna", "d")],
        rows=[MessageRow(index=4, number=1, sender=0, counter=1, time_ms=5, text="\n")],
    ),
    PositionMoved(cursor=Cursor(epoch="1.a.0", index=4), number=1),
    Failed(answer=9, code="unknown_room", arguments={"room": "x"}),
]


def received(*pieces: bytes) -> list[AnyRequest | BadFrame]:
    connection = ServerConnection()
    return [frame for piece in pieces for frame in connection.receive(piece)]


def code_of(frame: AnyRequest | BadFrame) -> str:
    assert isinstance(frame, BadFrame), frame
    return frame.refusal.code


def test_requests_come_out_however_the_stream_is_split() -> None:
    stream = b"".join(encode_frame(request) for request in REQUESTS)
    assert received(*[stream[n : n + 1] for n in range(len(stream))]) == REQUESTS
    for cut in range(len(stream) + 1):
        assert received(stream[:cut], stream[cut:]) == REQUESTS


def test_events_come_out_however_the_stream_is_split() -> None:
    stream = b"".join(encode_frame(event) for event in EVENTS)
    for cut in range(len(stream) + 1):
        connection = ClientConnection()
        assert connection.receive(stream[:cut]) + connection.receive(stream[cut:]) == EVENTS


@pytest.mark.parametrize(("line", "code"), BAD_LINES, ids=[repr(line[:40]) for line, _ in BAD_LINES])
def test_a_bad_line_is_answered_and_the_connection_lives_unless_it_is_fatal(line: bytes, code: str) -> None:
    found = received(line[: limits.FRAME_BYTES_MAX_BEFORE_SIGN_IN - 1] + b"\n", encode_frame(Ping(id=9)))
    if len(line) >= limits.FRAME_BYTES_MAX_BEFORE_SIGN_IN:
        return  # Cut to size it is another line; whole it is too long, as the next tests say.
    assert code_of(found[0]) == code
    assert found[1:] == ([] if ERRORS[code].is_fatal else [Ping(id=9)])


def test_a_refusal_finds_its_asker() -> None:
    (frame,) = received(b'{"request":"nonsense","id":7}\n')
    assert isinstance(frame, BadFrame)
    assert frame.answer == 7


def test_before_the_sign_in_frames_are_short_and_after_it_long() -> None:
    text = "x" * limits.FRAME_BYTES_MAX_BEFORE_SIGN_IN
    frame = encode_frame(Send(id=1, counter=1, room="general", text=text, time_ms=1))
    assert [code_of(found) for found in received(frame)] == ["frame_too_long"]
    connection = ServerConnection()
    connection.allow_long_frames()
    assert len(connection.receive(frame)) == 1
    (found,) = connection.receive(b"x" * (limits.FRAME_BYTES_MAX + 1))
    assert code_of(found) == "frame_too_long"


def test_after_a_fatal_one_nothing_comes_out_any_more() -> None:
    connection = ServerConnection()
    assert len(connection.receive(b"x" * 5_000 + b"\n" + encode_frame(Ping(id=1)))) == 1
    assert connection.receive(encode_frame(Ping(id=2))) == []


def test_the_longest_message_fits_when_every_character_is_escaped() -> None:
    text = "\\" * (limits.MESSAGE_CHARACTERS_MAX)
    connection = ServerConnection()
    connection.allow_long_frames()
    request = Send(id=1, counter=1, room="general", text=text, time_ms=1)
    assert connection.receive(encode_frame(request)) == [request]


def test_raw_bytes_of_a_request_that_takes_none_are_passed_over_and_told() -> None:
    stream = encode_frame(Ping(id=5, bytes=4)) + b"\n{}\n" + encode_frame(Ping(id=6))
    for cut in range(len(stream) + 1):
        first, second = received(stream[:cut], stream[cut:])
        assert isinstance(first, BadFrame)
        assert (first.answer, first.refusal.code) == (5, "unexpected_bytes")
        assert second == Ping(id=6)


def test_a_stranger_announces_no_more_raw_bytes_than_fit_into_a_line() -> None:
    limit = limits.FRAME_BYTES_MAX_BEFORE_SIGN_IN
    connection = ServerConnection()
    (found,) = connection.receive(encode_frame(Ping(id=5, bytes=limit + 1)) + bytes(limit))
    assert isinstance(found, BadFrame)
    assert (found.answer, found.refusal) == (5, Refusal("bad_bytes", {"limit": limit}))
    known = ServerConnection()
    known.allow_long_frames()
    assert known.receive(encode_frame(Ping(id=5, bytes=limits.CHUNK_BYTES_MAX))) == []


def test_a_started_frame_is_noticed() -> None:
    connection = ServerConnection()
    sizes = [connection.buffered_bytes]
    for piece in (b'{"request"', b':"ping","id":1}\n'):
        connection.receive(piece)
        assert connection.is_inside_frame == (connection.buffered_bytes > 0)
        sizes.append(connection.buffered_bytes)
    assert sizes == [0, 10, 0]


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_any_bytes_give_requests_or_refusals(pieces: list[bytes]) -> None:
    for frame in received(*pieces):
        assert not isinstance(frame, BadFrame) or frame.refusal.code in ERRORS


@given(st.lists(st.sampled_from([line for line, _ in BAD_LINES if len(line) < 4_000]), max_size=6), st.data())
def test_bad_lines_split_anywhere_give_the_same(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    cut = data.draw(st.integers(0, len(stream)))
    assert received(stream) == received(stream[:cut], stream[cut:])


# --- the client's end


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_any_bytes_give_events_or_the_one_error(pieces: list[bytes]) -> None:
    connection = ClientConnection()
    found: list[AnyEvent] = []
    with contextlib.suppress(RemoteProtocolError):
        for piece in pieces:
            found += connection.receive(piece)
    assert all(isinstance(event, typing.get_args(AnyEvent)) for event in found)


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b"[]",
        b"\xff",
        b'{"event":"pong","answer":"x"}',
        b'{"answer":1}',
        b'{"event":"messages","room":"r","senders":[],"rows":[[1,1,0,1,1,"no sender"]]}',
        b'{"event":"messages","room":"r","senders":[["u","n","d"]],"rows":[[1,1,-1,1,1,"the last sender"]]}',
    ],
)
def test_a_server_that_talks_nonsense_is_left(line: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        ClientConnection().receive(line + b"\n")


def test_a_line_without_end_is_nonsense_too() -> None:
    with pytest.raises(RemoteProtocolError, match="frame_too_long"):
        ClientConnection().receive(b"x" * (limits.PEER_FRAME_BYTES_MAX + 1))


def test_events_of_a_newer_server_are_passed_over() -> None:
    stream = b'{"event":"reaction","answer":0,"what":["new"]}\n' + encode_frame(Pong(answer=1, bytes=0))
    assert ClientConnection().receive(stream) == [Pong(answer=1)]


def test_raw_bytes_behind_an_event_are_passed_over() -> None:
    newer = msgspec.json.encode({"event": "chunk", "answer": 0, "bytes": 4}) + b"\n"
    stream = newer + b"\n{}\n" + encode_frame(Pong(answer=1, bytes=3)) + b"abc" + encode_frame(Pong(answer=2))
    for cut in range(len(stream) + 1):
        connection = ClientConnection()
        events = connection.receive(stream[:cut]) + connection.receive(stream[cut:])
        assert [event.answer for event in events] == [1, 2]
