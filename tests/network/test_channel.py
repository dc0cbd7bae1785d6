"""Tests of server/network/channel.py: what a handler is told, in which order, however it ends."""

import random
import socket
import ssl
import struct
from collections.abc import Callable

import pytest

from server.network.channel import Channel, ChannelLimits
from server.network.errors import ClosedCode, ClosedReason
from server.network.tls import CLIENT_ALPN, TlsStream
from tests.network.ends import Ends, Identity, Recorder, echo, raw_connection, read_to_end
from tests.waiting import wait_until

BIG = 10 * 1024 * 1024


def client_tls(identity: Identity) -> ssl.SSLContext:
    """The standard library's own blocking client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=identity.ca_pem)
    context.set_alpn_protocols([CLIENT_ALPN])
    return context


@pytest.mark.parametrize("size", [1, 4096, 16384, 16385, 65536, 1_000_000])
def test_what_is_written_comes_back_from_an_echo(ends: Ends, carrier: Identity | None, size: int) -> None:
    client = Recorder()
    near, _ = ends.pair(client, Recorder(echo), carrier)
    data = random.Random(size).randbytes(size)
    ends.thread.call(near.write, data)
    wait_until(lambda: len(client.data) == size)
    assert client.data == data


def test_many_small_writes_arrive_in_order(ends: Ends, carrier: Identity | None) -> None:
    server = Recorder()
    near, _ = ends.pair(Recorder(), server, carrier)
    lines = [b"%d\n" % number for number in range(5000)]
    for line in lines:
        ends.thread.call(near.write, line)
    expected = b"".join(lines)
    wait_until(lambda: len(server.data) == len(expected))
    assert server.data == expected


def test_ten_mebibytes_go_through_a_reader_that_pauses(ends: Ends, carrier: Identity | None) -> None:
    """The writer stops when told, the reader pauses after each piece, and nothing is lost."""
    data = random.Random(1).randbytes(BIG)
    written = 0

    def pump() -> None:
        nonlocal written
        while near is not None and not near.is_paused and written < BIG:
            near.write(data[written : written + 100_000])
            written += 100_000

    class Pumping(Recorder):
        def resumed(self) -> None:
            super().resumed()
            pump()

    def pausing(channel: Channel, _data: bytes) -> None:
        channel.pause_reading()
        ends.thread.loop.call_later(0.0005, channel.resume_reading)

    client, server = Pumping(), Recorder(pausing)
    near, _ = ends.pair(client, server, carrier)
    ends.on_loop(pump)
    wait_until(lambda: len(server.data) == BIG)
    assert server.data == data
    assert "resumed" in client.told


def test_a_writer_is_paused_by_a_reader_that_does_not_read(ends: Ends, carrier: Identity | None) -> None:
    client, server = Recorder(), Recorder()
    near, far = ends.pair(client, server, carrier)
    ends.on_loop(far.pause_reading)

    def write() -> bool:
        near.write(bytes(1_000_000))
        return near.is_paused

    wait_until(lambda: ends.on_loop(write))
    assert ends.on_loop(lambda: near.buffered_bytes) > 256 * 1024
    ends.on_loop(far.resume_reading)
    wait_until(lambda: "resumed" in client.told)
    assert not near.is_paused


def test_a_close_sends_what_is_buffered_and_both_sides_end_clean(
    ends: Ends, carrier: Identity | None
) -> None:
    client, server = Recorder(), Recorder()
    near, _ = ends.pair(client, server, carrier)

    def write_and_close() -> None:
        near.write(bytes(3_000_000))
        near.close()
        near.write(b"after the close nothing is sent")

    ends.on_loop(write_and_close)
    wait_until(lambda: server.is_closed and client.is_closed)
    assert len(server.data) == 3_000_000
    assert (client.reason, server.reason) == (None, None)


def test_last_words_reach_a_client_that_goes_on_sending(ends: Ends, carrier: Identity | None) -> None:
    """A close with unread data in the kernel would reset the connection and overtake the words."""

    def refuse(channel: Channel, _data: bytes) -> None:
        channel.write(b"too long, goodbye")
        channel.close()

    listener = ends.listen(lambda: Recorder(refuse), carrier.terms if carrier else None)
    connection: socket.socket = raw_connection(listener.port)
    if carrier:
        connection = client_tls(carrier).wrap_socket(connection)
    with connection:
        connection.sendall(bytes(200_000))
        assert read_to_end(connection) == b"too long, goodbye"


def test_a_close_ends_in_time_although_the_other_side_reads_nothing(
    ends: Ends, carrier: Identity | None
) -> None:
    client, server = Recorder(), Recorder()
    listener = ends.listen(
        lambda: server, carrier.terms if carrier else None, channel_limits=ChannelLimits(close_s=0.2)
    )
    near = ends.dial(listener.port, client, carrier.trust if carrier else None)
    far = wait_until(lambda: server.channel)
    assert far is not None
    ends.on_loop(near.pause_reading)

    def fill_and_close() -> None:
        far.write(bytes(20_000_000))
        far.close()

    ends.on_loop(fill_and_close)
    wait_until(lambda: server.is_closed)
    assert server.reason is not None
    assert server.reason.code is ClosedCode.CLOSE_TIMEOUT
    ends.on_loop(near.resume_reading)
    wait_until(lambda: client.is_closed)


def test_an_abort_drops_the_connection_with_its_reason(ends: Ends, carrier: Identity | None) -> None:
    client, server = Recorder(), Recorder()
    near, _ = ends.pair(client, server, carrier)
    reason = ClosedReason(ClosedCode.ABORTED, "reads too slowly")
    ends.thread.call(near.abort, reason)
    wait_until(lambda: client.is_closed and server.is_closed)
    assert client.reason == reason


def test_tls_without_a_goodbye_is_a_lost_connection(ends: Ends, identity: Identity) -> None:
    server = Recorder()
    listener = ends.listen(lambda: server, identity.terms)
    with client_tls(identity).wrap_socket(raw_connection(listener.port)) as connection:
        connection.sendall(b"cut")
        wait_until(lambda: server.data == b"cut")
    wait_until(lambda: server.is_closed)
    assert server.reason == ClosedReason(ClosedCode.LOST, "ended without a goodbye")


def test_a_goodbye_inside_tls_is_answered_by_one(ends: Ends, identity: Identity) -> None:
    server = Recorder()
    listener = ends.listen(lambda: server, identity.terms)
    with client_tls(identity).wrap_socket(raw_connection(listener.port)) as connection:
        connection.sendall(b"bye")
        connection.unwrap()
    wait_until(lambda: server.is_closed)
    assert (bytes(server.data), server.reason) == (b"bye", None)


def test_who_wants_new_keys_and_reads_nothing_is_dropped(
    ends: Ends, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's ssl cannot ask for new keys; the stream's answer to such a request is put in its place."""
    server = Recorder()
    near, far = ends.pair(Recorder(), server, identity)
    ends.on_loop(near.pause_reading)

    def fill() -> bool:
        far.write(bytes(1_000_000))
        return far.is_paused

    wait_until(lambda: ends.on_loop(fill))
    monkeypatch.setattr(TlsStream, "take_output", lambda _stream: b"a key update")
    ends.thread.call(near.write, b"a request for one")
    reason = server.wait_closed()
    assert reason is not None
    assert reason.code is ClosedCode.TLS_FAILED
    assert reason.detail == "wants answers and reads none"
    monkeypatch.undo()
    ends.on_loop(near.resume_reading)


