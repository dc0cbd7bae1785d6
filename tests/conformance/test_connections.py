"""Connections that are none of ours: other protocols, older ones, half of one, and silence."""

import contextlib
import ssl
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.commands.bad_clients import PATIENCE_S, RawClient, answer_to, context
from tests.conformance.server_under_test import Honest, ServerUnderTest
from tests.network.ends import raw_connection, read_to_end

HELLO = b'{"request":"hello","id":1,"versions":[1]}\n'
PING = b'{"request":"ping","id":7}\n'


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        HELLO,
        b"\x00" * 512,
        b"\x16\x03\x01\xff\xff" + b"\x01" * 600,
        bytes(range(256)) * 8,
    ],
)
def test_a_greeting_that_is_no_tls_gets_no_word_of_ours(server: ServerUnderTest, data: bytes) -> None:
    answer = answer_to(server.port, data)
    # At most an alert of TLS (RFC 8446, section 6), never a line.
    assert len(answer) <= 7
    assert b"{" not in answer


def test_an_older_tls_is_refused(server: ServerUnderTest) -> None:
    with contextlib.closing(raw_connection(server.port)) as connection, pytest.raises(ssl.SSLError):
        context(is_old=True).wrap_socket(connection)


def test_another_protocol_inside_tls_is_refused(server: ServerUnderTest) -> None:
    other = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    other.check_hostname = False
    other.verify_mode = ssl.CERT_NONE
    other.set_alpn_protocols(["http/1.1"])
    with contextlib.closing(raw_connection(server.port)) as connection:
        try:
            with other.wrap_socket(connection) as talk:
                talk.sendall(b"GET / HTTP/1.1\r\n\r\n")
                assert read_to_end(talk) == b""
        except (ssl.SSLError, ConnectionError):
            # Refused while it was still greeting: as good.
            return


def test_unknown_keys_are_for_newer_clients_once_they_are_signed_in(server: ServerUnderTest) -> None:
    with RawClient(server.port) as client:
        client.sign_in("Newer")
        assert client.ask(request="ping", id=9, new_key={"a": [1]})["event"] == "pong"


def test_a_request_byte_by_byte_is_a_request(server: ServerUnderTest) -> None:
    with RawClient(server.port) as client:
        for byte in b"\r\n\n" + HELLO:
            client.send(bytes([byte]))
        assert client.read_until()["event"] == "welcome"


def test_who_says_nothing_or_half_of_it_is_sent_away_in_time(server: ServerUnderTest) -> None:
    def silent_before_tls() -> list[str]:
        assert answer_to(server.port, b"") == b""
        return []

    def half_a_greeting() -> list[str]:
        assert answer_to(server.port, b"\x16\x03\x01") == b""
        return []

    def silent_inside_tls() -> list[str]:
        return ending_of(b"")

    def half_a_line() -> list[str]:
        return ending_of(HELLO[:20])

    def greeted_and_silent() -> list[str]:
        return ending_of(HELLO)

    def signed_in_with_half_a_line() -> list[str]:
        with RawClient(server.port) as client:
            client.socket.settimeout(PATIENCE_S)
            client.sign_in("Half")
            client.send(PING[:10])
            return [event["code"] for event in client.end() if event["event"] == "error"]

    def ending_of(data: bytes) -> list[str]:
        with RawClient(server.port) as client:
            client.socket.settimeout(PATIENCE_S)
            client.send(data or b"\n")
            return [event["code"] for event in client.end() if event["event"] == "error"]

    scenes = [
        *(silent_before_tls, half_a_greeting, silent_inside_tls),
        *(half_a_line, greeted_and_silent, signed_in_with_half_a_line),
    ]
    with ThreadPoolExecutor(len(scenes)) as pool:
        found = list(pool.map(lambda scene: scene(), scenes))
    too_slow = ["too_slow_to_sign_in"]
    assert found == [[], [], too_slow, too_slow, too_slow, ["frame_too_slow"]]


def test_many_who_hang_up_in_the_middle_disturb_nobody(server: ServerUnderTest, honest: Honest) -> None:
    for n in range(60):
        connection = raw_connection(server.port)
        connection.sendall([b"", b"\x16\x03", HELLO][n % 3])
        connection.close()
        if n % 20 == 0:
            with RawClient(server.port) as client:
                client.hello()
                client.send(PING[:5])
    honest.is_served()
