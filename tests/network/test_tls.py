"""Tests of server/network/tls.py and the trust of a dial: who may talk to whom, and who is shown the door."""

import os
import random
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from server.accounts.certificates import Authority
from server.network.channel import Channel
from server.network.dialer import Dialed
from server.network.errors import ClosedCode, DialCode, DialError
from server.network.tls import (
    CLIENT_ALPN,
    PEER_ALPN,
    TlsStream,
    TlsTerms,
    Trust,
    client_context,
    fingerprint_of,
    peer_context,
    server_context,
)
from tests.network.ends import Ends, Identity, Recorder, echo, make_identity, raw_connection, read_to_end
from tests.waiting import wait_until


def ca_fingerprint(identity: Identity) -> bytes:
    return fingerprint_of(ssl.PEM_cert_to_DER_cert(identity.ca_pem))


def failed(ends: Ends, port: int, trust: Trust) -> DialError:
    """A dial that must fail, and whose handler must never hear of it."""
    recorder = Recorder()
    result = ends.try_dial(port, recorder, trust)
    assert isinstance(result, DialError), result
    assert recorder.told == []
    return result


# Trust.


def test_a_known_authority_is_enforced(ends: Ends, identity: Identity) -> None:
    client = Recorder()
    listener = ends.listen(lambda: Recorder(echo), identity.terms)
    dialed = ends.try_dial(listener.port, client, identity.trust)
    assert isinstance(dialed, Dialed)
    assert dialed.ca_pem is None
    assert dialed.channel.peer_name == "a"
    assert dialed.channel.alpn == CLIENT_ALPN
    assert [fingerprint_of(der) for der in dialed.channel.peer_chain()][-1] == ca_fingerprint(identity)


def test_every_server_of_the_cluster_is_trusted_by_its_authority(ends: Ends, identity: Identity) -> None:
    second = make_identity(identity.authority, "b")
    channel = ends.dial(ends.listen(Recorder, second.terms).port, Recorder(), identity.trust)
    assert channel.peer_name == "b"


def test_another_authority_is_the_wrong_certificate(ends: Ends, identity: Identity) -> None:
    listener = ends.listen(lambda: Recorder(echo), make_identity().terms)
    assert failed(ends, listener.port, identity.trust).code is DialCode.WRONG_CERTIFICATE
    assert ends.served == []


def test_a_fingerprint_gives_a_channel_and_the_authority_to_store(ends: Ends, identity: Identity) -> None:
    client = Recorder()
    listener = ends.listen(lambda: Recorder(echo), identity.terms)
    dialed = ends.try_dial(listener.port, client, Trust(fingerprint=ca_fingerprint(identity)))
    assert isinstance(dialed, Dialed)
    assert dialed.ca_pem is not None
    assert ssl.PEM_cert_to_DER_cert(dialed.ca_pem) == ssl.PEM_cert_to_DER_cert(identity.ca_pem)
    ends.thread.call(dialed.channel.write, b"hello")
    wait_until(lambda: client.data == b"hello")
    assert dialed.channel.peer_name == "a"


def test_another_fingerprint_is_a_hard_stop_before_the_first_byte(ends: Ends, identity: Identity) -> None:
    listener = ends.listen(lambda: Recorder(echo), identity.terms)
    error = failed(ends, listener.port, Trust(fingerprint=bytes(32)))
    assert error.code is DialCode.WRONG_CERTIFICATE
    assert error.fingerprint == ca_fingerprint(identity)
    wait_until(lambda: all(recorder.is_closed for recorder in ends.served))
    assert not any(recorder.data for recorder in ends.served)


def test_an_unknown_certificate_is_asked_about_with_its_fingerprint(ends: Ends, identity: Identity) -> None:
    listener = ends.listen(lambda: Recorder(echo), identity.terms)
    error = failed(ends, listener.port, Trust())
    assert error.code is DialCode.UNKNOWN_CERTIFICATE
    assert error.fingerprint == ca_fingerprint(identity)
    wait_until(lambda: all(recorder.is_closed for recorder in ends.served))
    assert not any(recorder.data for recorder in ends.served)


def test_a_stolen_authority_certificate_without_its_key_is_worth_nothing(
    ends: Ends, identity: Identity
) -> None:
    """An impostor shows the right authority behind a certificate which that one never signed."""
    impostor = make_identity()
    chain = impostor.chain_pem.replace(impostor.authority.certificate_pem, identity.authority.certificate_pem)
    listener = ends.listen(lambda: Recorder(echo), server_context(chain, impostor.key_pem))
    error = failed(ends, listener.port, Trust(fingerprint=ca_fingerprint(identity)))
    assert error.code is DialCode.WRONG_CERTIFICATE
    assert not any(recorder.data for recorder in ends.served)