@pytest.mark.parametrize("method", ["opened", "received", "resumed", "closed"])
@pytest.mark.expected_errors("planted in")
def test_an_exception_in_a_handler_ends_that_channel_only(ends: Ends, method: str) -> None:
    # More than the buffers of the kernel take, so that there is something to resume.
    failing = Recorder(lambda channel, _: channel.write(bytes(30_000_000)), fails_in=method)
    others = [Recorder(echo)]
    listener = ends.listen(lambda: failing if not ends.served else others[0])
    with raw_connection(listener.port) as connection:
        connection.sendall(b"x")
        connection.shutdown(socket.SHUT_WR) if method == "closed" else None
        read_to_end(connection)
    wait_until(lambda: failing.is_closed)
    assert failing.told.count("closed") == 1
    if method != "closed":
        assert failing.reason is not None
        assert failing.reason.code is ClosedCode.HANDLER_FAILED
    client = Recorder()
    ends.thread.call(ends.dial(listener.port, client).write, b"still here")
    wait_until(lambda: client.data == b"still here")


@pytest.mark.expected_errors("no handler could be made")
def test_a_factory_that_raises_costs_one_connection(ends: Ends) -> None:
    def fail() -> Recorder:
        raise RuntimeError("planted")

    listener = ends.listen(fail)
    with raw_connection(listener.port) as connection:
        assert read_to_end(connection) == b""
    wait_until(lambda: ends.on_loop(lambda: listener.channel_count) == 0)


def test_however_a_connection_ends_each_handler_is_told_once(
    ends: Ends, carrier: Identity | None, rng: random.Random
) -> None:
    """Random acts at both ends: `opened` comes first, `closed` last, each exactly once."""
    for _ in range(40):
        client, server = Recorder(), Recorder(echo)
        channels = ends.pair(client, server, carrier)
        acts: list[Callable[[Channel], object]] = [
            lambda channel: channel.write(bytes(rng.randrange(1, 300_000))),
            Channel.close,
            Channel.abort,
            Channel.pause_reading,
            Channel.resume_reading,
        ]
        for act in rng.choices(acts, weights=[6, 1, 1, 2, 2], k=6):
            ends.thread.call(act, rng.choice(channels))
        for channel in channels:
            ends.thread.call(channel.resume_reading)
            ends.thread.call(channel.close)
        for recorder in (client, server):
            recorder.wait_closed()
            assert recorder.told[0] == "opened"
            assert recorder.told[-1] == "closed"
            assert recorder.told.count("opened") == recorder.told.count("closed") == 1


def test_small_messages_do_not_wait_for_acknowledgements(ends: Ends) -> None:
    near, far = ends.pair(Recorder(), Recorder())
    for channel in (near, far):
        transport = channel._transport
        assert transport is not None
        found = transport.get_extra_info("socket")
        assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_closing_what_the_other_side_has_just_reset_raises_nothing(ends: Ends) -> None:
    server = Recorder()
    listener = ends.listen(lambda: server)
    connection = raw_connection(listener.port)
    wait_until(lambda: server.channel)
    channel = server.channel
    assert channel is not None

    def reset_and_close() -> None:
        # In one turn of the loop, which therefore cannot have heard of the reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        channel.close()

    ends.on_loop(reset_and_close)
    wait_until(lambda: server.is_closed)
    assert server.told.count("closed") == 1
