"""Renewal: with a clock that was moved, new connections get a new certificate, and nobody is asked again."""

import contextlib
import ssl
from pathlib import Path

import pytest

from server.accounts.certificate_files import load_identity, save_authority, save_identity
from server.accounts.certificates import (
    CertificateError,
    ServerIdentity,
    authority_of,
    expires_at_ms,
    fingerprint_of,
    make_authority,
    make_server_identity,
)
from server.cluster.renewal import keep_valid, valid_identity
from server.network.clock import SystemClock
from server.network.loop_thread import LoopThread
from server.network.tls import Trust, peer_context, server_context
from tests.commands.bad_clients import context
from tests.network.ends import Ends, Recorder, echo, raw_connection
from tests.waiting import wait_until

# The clock of OpenSSL cannot be moved: to it the first certificates are new, whatever ours says.
NOW_MS = SystemClock().wall_ms() // 1000 * 1000
DAY_MS = 24 * 3600 * 1000
YEAR_MS = 365 * DAY_MS


class ShiftedClock:
    """What the server takes for the time."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def wall_ms(self) -> int:
        return self.now_ms


def make_folder(path: Path, now_ms: int = NOW_MS) -> ServerIdentity:
    """What a server has in its folder."""
    authority = make_authority("test", now_ms)
    identity = make_server_identity(authority, "a", [], now_ms)
    save_authority(path, authority)
    save_identity(path, identity)
    return identity


def leaf(identity: ServerIdentity) -> bytes:
    """The server's own certificate."""
    own, end, _ = identity.chain_pem.decode().partition("-----END CERTIFICATE-----")
    return ssl.PEM_cert_to_DER_cert(own + end)


def shown(port: int) -> bytes | None:
    """What a new connection is shown."""
    with (
        contextlib.closing(raw_connection(port)) as connection,
        context().wrap_socket(connection) as talk,
    ):
        return talk.getpeercert(binary_form=True)


def test_a_young_certificate_stays_as_it_is(tmp_path: Path) -> None:
    identity = make_folder(tmp_path)
    assert valid_identity(tmp_path, NOW_MS + YEAR_MS) == identity
    assert load_identity(tmp_path) == identity


def test_an_old_one_is_renewed_once_and_kept(tmp_path: Path) -> None:
    identity = make_folder(tmp_path)
    later_ms = NOW_MS + 2 * YEAR_MS + DAY_MS
    renewed = valid_identity(tmp_path, later_ms)
    assert renewed is not None
    assert expires_at_ms(renewed.chain_pem) == later_ms + 3 * YEAR_MS
    assert fingerprint_of(renewed.chain_pem) == fingerprint_of(identity.chain_pem)
    assert load_identity(tmp_path) == renewed
    assert valid_identity(tmp_path, later_ms + DAY_MS) == renewed


def test_a_folder_without_certificates_has_none(tmp_path: Path) -> None:
    assert valid_identity(tmp_path, NOW_MS) is None


def test_what_cannot_be_renewed_is_told_and_used_as_long_as_it_lasts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    identity = make_folder(tmp_path)
    (tmp_path / "authority.pem").unlink()
    assert valid_identity(tmp_path, NOW_MS + 2 * YEAR_MS + DAY_MS) == identity
    (tmp_path / "authority.pem").write_text("damaged", encoding="utf-8")
    assert valid_identity(tmp_path, NOW_MS + 2 * YEAR_MS + DAY_MS) == identity
    assert len(caplog.messages) == 2
    assert all("cannot be renewed" in line for line in caplog.messages)


def test_a_damaged_certificate_is_said(tmp_path: Path) -> None:
    make_folder(tmp_path)
    (tmp_path / "server.pem").write_text("damaged", encoding="utf-8")
    with pytest.raises(CertificateError):
        valid_identity(tmp_path, NOW_MS)


def test_while_a_server_runs_new_connections_get_the_new_one_and_open_ones_go_on(
    tmp_path: Path, loop: LoopThread
) -> None:
    identity = make_folder(tmp_path)
    clock = ShiftedClock(NOW_MS)
    ends = Ends(loop)
    terms = server_context(identity.chain_pem, identity.key_pem)
    keeping = ends.on_loop(
        lambda: loop.loop.create_task(keep_valid(tmp_path, identity, clock.wall_ms, [terms], every_s=0.01))
    )
    listener = ends.listen(lambda: Recorder(echo), terms)
    # As an invite link knows the chat: by its authority's fingerprint.
    trust = Trust(fingerprint=fingerprint_of(identity.chain_pem))
    assert shown(listener.port) == leaf(identity)
    old = Recorder()
    channel = ends.dial(listener.port, old, trust)

    clock.now_ms += 2 * YEAR_MS + DAY_MS
    wait_until(lambda: load_identity(tmp_path) != identity, what="the certificate is renewed")
    renewed = load_identity(tmp_path)
    assert renewed is not None
    wait_until(lambda: shown(listener.port) == leaf(renewed), what="the new one is shown")
    # Whoever was invited once comes in without a question.
    ends.dial(listener.port, Recorder(), trust)
    ends.on_loop(lambda: channel.write(b"still here"))
    wait_until(lambda: bytes(old.data) == b"still here")
    ends.on_loop(keeping.cancel)
    ends.close()


def test_the_link_between_servers_takes_the_new_one_as_well(tmp_path: Path, loop: LoopThread) -> None:
    identity = make_folder(tmp_path)
    authority_pem = authority_of(identity.chain_pem).decode()
    other = peer_context(identity.chain_pem, identity.key_pem, authority_pem, is_server=True)
    own = peer_context(identity.chain_pem, identity.key_pem, authority_pem, is_server=False)
    clock = ShiftedClock(NOW_MS + 2 * YEAR_MS + DAY_MS)
    ends = Ends(loop)
    keeping = ends.on_loop(
        lambda: loop.loop.create_task(keep_valid(tmp_path, identity, clock.wall_ms, [own], every_s=0.01))
    )
    wait_until(lambda: load_identity(tmp_path) != identity, what="the certificate is renewed")
    listener = ends.listen(lambda: Recorder(echo), other)
    ends.dial(listener.port, Recorder(), own)
    wait_until(lambda: ends.served and ends.served[0].channel)
    ends.on_loop(keeping.cancel)
    ends.close()
