"""The second machine's half of pairing: it shows the code, gets its certificate, keeps what it is told."""

import asyncio
from typing import Final, TypeVar

from server.accounts.certificate_files import load_identity, save_authority, save_identity
from server.accounts.certificates import (
    Authority,
    CertificateError,
    ServerIdentity,
    authority_of,
    fingerprint_of,
    make_signing_request,
    server_id_of,
    sign_request,
)
from server.cluster.data_folder import Cluster, DataFolder, FolderError, new_server_id
from server.cluster.pairing_code import PairingCode
from server.cluster.pairing_messages import (
    PAIRING_ALPN,
    PAIRING_SENTENCES,
    Done,
    Granted,
    Join,
    Kept,
    PairingError,
    PairingMessage,
    PairingReader,
    Refused,
    encode_pairing,
)
from server.i18n.translation import _
from server.names.addresses import Address, AddressError, parse_address
from server.names.invite_links import is_chat_name
from server.network.channel import Channel
from server.network.clock import Clock
from server.network.dialer import dial
from server.network.errors import ClosedReason, DialError
from server.network.tls import Trust, server_context
from server.protocol.errors import RemoteProtocolError
from server.protocol.names import clean_person_name

_Answer = TypeVar("_Answer", Granted, Done)

_DIAL_S: Final = 10.0
_TALK_S: Final = 20.0


def server_id_for(folder: DataFolder, code: PairingCode) -> str:
    """A new id; the same one for a join that is done again. Raises FolderError: the folder is not fresh."""
    if not folder.is_made:
        folder.check_fresh()
        return new_server_id()
    cluster = folder.read()
    identity = load_identity(folder.certificates)
    is_again = identity is not None and fingerprint_of(identity.chain_pem) == code.fingerprint
    if cluster.is_founder or not is_again or folder.archive.exists():
        raise FolderError(
            _(
                "There is a server of the chat “{chat}” in {path} already."
                " Choose an empty folder with --data."
            ).format(chat=cluster.chat, path=folder.path)
        )
    return cluster.server


class Joining:
    """One try to join. On a loop's thread only."""

    def __init__(self, folder: DataFolder, code: PairingCode, *, name: str, clock: Clock) -> None:
        self._folder: Final = folder
        self._code: Final = code
        self._name: Final = name
        self._clock: Final = clock
        self._server: Final = server_id_for(folder, code)
        self._request: Final = make_signing_request(self._server)

    async def join(self, listen: Address, peer_listen: Address) -> Cluster | DialError:
        """Get in. Raises PairingError, FolderError; what was kept until then does no harm."""
        first = Join(
            secret=self._code.secret.hex(),
            server=self._server,
            name=self._name,
            address=str(listen),
            link_address=str(peer_listen),
            request=self._request.request_pem.decode(),
        )
        conversation = _Conversation(first)
        address = self._code.address
        dialed = await dial(
            address.host,
            address.port,
            lambda: conversation,
            tls=Trust(fingerprint=self._code.fingerprint),
            alpn=PAIRING_ALPN,
            timeout_s=_DIAL_S,
        )
        if isinstance(dialed, DialError):
            return dialed
        try:
            granted = await conversation.answer(Granted, "lost")
            cluster = self._keep(granted, listen, peer_listen)
            conversation.say(Kept())
            await conversation.answer(Done, "not_confirmed")
        finally:
            await conversation.end()
        return cluster

    def _keep(self, granted: Granted, listen: Address, peer_listen: Address) -> Cluster:
        """Check all of it, then make it durable: the file that makes the folder a server's comes last."""
        identity, authority = self._check(granted)
        cluster = Cluster(
            cluster=granted.cluster,
            chat=granted.chat,
            secret=granted.secret,
            server=self._server,
            name=self._name,
            peer=granted.server,
            peer_name=granted.name,
            peer_address=granted.address,
            peer_link_address=granted.link_address,
            listen=str(listen),
            peer_listen=str(peer_listen),
            is_first=granted.is_first,
            is_founder=False,
            is_plain=granted.is_plain,
            is_open=granted.is_open,
        )
        try:
            save_authority(self._folder.certificates, authority)
            save_identity(self._folder.certificates, identity)
        except OSError as error:
            raise FolderError(
                _("The keys cannot be kept in {folder}: {reason}.").format(
                    folder=self._folder.certificates, reason=error.strerror or error
                )
            ) from error
        self._folder.write(cluster)
        return cluster

    def _check(self, granted: Granted) -> tuple[ServerIdentity, Authority]:
        """The keys in an answer. Raises PairingError when anything does not fit."""
        chain = granted.chain.encode()
        identity = ServerIdentity(chain, self._request.key_pem)
        try:
            authority = Authority(authority_of(chain), granted.authority_key.encode())
            is_ours = (
                fingerprint_of(chain) == self._code.fingerprint
                and server_id_of(chain) == self._server
                and granted.server != self._server
            )
            # Two checks by use: the key belongs to the certificate, and the authority can sign.
            server_context(chain, self._request.key_pem)
            sign_request(authority, self._request.request_pem, self._server, (), self._clock.wall_ms())
        except (CertificateError, OSError) as error:
            raise PairingError("bad_grant") from error
        addresses = [parse_address(text) for text in (granted.address, granted.link_address)]
        is_readable = (
            clean_person_name(granted.name) == granted.name
            and is_chat_name(granted.chat)
            and not any(isinstance(address, AddressError) for address in addresses)
        )
        if not is_ours or not is_readable:
            raise PairingError("bad_grant")
        return identity, authority


class _Conversation:
    """Our end of the connection (a `ChannelHandler`)."""

    def __init__(self, first: Join) -> None:
        self._first: Final = first
        self._reader: Final = PairingReader()
        self._answers: Final[asyncio.Queue[PairingMessage | None]] = asyncio.Queue()
        self._channel: Channel | None = None
        # The channel itself bounds how long its end takes.
        self._has_closed: Final = asyncio.Event()

    def opened(self, channel: Channel) -> None:
        """The other side is the one that the code means: show the secret."""
        self._channel = channel
        self.say(self._first)

    def received(self, data: bytes) -> None:
        """Bytes came."""
        try:
            for message in self._reader.receive(data):
                self._answers.put_nowait(message)
        except RemoteProtocolError:
            self._answers.put_nowait(None)

    def resumed(self) -> None:
        """Two short messages need no room."""

    def closed(self, reason: ClosedReason | None) -> None:  # noqa: ARG002 - the shape of a handler
        """Whoever waits is told."""
        self._channel = None
        self._has_closed.set()
        self._answers.put_nowait(None)

    def say(self, message: PairingMessage) -> None:
        """Send one message."""
        if self._channel is not None:
            self._channel.write(encode_pairing(message))

    async def end(self) -> None:
        """Hang up, and wait until the connection is gone: a loop must not be closed before."""
        if self._channel is not None:
            self._channel.close()
            await self._has_closed.wait()

    async def answer(self, kind: type[_Answer], lost: str) -> _Answer:
        """The answer of this kind. Raises PairingError: the refusal, or `lost` when none came."""
        try:
            message = await asyncio.wait_for(self._answers.get(), _TALK_S)
        except TimeoutError:
            message = None
        if isinstance(message, kind):
            return message
        if isinstance(message, Refused) and message.code in PAIRING_SENTENCES:
            raise PairingError(message.code)
        raise PairingError(lost if message is None else "bad_grant")
