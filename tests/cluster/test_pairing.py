"""Pairing over real sockets: both folders know each other, and nothing but the right code gets in."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from server.accounts.certificate_files import load_authority, load_identity
from server.accounts.certificates import authority_of, fingerprint_of, server_id_of
from server.cluster.data_folder import Cluster, DataFolder, FolderError
from server.cluster.founding import found_cluster
from server.cluster.joining import Joining
from server.cluster.pairing_code import PairingCode, make_secret
from server.cluster.pairing_messages import PAIRING_ALPN, PairingError
from server.cluster.taking_in import TakingIn
from server.names.addresses import Address
from server.network.clock import SystemClock
from server.network.errors import DialCode, DialError
from server.network.listener import Listener
from server.network.loop_thread import LoopThread
from tests.network.ends import raw_connection, read_to_end
from tests.waiting import DEADLINE_S, wait_until

FIRST = {"listen": "10.0.0.1:7000", "peer_listen": "10.0.0.1:7002"}
LISTEN, PEER_LISTEN = Address("10.0.0.2", 7000), Address("10.0.0.2", 7002)


class Founder:
    """A first server that waits with a code."""

    def __init__(self, loop: LoopThread, path: Path) -> None:
        self._loop = loop
        self.folder = DataFolder(path)
        made = found_cluster(
            self.folder, name="a", chat="Lab", is_plain=False, now_ms=SystemClock().wall_ms()
        )
        self.cluster = msgspec.structs.replace(made, **FIRST)
        self.folder.write(self.cluster)
        self.told: list[str] = []
        self.secret = make_secret()
        self._waiting, self._listener = loop.run_sync(self._start(), DEADLINE_S)

    async def _start(self) -> tuple["asyncio.Task[Cluster]", Listener]:
        taking_in = TakingIn(self.folder, self.cluster, self.secret, SystemClock(), self.told.append)
        listener = await taking_in.listen(Address("127.0.0.1", 0))
        return asyncio.get_running_loop().create_task(taking_in.wait()), listener

    @property
    def code(self) -> PairingCode:
        identity = load_identity(self.folder.certificates)
        assert identity is not None
        return PairingCode(
            Address("127.0.0.1", self._listener.port), fingerprint_of(identity.chain_pem), self.secret
        )

    def wait(self) -> Cluster:
        async def outcome() -> Cluster:
            return await self._waiting

        return self._loop.run_sync(outcome(), DEADLINE_S)

    @property
    def still_waits(self) -> bool:
        return not self._waiting.done()

    def stop(self) -> None:
        async def end() -> None:
            self._waiting.cancel()
            await asyncio.gather(self._waiting, return_exceptions=True)
            await self._listener.close(timeout_s=1.0)

        self._loop.run_sync(end(), DEADLINE_S)


@pytest.fixture
def founder(loop: LoopThread, tmp_path: Path) -> Iterator[Founder]:
    """A first server that waits."""
    founder = Founder(loop, tmp_path / "a")
    yield founder
    founder.stop()


@pytest.fixture
def join(loop: LoopThread) -> Callable[..., Cluster | DialError]:
    """Join with a code."""

    def call(path: Path, code: PairingCode, name: str = "b", listen: Address = LISTEN) -> Cluster | DialError:
        folder = DataFolder(path)
        folder.make()

        async def run() -> Cluster | DialError:
            joining = Joining(folder, code, name=name, clock=SystemClock())
            return await joining.join(listen, PEER_LISTEN)

        return loop.run_sync(run(), DEADLINE_S)

    return call


Join = Callable[..., Cluster | DialError]


def test_both_folders_know_each_other_afterwards(founder: Founder, join: Join, tmp_path: Path) -> None:
    joined = join(tmp_path / "b", founder.code)
    first = founder.wait()
    assert first == founder.folder.read()
    assert joined == DataFolder(tmp_path / "b").read()
    assert isinstance(joined, Cluster)
    assert (first.peer, first.peer_name) == (joined.server, "b")
    assert (first.peer_address, first.peer_link_address) == (str(LISTEN), str(PEER_LISTEN))
    assert (joined.peer, joined.peer_name) == (first.server, "a")
    assert (joined.peer_address, joined.peer_link_address) == tuple(FIRST.values())
    assert (joined.cluster, joined.chat, joined.secret) == (first.cluster, "Lab", first.secret)
    assert first.is_first
    assert first.is_founder
    assert not joined.is_first
    assert not joined.is_founder


def test_the_second_server_has_a_certificate_of_its_own_and_the_whole_authority(
    founder: Founder, join: Join, tmp_path: Path
) -> None:
    joined = join(tmp_path / "b", founder.code)
    assert isinstance(joined, Cluster)
    certificates = DataFolder(tmp_path / "b").certificates
    identity, authority = load_identity(certificates), load_authority(certificates)
    assert identity is not None
    assert server_id_of(identity.chain_pem) == joined.server
    assert authority == load_authority(founder.folder.certificates)
    assert authority is not None
    assert authority_of(identity.chain_pem) == authority.certificate_pem


def test_a_wrong_secret_is_refused_and_the_right_one_still_counts(
    founder: Founder, join: Join, tmp_path: Path
) -> None:
    wrong = msgspec.structs.replace(founder.code, secret=bytes(16))
    with pytest.raises(PairingError, match="not the one that the other server waits for"):
        join(tmp_path / "b", wrong)
    assert not DataFolder(tmp_path / "b").is_made
    assert isinstance(join(tmp_path / "b", founder.code), Cluster)


def test_three_wrong_secrets_make_the_code_void(founder: Founder, join: Join, tmp_path: Path) -> None:
    wrong = msgspec.structs.replace(founder.code, secret=bytes(16))
    for sentence in ("not the one", "not the one", "void"):
        with pytest.raises(PairingError, match=sentence):
            join(tmp_path / "b", wrong)
    with pytest.raises(PairingError, match="void"):
        founder.wait()
    with pytest.raises(PairingError, match="used already"):
        join(tmp_path / "b", founder.code)
    assert founder.folder.read().peer == ""
    assert len(founder.told) == 3


def test_the_code_is_good_for_one_server(founder: Founder, join: Join, tmp_path: Path) -> None:
    first = join(tmp_path / "b", founder.code)
    assert isinstance(first, Cluster)
    with pytest.raises(PairingError, match="used already"):
        join(tmp_path / "c", founder.code, "c")
    assert founder.wait().peer == first.server
    assert not DataFolder(tmp_path / "c").is_made


def test_another_authority_than_the_codes_gets_not_one_byte(
    founder: Founder, join: Join, tmp_path: Path
) -> None:
    found = join(tmp_path / "b", msgspec.structs.replace(founder.code, fingerprint=bytes(32)))
    assert isinstance(found, DialError)
    assert found.code is DialCode.WRONG_CERTIFICATE
    assert founder.told == []
    assert founder.still_waits


def test_nobody_at_the_address_is_told(founder: Founder, join: Join, tmp_path: Path) -> None:
    founder.stop()
    found = join(tmp_path / "b", founder.code)
    assert isinstance(found, DialError)
    assert found.code is DialCode.REFUSED


def test_a_join_whose_end_was_lost_is_done_again_with_the_same_id(
    founder: Founder, join: Join, tmp_path: Path
) -> None:
    first = join(tmp_path / "b", founder.code)
    again = join(tmp_path / "b", founder.code, "b", Address("10.0.0.3", 7000))
    assert isinstance(first, Cluster)
    assert isinstance(again, Cluster)
    assert again.server == first.server == founder.wait().peer
    # What was said last counts.
    assert founder.folder.read().peer_address == "10.0.0.3:7000"


def test_a_folder_with_a_server_of_its_own_joins_nothing(
    founder: Founder, join: Join, tmp_path: Path
) -> None:
    with pytest.raises(FolderError, match="There is a server of the chat “Lab”"):
        join(tmp_path / "a", founder.code)
    assert isinstance(join(tmp_path / "b", founder.code), Cluster)
    (tmp_path / "b" / "archive.sqlite").touch()
    with pytest.raises(FolderError, match="There is a server of the chat “Lab”"):
        join(tmp_path / "b", founder.code)


@pytest.mark.parametrize(
    ("name", "listen", "sentence"),
    [
        ("a", LISTEN, "has this name already"),
        ("x\u202ey", LISTEN, "name of this server is not allowed"),
        ("b", PEER_LISTEN, "cannot use this one's addresses"),
        ("b", Address("10.0.0.1", 7002), "cannot use this one's addresses"),
        ("b", Address("10.0.0.2", 0), "cannot use this one's addresses"),
    ],
)
def test_what_cannot_work_is_refused_before_any_key_is_given(
    founder: Founder, join: Join, name: str, listen: Address, sentence: str
) -> None:
    folder = DataFolder(founder.folder.path.with_name("b"))
    with pytest.raises(PairingError, match=sentence):
        join(folder.path, founder.code, name, listen)
    assert founder.still_waits
    assert not folder.is_made


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 100 + b"\n",
        b"\xff\xfe\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b'{"pairing": "kept"}\n',
        b'{"pairing": "join"}\n',
        b'{"pairing": "granted"}\n',
        b"[" * 5000 + b"\n",
        b"x" * 20_000,
    ],
)
def test_nonsense_inside_tls_is_refused_and_the_code_stays_good(
    founder: Founder, join: Join, tmp_path: Path, data: bytes
) -> None:
    connection = raw_connection(founder.code.address.port)
    with pairing_context().wrap_socket(connection) as talk:
        talk.sendall(data)
        answer = read_to_end(talk)
    assert answer == b'{"pairing":"refused","code":"bad_join"}\n'
    assert isinstance(join(tmp_path / "b", founder.code), Cluster)


def test_another_protocol_inside_tls_gets_no_answer(founder: Founder) -> None:
    connection = raw_connection(founder.code.address.port)
    with pairing_context("desktop-chat/1").wrap_socket(connection) as talk:
        assert read_to_end(talk) == b""
    wait_until(lambda: founder.still_waits)


def pairing_context(alpn: str = PAIRING_ALPN) -> ssl.SSLContext:
    """A client that does not care who answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([alpn])
    return context
