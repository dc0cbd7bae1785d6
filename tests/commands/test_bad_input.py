"""Bad input at the door between the servers: it is dropped, and the pair stays whole."""

import contextlib
import ssl

from server.client.notices import Connected
from tests.commands.bad_clients import context
from tests.end_to_end.people import People
from tests.end_to_end.real_pair import RealPair, wait_for_mode
from tests.network.ends import raw_connection, read_to_end

HELLO = b'{"request":"hello","id":1,"versions":[1]}\n'


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