def test_a_server_certificate_cannot_issue_another(ends: Ends, identity: Identity) -> None:
    """A server of the cluster signs a certificate for itself as if it were the authority."""
    rogue = make_identity(Authority(identity.chain_pem, identity.key_pem), "rogue")
    listener = ends.listen(lambda: Recorder(echo), server_context(rogue.chain_pem, rogue.key_pem))
    assert failed(ends, listener.port, identity.trust).code is DialCode.WRONG_CERTIFICATE


# The link between two servers.


def dial_peer(ends: Ends, server: Identity, client: Identity, trusted: Identity) -> tuple[Recorder, object]:
    listener = ends.listen(
        lambda: Recorder(echo),
        peer_context(server.chain_pem, server.key_pem, trusted.ca_pem, is_server=True),
    )
    recorder = Recorder()
    terms = peer_context(client.chain_pem, client.key_pem, trusted.ca_pem, is_server=False)
    return recorder, ends.try_dial(listener.port, recorder, terms)


def test_two_servers_know_each_other_by_name(ends: Ends, identity: Identity) -> None:
    client, dialed = dial_peer(ends, identity, make_identity(identity.authority, "b"), identity)
    assert isinstance(dialed, Dialed)
    assert (dialed.channel.peer_name, dialed.channel.alpn) == ("a", PEER_ALPN)
    ends.thread.call(dialed.channel.write, b"hello")
    wait_until(lambda: client.data == b"hello")
    far = ends.served[0].channel
    assert far is not None
    assert far.peer_name == "b"


def test_a_server_of_another_cluster_is_not_let_in(ends: Ends, identity: Identity) -> None:
    """In TLS 1.3 the dialling side is done before its certificate is looked at: it opens, and ends."""
    client, dialed = dial_peer(ends, identity, make_identity(server_id="b"), identity)
    assert isinstance(dialed, Dialed)
    reason = client.wait_closed()
    assert reason is not None
    assert reason.code is ClosedCode.TLS_FAILED
    assert ends.served == []


def test_a_client_is_no_server(ends: Ends, identity: Identity) -> None:
    """Who shows no certificate does not get to the handler of the peer's door."""
    listener = ends.listen(
        lambda: Recorder(echo),
        peer_context(identity.chain_pem, identity.key_pem, identity.ca_pem, is_server=True),
    )
    recorder = Recorder()
    ends.try_dial(listener.port, recorder, client_context(identity.ca_pem, alpn=PEER_ALPN))
    assert recorder.wait_closed() is not None
    assert ends.served == []


# What is spoken inside.


@pytest.mark.parametrize("offered", ["http/1.1", PEER_ALPN])
def test_a_client_of_another_protocol_is_closed(ends: Ends, identity: Identity, offered: str) -> None:
    listener = ends.listen(lambda: Recorder(echo), identity.terms)
    recorder = Recorder()
    result = ends.try_dial(listener.port, recorder, client_context(identity.ca_pem, alpn=offered))
    assert isinstance(result, DialError)
    assert result.code is DialCode.TLS_FAILED
    assert recorder.told == []
    assert ends.served == []


def test_a_client_without_a_protocol_is_closed(ends: Ends, identity: Identity) -> None:
    context = ssl.create_default_context(cadata=identity.ca_pem)
    context.check_hostname = False
    listener = ends.listen(lambda: Recorder(echo), identity.terms)
    with context.wrap_socket(raw_connection(listener.port)) as connection:
        assert read_to_end(connection) == b""
    assert ends.served == []


def test_tls_1_2_is_not_spoken_by_a_server(ends: Ends, identity: Identity) -> None:
    context = ssl.create_default_context(cadata=identity.ca_pem)
    context.check_hostname = False
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols([CLIENT_ALPN])
    listener = ends.listen(lambda: Recorder(echo), identity.terms)
    with raw_connection(listener.port) as connection, pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        context.wrap_socket(connection)
    assert ends.served == []


def test_tls_1_2_is_not_spoken_by_a_client(ends: Ends, identity: Identity) -> None:
    context = identity.terms.context
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    listener = ends.listen(lambda: Recorder(echo), TlsTerms(context, CLIENT_ALPN, is_server=True))
    assert failed(ends, listener.port, identity.trust).code is DialCode.TLS_FAILED


# Greetings that are none.


def tls_1_2_greeting() -> bytes:
    context = ssl.create_default_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    outgoing = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


def tls_1_3_greeting() -> bytes:
    return TlsStream(client_context(None)).begin()


