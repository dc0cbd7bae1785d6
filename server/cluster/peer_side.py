"""The other server as this one sees it: its link, its words, its replacement while this one serves."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

import msgspec

from server.cluster.data_folder import Cluster, DataFolder, FolderError
from server.cluster.file_link import FileLink
from server.cluster.inheritance import Inheritance
from server.cluster.peer_channel import PeerIdentity
from server.cluster.peer_frames import PeerMessage
from server.cluster.peer_link import PeerLink
from server.engine.round import EngineInput
from server.i18n.marking import marked
from server.names.addresses import Address, AddressError, parse_address
from server.network.channel import ChannelHandler
from server.network.listener import Listener, listen
from server.network.tls import TlsTerms
from server.replication import steps
from server.sessions.facts import PeerFacts, PeerNews
from server.sessions.hub import Hub

_log = logging.getLogger(__name__)

_STRANGER: Final = marked(
    "A server of this chat (%s) is there that is not the second one, and is sent away."
    " A new machine takes the place of an old one with `init --replace` and `join`."
)
_WRONG_SERVER: Final = marked(
    "At the other server's address (%s) the server of another chat answers, or a copy of this one."
    " It is not let in; this server goes on. Check --peer."
)
_COPY: Final = marked(
    "The other server is connected with a server that has this one's id (%s): somebody runs a copy of this"
    " data folder. This server goes on. Remove the copy."
)
# How long a running server takes to notice that it was given another second one.
_LOOK_EVERY_S: Final = 1.0


class PeerTerms(msgspec.Struct, frozen=True):
    """How the link is made; without TLS both terms are None. `start_s`: so long a server counts as new.

    `is_strict`: nothing is acknowledged that is on one disk.
    """

    address: Address
    listen_address: Address
    listen_terms: TlsTerms | None
    dial_terms: TlsTerms | None
    start_s: float
    is_strict: bool = False


class PeerSide:
    """Everything about the other server, on the io thread. `ended` as the node's."""

    def __init__(
        self,
        folder: DataFolder,
        cluster: Cluster,
        terms: PeerTerms,
        hub: Hub,
        *,
        put: Callable[[EngineInput], None],
        ended: Callable[[steps.Halt], None],
    ) -> None:
        self._folder: Final = folder
        self._cluster = cluster
        self._terms: Final = terms
        self._hub: Final = hub
        self._put: Final = put
        self._ended: Final = ended
        self._started_at: Final = hub.now()
        self._has_met_peer = False
        self._told_halt: steps.Halt | None = None
        self._told_strangers: set[str] = set()
        self._is_changing = False
        self._changing: asyncio.Task[None] | None = None
        self._file_link: FileLink | None = None
        self._link = self._make_link(terms.address)

    async def open(self) -> Listener:
        """Listen for the other server, and look for it. Raises NetworkError."""
        terms = self._terms
        listener = await listen(
            terms.listen_address.host, terms.listen_address.port, self._make_channel, terms=terms.listen_terms
        )
        self._link.start()
        self._hub.call_later(_LOOK_EVERY_S, self._look)
        return listener

    async def close(self) -> None:
        """Let go of it."""
        if self._changing is not None:
            await self._changing
        await self._link.stop()
        if self._file_link is not None:
            await self._file_link.stop()

    def send(self, messages: list[steps.SendToPeer | steps.DropLink]) -> None:
        """What the engine has for it, in order."""
        batch: list[PeerMessage] = []
        for item in messages:
            if isinstance(item, steps.SendToPeer):
                batch.append(item.message)
            else:
                self._link.send_all(batch)
                batch = []
                _log.info("the link to the other server is dropped: %s", item.reason)
                self._link.drop()
        if batch:
            self._link.send_all(batch)

    def tell(self, facts: PeerNews) -> None:
        """What the hub has for it."""
        self._link.send_all([facts])

    # --- the link

    def _make_link(self, address: Address) -> PeerLink:
        cluster = self._cluster
        identity = identity_of(cluster)
        files = self._hub.files
        if files is not None:
            terms = self._terms
            self._file_link = FileLink(
                identity, address, terms.dial_terms, self._hub, files, is_strict=terms.is_strict
            )
            files.copier = self._file_link
        return PeerLink(
            identity,
            address,
            self._terms.dial_terms,
            put=self._put,
            linked=self._hub.announcements.greet_peer,
            hear=self._hear,
            foreign=self._hear_foreign,
            copied=self._hear_copied,
            retired=self._hear_retired,
            inheritance=Inheritance(self._hub),
            files=self._file_link,
        )

    def _make_channel(self) -> ChannelHandler:
        return self._link.make_listener_channel()

    # --- another second server

    def _look(self) -> None:
        """Whether the administrator has put another server in the place of the other one."""
        self._hub.call_later(_LOOK_EVERY_S, self._look)
        with contextlib.suppress(FolderError):
            self._compare(self._folder.read())

    def _compare(self, kept: Cluster) -> None:
        address = parse_address(kept.peer_link_address)
        if kept.peer == self._cluster.peer or self._is_changing or isinstance(address, AddressError):
            return
        self._is_changing = True
        self._changing = asyncio.get_running_loop().create_task(self._change(kept, address))

    async def _change(self, kept: Cluster, address: Address) -> None:
        _log.warning(
            marked("%s (%s) takes the place of %s."), kept.peer_name, str(address), self._cluster.peer_name
        )
        await self._link.stop()
        if self._file_link is not None:
            await self._file_link.stop()
        self._cluster = kept
        self._has_met_peer = False
        self._hub.remember_peer(kept.peer_name, kept.peer_address)
        self._hub.hear_peer(None)
        # Behind the end of the old link, and before anything of the new one.
        self._put(steps.PeerReplaced(kept.peer))
        self._link = self._make_link(address)
        self._link.start()
        self._is_changing = False

    # --- what it tells

    def _hear(self, facts: PeerNews | None) -> None:
        if isinstance(facts, PeerFacts) and isinstance(parse_address(facts.address), AddressError):
            _log.warning(marked("The other server tells an address that is none: %s"), facts.address)
            return
        self._hub.hear_peer(facts)
        self._has_met_peer |= facts is not None
        cluster = self._cluster
        if isinstance(facts, PeerFacts) and (facts.name, facts.address) != (
            cluster.peer_name,
            cluster.peer_address,
        ):
            # Kept, so that clients learn the second address also while the peer is away.
            self._cluster = msgspec.structs.replace(cluster, peer_address=facts.address, peer_name=facts.name)
            with contextlib.suppress(FolderError):
                self._folder.update(lambda kept: _with_facts(kept, cluster.peer, facts))

    def _hear_foreign(self, cluster: str, server: str) -> None:
        """Somebody else is at the peer's address: at a start this is a mistake of whoever started it.

        Later it ends nothing: taking the address of a dead server must not stop the living one.
        """
        if not cluster:
            self._hear_wrong(steps.Halt("foreign_certificate", {"address": str(self._terms.address)}))
        elif server == self._cluster.server:
            self._hear_wrong(steps.Halt("same_server_id", {"server": server}))
        elif cluster != self._cluster.cluster:
            halt = steps.Halt("foreign_cluster", {"mine": self._cluster.cluster, "theirs": cluster})
            self._hear_wrong(halt)
        else:
            # One of ours: the one that was taken in a moment ago, perhaps.
            with contextlib.suppress(FolderError):
                self._compare(self._folder.read())
            if not self._is_changing and server not in self._told_strangers:
                self._told_strangers.add(server)
                _log.warning(_STRANGER, server)

    def _hear_wrong(self, halt: steps.Halt) -> None:
        is_new = self._hub.now() - self._started_at < self._terms.start_s
        if self._hub.pair.role == "recovering" or (is_new and not self._has_met_peer):
            self._ended(halt)
        else:
            self._tell_once(_WRONG_SERVER, str(self._terms.address), halt)

    def _hear_copied(self) -> None:
        """The other server is linked with this one's id. Whoever was linked itself is the original."""
        halt = steps.Halt("copied_folder", {"server": self._cluster.server})
        if self._has_met_peer:
            self._tell_once(_COPY, self._cluster.server, halt)
        else:
            self._ended(halt)

    def _hear_retired(self) -> None:
        """Another server has this one's place: nothing more may be accepted here, from now on."""
        name, now_ms = self._cluster.peer_name, self._hub.time_ms()
        try:
            self._folder.update(
                lambda kept: msgspec.structs.replace(kept, is_retired=True, retired_ms=now_ms)
            )
        except FolderError as error:
            # A full disk, perhaps. It is told again at the next start.
            self._ended(steps.Halt("retired_not_noted", {"name": name, "reason": str(error)}))
        else:
            self._ended(steps.Halt("retired", {"name": name}))

    def _tell_once(self, text: str, which: str, halt: steps.Halt) -> None:
        if halt != self._told_halt:
            self._told_halt = halt
            _log.error(text, which)


def identity_of(cluster: Cluster) -> PeerIdentity:
    """Who a server is to the other one."""
    return PeerIdentity(
        cluster.cluster, cluster.server, cluster.peer, bytes.fromhex(cluster.secret), cluster.retired
    )


def _with_facts(kept: Cluster, peer: str, facts: PeerFacts) -> Cluster:
    """What the folder keeps of the peer, unless it has another one by now."""
    if kept.peer != peer:
        return kept
    return msgspec.structs.replace(kept, peer_address=facts.address, peer_name=facts.name)
