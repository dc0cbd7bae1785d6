"""The first machine's half of pairing: it waits with a code until the other one has joined."""

import asyncio
import hmac
import logging
from collections.abc import Callable
from typing import Final

import msgspec

from server.accounts.certificate_files import load_identity
from server.accounts.certificates import CertificateError, sign_request
from server.cluster.data_folder import Cluster, DataFolder, FolderError
from server.cluster.founding import authority_in
from server.cluster.pairing_messages import (
    PAIRING_ALPN,
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
from server.network.channel import Channel
from server.network.clock import Clock
from server.network.errors import ClosedReason
from server.network.listener import Listener, listen
from server.network.tls import server_context
from server.protocol.errors import RemoteProtocolError
from server.protocol.names import clean_person_name

_log = logging.getLogger(__name__)

# The secret cannot be guessed; three wrong ones mean that somebody tries, or copies badly.
_WRONG_SECRETS_MAX: Final = 3
# Two round trips and two synced files; a person types nothing in between.
_TALK_S: Final = 20.0


class TakingIn:
    """One code, from when it is shown until it is used up or void. On a loop's thread only.

    The folder's cluster must know its own addresses. `tell` gets lines for people. `replaces` is the id
    of the second server that is gone for good; a server may run on the folder meanwhile.
    """

    def __init__(
        self,
        folder: DataFolder,
        cluster: Cluster,
        secret: bytes,
        clock: Clock,
        tell: Callable[[str], None],
        *,
        replaces: str = "",
    ) -> None:
        self.cluster = cluster
        self._folder: Final = folder
        self._secret: Final = secret
        self._clock: Final = clock
        self._replaces: Final = replaces
        self.tell: Final = tell
        self._authority: Final = authority_in(folder)
        self._wrong_secrets = 0
        self._outcome: asyncio.Future[Cluster] = asyncio.get_running_loop().create_future()

    async def listen(self, address: Address) -> Listener:
        """Listen for the other machine. Raises NetworkError."""
        identity = load_identity(self._folder.certificates)
        if identity is None:
            raise FolderError(
                _("There is no certificate in {folder}.").format(folder=self._folder.certificates)
            )
        terms = server_context(identity.chain_pem, identity.key_pem, alpn=PAIRING_ALPN)
        return await listen(address.host, address.port, lambda: _Newcomer(self), terms=terms)

    async def wait(self) -> Cluster:
        """The cluster with its second server, durable. Raises PairingError, FolderError."""
        return await self._outcome

    def grant(self, join: Join, address: str) -> Granted | Refused:
        """What the other machine needs, or why it gets nothing; `address` is where it is."""
        # Whoever was taken in already may ask again: its own half may have gone wrong at the end.
        if self._outcome.done() and self.cluster.peer != join.server:
            return Refused(code="used_code")
        if not hmac.compare_digest(join.secret, self._secret.hex()):
            return self._refuse_secret(address)
        code = _mistake_in(join, self.cluster)
        if self._replaces and join.server in (self._replaces, *self.cluster.retired):
            code = "not_new"
        if code:
            return Refused(code=code)
        try:
            chain = sign_request(
                self._authority, join.request.encode(), join.server, (), self._clock.wall_ms()
            )
        except CertificateError as error:
            self.tell(_("The request of {address} is refused: {error}.").format(address=address, error=error))
            return Refused(code="bad_request")
        self.tell(
            _("{name} at {address} has the right code; its keys are on their way.").format(
                name=join.name, address=address
            )
        )
        cluster = self.cluster
        return Granted(
            cluster=cluster.cluster,
            chat=cluster.chat,
            secret=cluster.secret,
            server=cluster.server,
            name=cluster.name,
            address=cluster.listen,
            link_address=cluster.peer_listen,
            is_plain=cluster.is_plain,
            is_open=cluster.is_open,
            is_first=not cluster.is_first,
            chain=chain.decode(),
            authority_key=self._authority.key_pem.decode(),
        )

    def complete(self, join: Join) -> Done | Refused:
        """The other folder is durable: this one knows its peer from here on, and the code is used up."""
        if self._outcome.done() and self.cluster.peer != join.server:
            return Refused(code="used_code")
        try:
            cluster = self._folder.update(lambda kept: self._with_second(kept, join))
        except FolderError as error:
            if not self._outcome.done():
                self._outcome.set_exception(error)
            return Refused(code="not_confirmed")
        self.cluster = cluster
        if not self._outcome.done():
            self._outcome.set_result(cluster)
        return Done()

    def _with_second(self, kept: Cluster, join: Join) -> Cluster:
        is_taken = kept.peer not in (self._replaces, join.server)
        if is_taken:
            raise FolderError(
                _("The server in {path} has another second one by now: {name}.").format(
                    path=self._folder.path, name=kept.peer_name
                )
            )
        is_retired = bool(self._replaces) and self._replaces not in kept.retired
        return msgspec.structs.replace(
            kept,
            peer=join.server,
            peer_name=join.name,
            peer_address=join.address,
            peer_link_address=join.link_address,
            listen=self.cluster.listen,
            peer_listen=self.cluster.peer_listen,
            retired=(*kept.retired, self._replaces) if is_retired else kept.retired,
        )

    def _refuse_secret(self, address: str) -> Refused:
        if self._outcome.done():
            return Refused(code="used_code")
        self._wrong_secrets += 1
        text = _("Somebody at {address} came with a wrong secret ({count} of 3).")
        self.tell(text.format(address=address, count=self._wrong_secrets))
        if self._wrong_secrets < _WRONG_SECRETS_MAX:
            return Refused(code="wrong_code")
        self._outcome.set_exception(PairingError("void_code"))
        return Refused(code="void_code")


def _mistake_in(join: Join, cluster: Cluster) -> str:
    """What is wrong with a request whose secret is right."""
    if clean_person_name(join.name) != join.name:
        return "bad_name"
    if join.name == cluster.name or join.server == cluster.server:
        return "name_taken"
    addresses = [parse_address(text) for text in (join.address, join.link_address)]
    if any(isinstance(address, AddressError) for address in addresses):
        return "bad_address"
    taken = {cluster.listen, cluster.peer_listen}
    shown = {str(address) for address in addresses}
    return "bad_address" if len(shown) < 2 or shown & taken else ""


class _Newcomer:
    """One connection of somebody who wants to be taken in (a `ChannelHandler`)."""

    def __init__(self, owner: TakingIn) -> None:
        self._owner: Final = owner
        self._reader: Final = PairingReader()
        self._join: Join | None = None
        self._channel: Channel | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def opened(self, channel: Channel) -> None:
        """Wait for what they say, not for ever."""
        self._channel = channel
        self._deadline = asyncio.get_running_loop().call_later(_TALK_S, channel.abort)

    def received(self, data: bytes) -> None:
        """Bytes came."""
        try:
            for message in self._reader.receive(data):
                self._take(message)
        except RemoteProtocolError as error:
            _log.debug("a newcomer talked nonsense: %s", error)
            self._owner.tell(_("Somebody came who does not speak as `join` does, and was sent away."))
            self._end(Refused(code="bad_join"))

    def resumed(self) -> None:
        """Two short answers need no room."""

    def closed(self, reason: ClosedReason | None) -> None:
        """It is over; before the end the code is still good."""
        _log.debug("a newcomer's connection ended: %s", reason)
        self._channel = None
        if self._deadline is not None:
            self._deadline.cancel()

    def _take(self, message: PairingMessage) -> None:
        if self._channel is None:
            return
        if isinstance(message, Join) and self._join is None:
            answer = self._owner.grant(message, "{}:{}".format(*self._channel.peer_address))
            if isinstance(answer, Refused):
                self._end(answer)
            else:
                self._join = message
                self._channel.established()
                self._channel.write(encode_pairing(answer))
        elif isinstance(message, Kept) and self._join is not None:
            self._end(self._owner.complete(self._join))
        else:
            raise RemoteProtocolError("out of turn")

    def _end(self, last_word: Done | Refused) -> None:
        """Say it and close politely; the channel bounds the time for that."""
        if self._channel is not None:
            self._channel.write(encode_pairing(last_word))
            self._channel.close()
            self._channel = None
