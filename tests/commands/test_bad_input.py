"""Bad input through a real server process: the documented error or an end, and everybody else goes on."""

import contextlib
import json
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from server.accounts.certificate_files import load_identity
from server.accounts.certificates import fingerprint_of
from server.client.notices import Connected
from server.cluster.data_folder import DataFolder
from server.names.addresses import Address
from server.names.invite_links import InviteLink
from server.protocol import limits
from tests.commands.bad_clients import PATIENCE_S, RawClient, answer_to, context
from tests.commands.programs import Program
from tests.end_to_end.people import People, Person
from tests.end_to_end.real_pair import RealPair, wait_for_mode
from tests.network.ends import raw_connection, read_to_end

HELLO = b'{"request":"hello","id":1,"versions":[1]}\n'
PING = b'{"request":"ping","id":7}\n'


class Server:
    """A server process as it ships, and how to reach it."""

    def __init__(self, program: Program, data: Path) -> None:
        self.program = program
        self.port = int(program.wait_line("ready: ").split()[2].rstrip(",").rpartition(":")[2])
        identity = load_identity(DataFolder(data).certificates)
        assert identity is not None
        address = Address("127.0.0.1", self.port)
        self.link = InviteLink((address,), fingerprint_of(identity.chain_pem))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all of these: whatever one of them breaks, the next one sees."""
    data = tmp_path_factory.mktemp("server")
    with Program("serve", "--data", data, "--listen", "127.0.0.1:0") as program:
        yield Server(program, data)
        assert program.interrupt() == 0
        assert program.errors == ""
    assert "ERROR" not in (data / "server.log").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def honest(server: Server, people: People) -> Iterator[Person]:
    """Somebody who talks before, and after, on one and the same connection."""
    anna = people.person(server.link)
    anna.stored(anna.say("before"))
    yield anna
    anna.stored(anna.say("after"))
    assert anna.texts == ["before", "after"]
    assert len(anna.all_of(Connected)) == 1, "the honest client was cut off"


def code(event: dict[str, Any]) -> str:
    assert event["event"] == "error", event
    return str(event["code"])


# --- lines that are no requests


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"\x00\x01\x02\xfe\xff", "bad_utf8"),
        (b'{"request":"hello","id":1,"versions":[1],"client":"\xc3\x28"}', "bad_utf8"),
        (b'{"request":"hello","id":1,"versions":[1],"client":"\xed\xa0\x80"}', "bad_utf8"),
        (b"hello", "bad_json"),
        (b"[]", "bad_json"),
        (b'"hello"', "bad_json"),
        (b'{"request":"hello","id":1,"versions":[1]', "bad_json"),
        (b'{"request":"hello","id":NaN,"versions":[1]}', "bad_json"),
        (b'{"request":"hello","id":1,"versions":[1]} {}', "bad_json"),
        (b'{"request":"hello","id":1,"client":"\\ud800","versions":[1]}', "bad_json"),
        (b"[" * 1000, "too_deep"),
        (b'{"a":' * 500, "too_deep"),
        (b"{}", "bad_request"),
        (b'{"request":7,"id":1}', "bad_request"),
        (b'{"request":"hello","id":1}', "bad_request"),
        (b'{"request":"hello","id":"1","versions":[1]}', "bad_request"),
        (b'{"request":"hello","id":0,"versions":[1]}', "bad_request"),
        (b'{"request":"hello","id":9007199254740993,"versions":[1]}', "bad_request"),
        (b'{"request":"hello","id":1e400,"versions":[1]}', "bad_json"),
        (b'{"request":"hello","id":1,"versions":["1"]}', "bad_request"),
        (b'{"request":"hello","id":1,"versions":[]}', "bad_request"),
        (b'{"request":"hello","id":1,"versions":[1],"extra":1}', "bad_request"),
        (b'{"request":"fly","id":1}', "unknown_request"),
        (b'{"request":"sign_in","id":1,"name":"x","device":"../..","secret":"s"}', "bad_request"),
        (b'{"request":"sign_in","id":1,"name":"x","device":"A","secret":"s","standby":"yes"}', "bad_request"),
        (b'{"request":"ping","id":1}', "hello_first"),
        (b'{"request":"send","id":1,"counter":1,"room":"general","text":"x","time_ms":1}', "hello_first"),
    ],
)
def test_a_line_that_is_no_request_gets_its_code_and_the_connection_lives(
    server: Server, line: bytes, expected: str
) -> None:
    with RawClient(server.port) as client:
        client.send(line + b"\n")
        assert code(client.read_until()) == expected
        assert client.hello()["event"] == "welcome"


def test_the_refusal_names_the_request_that_it_is_about(server: Server) -> None:
    with RawClient(server.port) as client:
        refused = client.ask(request="history", id=42, room="general")
        assert (refused["answer"], code(refused)) == (42, "hello_first")
        refused = client.ask(request="hello", id=43, versions="1")
        assert (refused["answer"], code(refused)) == (43, "bad_request")


@pytest.mark.parametrize(
    "fields",
    [
        {"request": "send", "counter": 1, "room": "general", "text": "x", "time_ms": 1},
        {"request": "create_room", "counter": 1, "name": "garden"},
        {"request": "join_room", "counter": 1, "room": "general"},
        {"request": "history", "room": "general"},
        {"request": "rooms"},
        {"request": "who", "room": "general"},
        {"request": "activate"},
    ],
    ids=lambda fields: fields["request"],
)
def test_before_the_sign_in_nothing_is_done(server: Server, fields: dict[str, Any]) -> None:
    with RawClient(server.port) as client:
        client.hello()
        assert code(client.ask(id=5, **fields)) == "not_signed_in"
        assert client.ask(request="ping", id=6)["event"] == "pong"


@pytest.mark.parametrize("size", [limits.FRAME_BYTES_MAX_BEFORE_SIGN_IN + 1, 1_000_000])
@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_a_strangers_long_line_ends_the_connection(server: Server, size: int, ending: bytes) -> None:
    with RawClient(server.port) as client:
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            client.send(b"x" * size + ending + HELLO)
        assert [code(event) for event in client.end()] in (["frame_too_long"], [])


def test_a_line_of_the_full_length_is_taken_after_the_sign_in_and_one_byte_more_is_not(
    server: Server,
) -> None:
    with RawClient(server.port) as client:
        client.sign_in("Long")
        client.send(PING[:-1].ljust(limits.FRAME_BYTES_MAX) + b"\n")
        assert client.read_until(lambda event: event.get("answer") == 7)["event"] == "pong"
        client.send(PING[:-1].ljust(limits.FRAME_BYTES_MAX + 1) + b"\n")
        assert code(client.end()[-1]) == "frame_too_long"


@pytest.mark.parametrize("count", [-1, limits.CHUNK_BYTES_MAX + 1, 2**62, "7", 1.5])
def test_a_count_of_raw_bytes_that_cannot_be_ends_the_connection(server: Server, count: object) -> None:
    with RawClient(server.port) as client:
        client.send(json.dumps({"request": "ping", "id": 1, "bytes": count}).encode() + b"\n" + HELLO)
        assert [code(event) for event in client.end()] == ["bad_bytes"]


def test_raw_bytes_that_nobody_asked_for_are_passed_over(server: Server) -> None:
    with RawClient(server.port) as client:
        client.send(b'{"request":"ping","id":1,"bytes":9}\n' + b"\n{\xff\x00}\n\n\n\n" + HELLO)
        first = client.read_until()
        assert (first["answer"], code(first)) == (1, "unexpected_bytes")
        assert client.read_until()["event"] == "welcome"


def test_unknown_keys_are_for_newer_clients_once_they_are_signed_in(server: Server) -> None:
    with RawClient(server.port) as client:
        client.sign_in("Newer")
        assert client.ask(request="ping", id=9, new_key={"a": [1]})["event"] == "pong"


def test_a_request_byte_by_byte_is_a_request(server: Server) -> None:
    with RawClient(server.port) as client:
        for byte in b"\r\n\n" + HELLO:
            client.send(bytes([byte]))
        assert client.read_until()["event"] == "welcome"


# --- what is no TLS, or another one


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
def test_a_greeting_that_is_no_tls_gets_no_word_of_ours(server: Server, data: bytes) -> None:
    answer = answer_to(server.port, data)
    # At most an alert of TLS (RFC 8446, section 6), never a line.
    assert len(answer) <= 7
    assert b"{" not in answer


def test_an_older_tls_is_refused(server: Server) -> None:
    with contextlib.closing(raw_connection(server.port)) as connection, pytest.raises(ssl.SSLError):
        context(is_old=True).wrap_socket(connection)


def test_another_protocol_inside_tls_is_refused(server: Server) -> None:
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


# --- who says nothing, or not all


def test_who_says_nothing_or_half_of_it_is_sent_away_in_time(server: Server) -> None:
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


def test_many_who_hang_up_in_the_middle_disturb_nobody(server: Server, honest: Person) -> None:
    for n in range(60):
        connection = raw_connection(server.port)
        connection.sendall([b"", b"\x16\x03", HELLO][n % 3])
        connection.close()
        if n % 20 == 0:
            with RawClient(server.port) as client:
                client.hello()
                client.send(PING[:5])


# --- the door between the servers


def test_bad_input_between_the_servers_is_dropped_and_the_pair_stays_whole(
    pair: RealPair, people: People
) -> None:
    ben = people.person(pair.invite)
    wait_for_mode(ben, "dual")
    for port in pair.ports.servers:
        for data in (b"\x00" * 2000, b"GET / HTTP/1.1\r\n\r\n", HELLO, b"\x16\x03\x01\x02"):
            with contextlib.closing(raw_connection(port)) as connection:
                connection.sendall(data)
        # A client's certificate is due, and there is none.
        with (
            contextlib.closing(raw_connection(port)) as connection,
            contextlib.suppress(ssl.SSLError, ConnectionError),
            peer_context().wrap_socket(connection) as talk,
        ):
            talk.sendall(b"\xff" * 100)
            assert read_to_end(talk) == b""
    ben.on_both(ben.say("whole"))
    assert len(ben.all_of(Connected)) == 1


def peer_context() -> ssl.SSLContext:
    """The right protocol, and nothing to show."""
    made = context()
    made.set_alpn_protocols(["desktop-chat-peer/1"])
    return made
