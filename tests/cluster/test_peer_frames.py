"""Frames between the servers: what is sent is read, and any other bytes end in one documented error."""

import typing

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.cluster.peer_frames import Challenge, PeerFrameReader, PeerMessage, Proof, encode_peer_frame
from server.protocol import limits
from server.protocol.errors import RemoteProtocolError
from server.replication.messages import Hello
from server.sessions.facts import PeerFacts, PeerOnline

KINDS = typing.get_args(PeerMessage)
MESSAGES: list[PeerMessage] = [
    Challenge("c", "s", b"n" * 32),
    Proof(b"m" * 32),
    PeerFacts("b", "b:1", "follower", 3),
    PeerOnline(("u1", "u2")),
    Hello("session", "server", "cluster", True, False, (), 7),
]


def trusted() -> PeerFrameReader:
    reader = PeerFrameReader()
    reader.trust()
    return reader


def read_all(reader: PeerFrameReader, data: bytes) -> list[PeerMessage]:
    reader.feed(data)
    found = []
    while (message := reader.next_message()) is not None:
        found.append(message)
    return found


def frame(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def test_every_message_has_a_tag_of_its_own() -> None:
    tags = [kind.__struct_config__.tag for kind in KINDS]
    assert len(set(tags)) == len(KINDS)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_what_is_sent_is_read_split_at_every_byte(message: PeerMessage) -> None:
    data = encode_peer_frame(message)
    for cut in range(len(data) + 1):
        reader = trusted()
        found = read_all(reader, data[:cut]) + read_all(reader, data[cut:] + data)
        assert found == [message, message]


@pytest.mark.parametrize("length", [1025, 2**20, limits.PEER_FRAME_BYTES_MAX, 2**31 - 1, 2**32 - 1])
def test_a_stranger_may_send_short_frames_only(length: int) -> None:
    with pytest.raises(RemoteProtocolError, match=f"a peer frame of {length} bytes"):
        read_all(PeerFrameReader(), length.to_bytes(4, "big"))


def test_not_even_the_peer_may_send_more_than_the_limit() -> None:
    assert read_all(trusted(), limits.PEER_FRAME_BYTES_MAX.to_bytes(4, "big")) == []
    with pytest.raises(RemoteProtocolError):
        read_all(trusted(), (limits.PEER_FRAME_BYTES_MAX + 1).to_bytes(4, "big"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        b"\x80",
        msgspec.msgpack.encode(["no_such_tag"]),
        msgspec.msgpack.encode(["challenge"]),
        msgspec.msgpack.encode(["challenge", "c", "s", "text"]),
        msgspec.msgpack.encode(["proof", 7]),
        msgspec.msgpack.encode(["peer_facts", "b", "b:1", "follower", "three"]),
        msgspec.msgpack.encode(["peer_facts", "b" * 65, "b:1", "follower", 3]),
        msgspec.msgpack.encode(["peer_facts", "b", "b" * 301, "follower", 3]),
        msgspec.msgpack.encode(["peer_facts", "b", "b:1", "follower", -1]),
        msgspec.msgpack.encode(["peer_online", ["u" * 65]]),
        msgspec.msgpack.encode(["heartbeat", "s", "yes"]),
        b"\x91" * 900 + b"\x90",
        encode_peer_frame(MESSAGES[0])[4:] + b"\x00",
    ],
)
def test_a_body_that_is_no_message_is_an_error(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="a peer frame that is no message"):
        read_all(trusted(), frame(body))


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_bytes_give_messages_or_that_one_error(parts: list[bytes]) -> None:
    reader = trusted()
    try:
        for part in parts:
            for message in read_all(reader, part):
                assert isinstance(message, KINDS)
    except RemoteProtocolError:
        pass


@given(st.sampled_from(MESSAGES), st.data())
def test_a_message_with_a_changed_byte_is_a_message_or_that_one_error(
    message: PeerMessage, data: st.DataObject
) -> None:
    whole = bytearray(encode_peer_frame(message))
    whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        for found in read_all(trusted(), bytes(whole)):
            assert isinstance(found, KINDS)
    except RemoteProtocolError:
        pass
