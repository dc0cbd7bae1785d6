"""Tests of server/network/dialer.py: every way to fail has its code, and no dial leaves anything behind."""

import gc
import random
import socket
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.network.channel import ChannelLimits
from server.network.dialer import BackOff, Dialed
from server.network.errors import DialCode, DialError
from tests.network.ends import Ends, Identity, Recorder, echo
from tests.waiting import DEADLINE_S, wait_until


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def test_a_channel_comes_back_and_its_handler_was_told(ends: Ends, carrier: Identity | None) -> None:
    listener = ends.listen(lambda: Recorder(echo), carrier.terms if carrier else None)
    recorder = Recorder()
    dialed = ends.try_dial(listener.port, recorder, carrier.trust if carrier else None)
    assert isinstance(dialed, Dialed)
    assert recorder.told == ["opened"]
    assert recorder.channel is dialed.channel
    assert dialed.channel.peer_address == ("127.0.0.1", listener.port)


def test_no_server_is_refused(ends: Ends, carrier: Identity | None) -> None:
    port, recorder = free_port(), Recorder()
    result = ends.try_dial(port, recorder, carrier.trust if carrier else None)
    assert isinstance(result, DialError)
    assert (result.code, result.host, result.port) == (DialCode.REFUSED, "127.0.0.1", port)
    assert recorder.told == []


def test_a_server_that_is_silent_times_out(ends: Ends, identity: Identity) -> None:
    recorder = Recorder()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = ends.try_dial(silent.getsockname()[1], recorder, identity.trust, timeout_s=0.1)
        accepted, _ = silent.accept()
        with accepted:
            assert accepted.recv(65536)
            assert accepted.recv(65536) == b""
    assert isinstance(result, DialError)
    assert result.code is DialCode.TIMEOUT
    assert recorder.told == []


def test_the_handshake_has_a_limit_of_its_own(ends: Ends, identity: Identity) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = ends.try_dial(
            silent.getsockname()[1], Recorder(), identity.trust, limits=ChannelLimits(handshake_s=0.1)
        )
    assert isinstance(result, DialError)
    assert result.code is DialCode.TIMEOUT


def test_a_server_that_hangs_up_in_the_handshake_is_lost(ends: Ends, identity: Identity) -> None:
    """A plain server that closes as soon as it hears something."""
    listener = ends.listen(lambda: Recorder(lambda channel, _: channel.close()))
    result = ends.try_dial(listener.port, Recorder(), identity.trust)
    assert isinstance(result, DialError)
    assert result.code is DialCode.LOST


def test_a_server_without_tls_is_no_server_of_ours(ends: Ends, identity: Identity) -> None:
    listener = ends.listen(lambda: Recorder(lambda channel, _: channel.write(b'{"error":"bad_json"}\n')))
    result = ends.try_dial(listener.port, Recorder(), identity.trust)
    assert isinstance(result, DialError)
    assert result.code is DialCode.TLS_FAILED


def test_a_name_that_nobody_has_is_unreachable(ends: Ends) -> None:
    result = ends.try_dial_host("no-such-computer.invalid", 7000, Recorder())
    assert isinstance(result, DialError)
    assert result.code is DialCode.UNREACHABLE


def test_a_name_with_several_addresses_is_tried_to_the_end(ends: Ends) -> None:
    """`localhost` may be ::1 first; the server listens on 127.0.0.1 alone."""
    listener = ends.listen(lambda: Recorder(echo))
    assert isinstance(ends.try_dial_host("localhost", listener.port, Recorder()), Dialed)


def test_a_dial_that_is_cancelled_leaves_no_connection(ends: Ends, identity: Identity) -> None:
    recorder = Recorder()
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        ends.run(ends.dial_and_cancel(silent, recorder, identity.trust)) as accepted,
    ):
        accepted.settimeout(DEADLINE_S)
        while accepted.recv(65536):
            pass
    assert recorder.told == []


def test_a_channel_that_ends_before_the_dial_returns_closes_its_file_once(
    ends: Ends, carrier: Identity | None
) -> None:
    """Else the second close hits whatever got the same number meanwhile: the archive, perhaps."""
    listener = ends.listen(Recorder, carrier.terms if carrier else None)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for _ in range(10):
            hasty = Recorder(ends_in="opened")
            ends.try_dial(listener.port, hasty, carrier.trust if carrier else None)
            hasty.wait_closed()
        gc.collect()
    assert [str(warning.message) for warning in warned] == []


def test_a_server_that_dies_ends_the_channel(ends: Ends, carrier: Identity | None) -> None:
    client, server = Recorder(), Recorder()
    _, far = ends.pair(client, server, carrier)
    ends.on_loop(far.abort)
    wait_until(lambda: client.is_closed)


@given(st.integers(0, 2**32), st.floats(0.01, 10), st.floats(1, 100))
def test_the_back_off_grows_to_its_cap_and_starts_again(seed: int, base_s: float, growth: float) -> None:
    cap_s = base_s * growth
    back_off = BackOff(random.Random(seed), base_s, cap_s)
    for failures in range(40):
        full_s = min(cap_s, base_s * 2**failures)
        assert full_s / 2 <= back_off.next_s() <= full_s
    back_off.reset()
    assert back_off.next_s() <= base_s


def test_two_clients_do_not_wait_equally_long() -> None:
    waits = {BackOff(random.Random(seed)).next_s() for seed in range(100)}
    assert len(waits) == 100


@pytest.mark.parametrize("failures", [100, 5000])
def test_the_back_off_survives_a_long_night(failures: int) -> None:
    back_off = BackOff(random.Random(1), 0.25, 15.0)
    assert max(back_off.next_s() for _ in range(failures)) <= 15.0