GREETINGS: dict[str, Callable[[], bytes]] = {
    "http": lambda: b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "http_proxy": lambda: b"CONNECT localhost:443 HTTP/1.1\r\n\r\n",
    "ssh": lambda: b"SSH-2.0-OpenSSH_9.2\r\n",
    "json": lambda: b'{"do":"hello","id":1,"versions":[1]}\n',
    "zeros": lambda: bytes(1000),
    "random": lambda: random.Random(1).randbytes(100_000),
    "tls_1_2": tls_1_2_greeting,
    "tls_1_3_then_garbage": lambda: tls_1_3_greeting() + b"\x16\x03\x03\x00\x05hello" * 10,
    "tls_1_3_with_a_wrong_byte": lambda: tls_1_3_greeting()[:100] + b"\xff" * 400,
    "huge_record": lambda: b"\x16\x03\x01\xff\xff" + bytes(70_000),
    "alert": lambda: b"\x15\x03\x03\x00\x02\x02\x28",
    "application_data_first": lambda: b"\x17\x03\x03\x00\x10" + bytes(16),
}


@pytest.mark.parametrize("greeting", GREETINGS)
def test_a_greeting_that_is_none_is_closed_and_the_others_go_on(
    ends: Ends, identity: Identity, greeting: str
) -> None:
    listener = ends.listen(lambda: Recorder(echo), identity.terms)
    client = Recorder()
    channel = ends.dial(listener.port, client, identity.trust)
    with raw_connection(listener.port) as connection:
        connection.sendall(GREETINGS[greeting]())
        assert b"hello" not in read_to_end(connection)
    wait_until(lambda: ends.on_loop(lambda: listener.channel_count) == 1)
    assert len(ends.served) == 1
    ends.thread.call(channel.write, b"still here")
    wait_until(lambda: client.data == b"still here")


@pytest.mark.parametrize("cut", [0, 1, 5, 100])
def test_half_a_greeting_and_an_end_is_a_lost_connection(ends: Ends, identity: Identity, cut: int) -> None:
    listener = ends.listen(lambda: Recorder(echo), identity.terms)
    with raw_connection(listener.port) as connection:
        connection.sendall(tls_1_3_greeting()[:cut])
    wait_until(lambda: ends.on_loop(lambda: listener.channel_count) == 0)
    assert ends.served == []


@pytest.mark.parametrize(
    "garbage", [b"\x17\x03\x03\x00\x20" + bytes(32), b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 50]
)
def test_garbage_inside_an_open_connection_ends_it(ends: Ends, identity: Identity, garbage: bytes) -> None:
    """What came whole before it was given to the handler; the forged record is not."""
    server = Recorder()
    near, _ = ends.pair(Recorder(), server, identity)
    ends.thread.call(near.write, b"genuine")
    wait_until(lambda: server.data == b"genuine")
    transport = near._transport
    assert transport is not None
    ends.thread.call(transport.write, garbage)
    reason = server.wait_closed()
    assert reason is not None
    assert reason.code is ClosedCode.TLS_FAILED
    assert server.data == b"genuine"


def test_a_greeting_byte_by_byte_is_understood(identity: Identity) -> None:
    """A slow path splits a handshake and its data anywhere."""
    server, client = TlsStream(identity.terms), TlsStream(client_context(identity.ca_pem))
    to_server, to_client, heard = bytearray(client.begin()), bytearray(), bytearray()
    while not (client.is_ready and server.is_ready):
        for pending, stream, answer in ((to_server, server, to_client), (to_client, client, to_server)):
            for position in range(len(pending)):
                stream.receive(bytes(pending[position : position + 1]))
                answer.extend(stream.take_output())
            pending.clear()
    data = os.urandom(40_000)
    for byte in client.protect(data):
        heard += server.receive(bytes([byte]))
    assert heard == data
    assert not server.has_ended
    server.receive(client.end())
    assert server.has_ended


def test_one_flush_is_one_record(identity: Identity) -> None:
    """Up to 16 KiB in one record; a longer flush is cut into full ones."""
    server, client = TlsStream(identity.terms), TlsStream(client_context(identity.ca_pem))
    server.receive(client.begin())
    client.receive(server.take_output())
    server.receive(client.take_output())
    per_record = len(client.protect(b"x")) - 1
    for size, records in ((100, 1), (16_384, 1), (16_385, 2), (65_536, 4)):
        assert len(server.protect(bytes(size))) == size + records * per_record


def test_keys_leave_no_file_behind(
    identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert identity.terms.is_server
    assert list(tmp_path.iterdir()) == []


def test_a_close_from_either_side_is_clean_under_tls(ends: Ends, identity: Identity) -> None:
    for closer in (0, 1):
        recorders = Recorder(), Recorder()
        channels: tuple[Channel, Channel] = ends.pair(*recorders, identity)
        ends.thread.call(channels[closer].close)
        assert [recorder.wait_closed() for recorder in recorders] == [None, None]
