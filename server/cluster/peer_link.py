"""The link to the other server: dialed by one side, kept up, and told to engine and hub.

The server with the lower id dials, so that there are never two links; the other one only probes
whether anybody listens. A lost link and a refused connection together mean that the process is
dead: the survivor takes over at once instead of waiting for silence.

A link that is heard is not replaced: whoever comes with the peer's id meanwhile is told so. A peer
that lost its link comes again until the old one is silent; a copy of its data folder is told so again
and again. So that a copy finds it out also when it is not the one that dials, the prober asks now and then.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from typing import Final

from server.cluster.absence import Absence
from server.cluster.file_link import FILES, FileLink
from server.cluster.inheritance import Inheritance
from server.cluster.peer_channel import PeerChannel, PeerIdentity
from server.cluster.peer_frames import PeerMessage
from server.engine.round import EngineInput
from server.i18n.marking import marked
from server.names.addresses import Address
from server.network.channel import Channel
from server.network.dialer import BackOff, dial
from server.network.errors import ClosedReason, DialCode, DialError
from server.network.tls import PEER_ALPN, TlsTerms
from server.replication import steps
from server.sessions.facts import PeerNews

_log = logging.getLogger(__name__)

# A dead process is noticed by being refused: the first look comes at once. It may still be let in
# by a process that is just dying, and everybody waits for the next one, so that comes soon.
_BASE_S: Final = 0.005
_CAP_S: Final = 1.0
_DIAL_S: Final = 3.0
# At this try the certificate is looked at, and once more when people are told.
_TRIES_TO_LOOK: Final = 3
# A link that was heard within this lives: five heartbeats.
_HEARD_S: Final = 1.0
# Longer than an old link of ours can be taken for living: whoever has ours then is another one.
_COPY_S: Final = 3.0

# Why there is no link, after "The other server (ADDRESS) is not there: ".
_ABSENCE_SENTENCES: Final[dict[DialCode | None, str]] = {
    DialCode.REFUSED: marked("no server listens at that address."),
    DialCode.TIMEOUT: marked("its machine does not answer."),
    DialCode.UNREACHABLE: marked("there is no way to that machine, or no machine of that name."),
    DialCode.LOST: marked("whoever listens there hangs up."),
    DialCode.TLS_FAILED: marked("another program answers there."),
    DialCode.WRONG_CERTIFICATE: marked("another chat's server answers there."),
    None: marked("it answers, but does not connect to this one. Is its --peer this server's --peer-listen?"),
}


class PeerLink:
    """Keeps one proven connection to the peer. On the io thread only."""

    def __init__(
        self,
        identity: PeerIdentity,
        address: Address,
        terms: TlsTerms | None,
        *,
        put: Callable[[EngineInput], None],
        linked: Callable[[], None],
        hear: Callable[[PeerNews | None], None],
        foreign: Callable[[str, str], None],
        copied: Callable[[], None],
        retired: Callable[[], None],
        inheritance: Inheritance,
        files: FileLink | None = None,
    ) -> None:
        """`foreign` gets the ids of a cluster and a server, "" for what no trust was given to tell.

        `copied`: the peer has long been linked with another server of this one's id. `retired`: another
        server has taken this one's place. `inheritance` takes what a retired server brings.
        `files` has a connection of its own, as long as this one is up.
        """
        self._identity: Final = identity
        self._address: Final = address
        self._terms: Final = terms
        self._put: Final = put
        self._linked: Final = linked
        self._hear: Final = hear
        self._foreign: Final = foreign
        self._copied: Final = copied
        self._retired: Final = retired
        self._inheritance: Final = inheritance
        self._files: Final = files
        self._is_dialer: Final = identity.server < identity.peer
        self._channel: PeerChannel | None = None
        self._question: PeerChannel | None = None
        # Since when the peer says that it is linked with this server's id.
        self._declined_at: float | None = None
        self._is_stopped = False
        self._lost = asyncio.Event()
        self._lost.set()
        self._found = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    @property
    def is_up(self) -> bool:
        """Whether the peer is connected and proved."""
        return self._channel is not None

    def start(self) -> None:
        """Dial or probe for ever."""
        self._keeping = asyncio.get_running_loop().create_task(self._keep())

    async def stop(self) -> None:
        """Let go of the peer."""
        self._is_stopped = True
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        if self._question is not None:
            self._question.close()
        if self._channel is not None:
            channel, self._channel = self._channel, None
            channel.close()
            if self._files is not None:
                self._files.link_down()
            # At once: whatever is put next may be about another peer.
            self._put(steps.LinkDown())
            self._hear(None)

    def make_listener_channel(self) -> PeerChannel:
        """The handler for a connection that the peer dialed."""
        return PeerChannel(self._identity, self, is_dialer=False, owner_for=self._owner_for)

    def _owner_for(self, purpose: str) -> FileLink | None:
        return self._files if purpose == FILES and self.is_up else None

    def send_all(self, messages: list[PeerMessage]) -> None:
        """Send to the peer, when it is there."""
        if self._channel is not None:
            self._channel.send_all(messages)

    def drop(self) -> None:
        """The engine wants a new handshake."""
        if self._channel is not None:
            self._channel.close()

    # --- told by the channels

    def reason_to_decline(self, channel: PeerChannel) -> str:  # noqa: ARG002 - the shape of an owner
        """A second connection is taken when nothing is heard on the first one."""
        now = asyncio.get_running_loop().time()
        if self._channel is not None and now - self._channel.heard_at < _HEARD_S:
            return "linked"
        return "not_linked" if self._is_dialer else ""

    def peer_declined(self, channel: PeerChannel, reason: str) -> None:
        """The peer wants no link: it has one, or it will dial itself, or never more."""
        channel.close()
        if reason == "retired":
            self._retired()
        now = asyncio.get_running_loop().time()
        if reason != "linked":
            self._declined_at = None
        elif self._declined_at is None:
            self._declined_at = now
        elif now - self._declined_at > _COPY_S and self._channel is None:
            self._copied()

    def retired_proved(self, channel: PeerChannel) -> None:
        """It hands over what it holds."""
        self._inheritance.begin(channel)

    def peer_proved(self, channel: PeerChannel) -> None:
        """A connection is proven: it replaces an older one, which is silent."""
        if channel.is_dialer and not self._is_dialer:
            # It was only asked, and should have declined.
            channel.close()
            return
        self._declined_at = None
        old, self._channel = self._channel, channel
        if old is not None:
            old.close()
            self._put(steps.LinkDown())
        self._lost.clear()
        self._found.set()
        self._put(steps.LinkUp())
        self._linked()
        if self._files is not None:
            self._files.link_up()

    def peer_said(self, channel: PeerChannel, message: PeerMessage) -> None:
        """A message for the hub or the engine."""
        if channel.is_retired:
            self._inheritance.take(channel, message)
        elif channel is not self._channel:
            return
        elif isinstance(message, PeerNews):
            self._hear(message)
        else:
            self._put(steps.Received(message))  # type: ignore[arg-type]  # proofs were sorted out

    def peer_is_foreign(self, cluster: str, server: str) -> None:
        """Another chat, or this very server, answers at the peer's address."""
        self._foreign(cluster, server)

    def peer_channel_closed(self, channel: PeerChannel) -> None:
        """If it was the link, it is lost."""
        if channel.is_retired:
            self._inheritance.end(channel)
        if channel is self._channel:
            self._channel = None
            if self._files is not None:
                self._files.link_down()
            self._put(steps.LinkDown())
            self._hear(None)
            self._found.clear()
            self._lost.set()

    # --- dialing

    async def _keep(self) -> None:
        back_off = BackOff(random.Random(), _BASE_S, _CAP_S)
        now = asyncio.get_running_loop().time
        tries, absence = 0, Absence(now())
        while not self._is_stopped:
            if not self._lost.is_set():
                await self._lost.wait()
                tries = 0
                absence.begin(now())
                back_off.reset()
            tries += 1
            looks = absence.is_long(now()) or tries == _TRIES_TO_LOOK
            error = await (self._dial() if self._is_dialer else self._ask() if looks else self._probe())
            if self._channel is None:
                self._judge(error, is_to_tell=absence.is_to_tell(now(), is_answering=error is None))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._found.wait(), back_off.next_s())

    def _judge(self, error: DialError | None, *, is_to_tell: bool) -> None:
        """What a try without a link means: for the engine, and for people."""
        code = error.code if error is not None else None
        if code is DialCode.REFUSED:
            self._put(steps.PeerRefused())
        elif code is DialCode.WRONG_CERTIFICATE:
            self._foreign("", "")
        if is_to_tell:
            reason = _ABSENCE_SENTENCES.get(code, str(code))
            _log.warning(marked("The other server (%s) is not there: %s"), self._address, reason)

    async def _dial(self) -> DialError | None:
        def make() -> PeerChannel:
            return PeerChannel(self._identity, self, is_dialer=True)

        dialed = await dial(
            self._address.host,
            self._address.port,
            make,
            tls=self._terms,
            alpn=PEER_ALPN,
            timeout_s=_DIAL_S,
        )
        if isinstance(dialed, DialError):
            _log.debug("the other server does not answer: %s", dialed)
            return dialed
        return None

    async def _ask(self) -> DialError | None:
        """See who listens there, and have the peer say whether it is linked."""
        if self._question is not None:
            self._question.close()
        self._question = channel = PeerChannel(self._identity, self, is_dialer=True)
        dialed = await dial(
            self._address.host,
            self._address.port,
            lambda: channel,
            tls=self._terms,
            alpn=PEER_ALPN,
            timeout_s=_DIAL_S,
        )
        if isinstance(dialed, DialError):
            return dialed
        if dialed.channel.peer_name == self._identity.server:
            self._foreign(self._identity.cluster, self._identity.server)
        return None

    async def _probe(self) -> DialError | None:
        """Only whether somebody listens is asked."""
        return await knock(self._address)


async def knock(address: Address) -> DialError | None:
    """Connect and go: None when somebody listens there."""
    dialed = await dial(address.host, address.port, _Knock, timeout_s=_DIAL_S)
    if isinstance(dialed, DialError):
        return dialed
    dialed.channel.abort()
    return None


class _Knock:
    """A channel that only shows that somebody is there."""

    def opened(self, channel: Channel) -> None:
        """That was all."""

    def received(self, data: bytes) -> None:
        """Nothing is read."""

    def resumed(self) -> None:
        """Nothing is written."""

    def closed(self, reason: ClosedReason | None) -> None:
        """As intended."""
