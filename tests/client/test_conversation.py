"""A conversation with a scripted pair as a whole: cut frames, nonsense, newer servers."""

from server.protocol.frames import encode_frame
from tests.client.scripted_pair import Wire, run_of


def test_nonsense_from_a_server_ends_its_link_only() -> None:
    wire = Wire().connect()
    link_id = next(iter(wire.a().sides))
    wire.conversation.link_bytes(link_id, b"HTTP/1.1 400 Bad Request\r\n", wire.now)
    wire.settle()
    assert wire.conversation.server == "b"


def test_events_of_a_newer_server_are_passed_over() -> None:
    wire = Wire().connect()
    link_id = next(iter(wire.a().sides))
    wire.conversation.link_bytes(link_id, b'{"event":"telepathy","strength":9}\n', wire.now)
    wire.settle()
    assert wire.conversation.server == "a"


def test_frames_may_be_cut_anywhere() -> None:
    wire = Wire().connect()
    link_id = next(iter(wire.a().sides))
    message = wire.pair.append("f" * 32, 1, "hello")
    for byte in encode_frame(run_of(message)):
        wire.conversation.link_bytes(link_id, bytes([byte]), wire.now)
    wire.take()
    assert wire.arrived() == [("f" * 32, 1)]
