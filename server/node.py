"""The node: one server, composed, started, drained and stopped.

Threads: `engine` owns replica and state, `disk` the writing connection, `io` every socket. This
file is the only place that knows them all.
"""

import contextlib
import gc
import logging
import secrets
import sys
import threading
from collections.abc import Callable
from typing import Final

import msgspec

from server.accounts.certificates import CertificateError, authority_of, fingerprint_of
from server.archive.blobs import BlobStore
from server.archive.disk_thread import DiskThread
from server.archive.search_follower import SearchFollower
from server.cluster.announcing import Announcing
from server.cluster.data_folder import Cluster, DataFolder, FolderError, unusable_sentence
from server.cluster.peer_side import PeerSide, PeerTerms
from server.cluster.renewal import keep_valid, valid_identity
from server.config import Config
from server.engine.engine import Engine
from server.engine.round import Output, PairState
from server.engine_thread import EngineThread
from server.i18n.translation import _
from server.names.addresses import Address
from server.network.clock import Clock
from server.network.listener import Listener, listen
from server.network.loop_thread import LoopThread
from server.network.tls import TlsTerms, peer_context, server_context
from server.node_archive import NodeArchive
from server.open_files import raise_file_limit
from server.replication import steps
from server.replication.alarms import ALARMS
from server.replication.replica import Replica
from server.replication.settings import Settings
from server.sessions.facts import OwnFacts, PeerNews
from server.sessions.hub import Hub
from server.sessions.session import Session
from server.state.sayings import sayings

_log = logging.getLogger(__name__)

# A thread that comes back from a disk sync must win the interpreter's lock: at the default of 5 ms
# a commit of 0.17 ms took 10.7 ms beside a busy thread, at this value 0.4 ms.
_SWITCH_INTERVAL_S: Final = 0.0001
# What a clean stop waits for the answers to requests in hand.
_DRAIN_S: Final = 1.0
_START_S: Final = 30.0

Ended = Callable[[steps.Halt | Exception], None]


class Node:
    """One server. `start`, wait until `ended` is told or you want it to stop, `stop`.

    `ended(reason)` is told once from any thread when the server cannot go on: a `Halt` of the core,
    or what failed: the disk, the engine, or the archive, whose damage the next start mends; after any
    of these nothing may be trusted: exit at once.
    `pair_changed` hears of every new role and mode, on the io thread.
    """

    def __init__(
        self,
        config: Config,
        folder: DataFolder,
        cluster: Cluster,
        clock: Clock,
        *,
        ended: Ended,
        pair_changed: Callable[[PairState], None],
    ) -> None:
        self._config: Final = config
        self._folder: Final = folder
        self._cluster: Final = cluster
        self._clock: Final = clock
        self._ended: Final = ended
        self._pair_changed: Final = pair_changed
        self._io = LoopThread("io")
        self._stopping = threading.Event()
        self._hub: Hub | None = None
        self._peer_side: PeerSide | None = None
        self._announcing: Announcing | None = None
        self._listeners: list[Listener] = []
        self._alarm = ""
        self._told_pair = ("", "")
        self._is_founder = cluster.is_founder
        # Filled by `start`: where clients and the peer really connect.
        self.address = config.listen_address
        self.peer_listen_address = config.peer_listen_address

    def start(self) -> None:
        """Open the archive and listen. Raises FolderError, NetworkError, CertificateError."""
        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        raise_file_limit(self._config.users_max)
        self._identity = valid_identity(self._folder.certificates, self._clock.wall_ms())
        if self._identity is None and not self._config.plain:
            raise CertificateError(
                _("There is no certificate in {folder}.").format(folder=self._folder.certificates)
            )
        self._blobs = self._open_blobs()
        engine, disk = self._open_archive()
        self._engine, self._disk = engine, disk
        self._io.start()
        try:
            self._io.run_sync(self._open_sockets(), _START_S)
        except BaseException:
            self._io.stop()
            self._archive.stop()
            raise
        disk.start()
        engine.start()
        self._archive.start(self._replica, engine.put, disk.scrub)
        self._search.start()
        self._announce()
        gc.collect()
        gc.freeze()

    def stop(self) -> None:
        """Answer what is in hand, tell clients where to go, sync, let go of everything."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._announcing is not None:
            self._announcing.stop()
        self._io.run_sync(self._close_sockets(), _START_S)
        self._archive.stop_checking()
        self._search.stop()
        self._engine.stop()
        self._disk.stop()
        self._io.stop()
        self._archive.stop()

    def _announce(self) -> None:
        if not self._config.is_announced:
            return
        identity, hub = self._identity, self._hub
        assert hub is not None
        self._announcing = Announcing(
            self._cluster,
            self.address,
            self._config.advertise,
            fingerprint_of(identity.chain_pem) if identity and not self._config.plain else None,
            lambda: hub.peer_known.address if hub.peer_known else "",
        )
        self._announcing.start()

    # --- the archive

    def _open_blobs(self) -> BlobStore:
        try:
            return BlobStore(self._folder.blobs)
        except OSError as error:
            raise FolderError(unusable_sentence(self._folder.blobs, error)) from error

    def _open_archive(self) -> tuple[EngineThread, DiskThread]:
        config, cluster = self._config, self._cluster
        archive = self._archive = NodeArchive(
            config, self._folder, cluster.cluster, self._clock.wall_ms(), self._ended
        )
        # The server's people search in it; nothing else depends on it.
        self._search = SearchFollower(
            archive.reader(), self._folder.search, cluster.cluster, sayings, self._clock.monotonic_s
        )
        opened = archive.opened
        self._store, state, log = opened.store, opened.state, opened.log
        if state.administrators():
            with contextlib.suppress(FolderError):
                self._folder.update(lambda kept: msgspec.structs.replace(kept, has_administrator=True))
        is_founder = cluster.is_founder and not archive.was_begun
        is_alone = bool(log.spans) and log.spans[-1].members == (cluster.server,)
        replica = self._replica = Replica(
            me=cluster.server,
            peer=cluster.peer if config.peer_address else "",
            cluster=cluster.cluster,
            log=log,
            commit=state.index,
            settings=Settings(
                silence_s=config.silence_s,
                confirm_s=config.confirm_s,
                boot_wait_s=config.boot_wait_s,
                wait_for_peer=config.wait_for_peer,
                strict=config.strict,
            ),
            make_nonce=lambda: secrets.token_hex(8),
            may_lead_at_once=is_alone or (is_founder and not log.spans),
            is_founder=is_founder,
            now=self._clock.monotonic_s(),
            may_lead_alone=archive.may_lead_alone,
        )
        core = Engine(replica, state, opened.reader)
        self._first_position = core.position()
        disk = DiskThread(
            self._store,
            persisted=lambda ticket: engine.put(steps.Persisted(ticket)),
            loaded=lambda records: engine.put(steps.Loaded(records)),
            failed=self._ended,
            mark=archive.mark,
        )
        engine = EngineThread(
            core,
            self._clock,
            disk,
            deliver=lambda output: self._io.call(self._deliver, output),
            failed=self._ended,
        )
        return engine, disk

    # --- the io thread

    async def _open_sockets(self) -> None:
        config, cluster = self._config, self._cluster
        all_terms = terms, peer_listen_terms, peer_dial_terms = self._terms()
        clients = await listen(
            config.listen_address.host, config.listen_address.port, self._make_session, terms=terms
        )
        self._listeners.append(clients)
        self._keep_certificate_valid([one for one in all_terms if one is not None])
        self.address = Address(config.listen_address.host, clients.port)
        facts = OwnFacts(
            name=cluster.name,
            server=cluster.server,
            cluster=cluster.cluster,
            chat=cluster.chat,
            address=config.advertise or str(self.address),
            is_first=cluster.is_first,
            authority_pem=self._authority_pem(),
            cluster_secret=bytes.fromhex(cluster.secret),
            is_open=config.sign_in == "open",
        )
        self._hub = Hub(
            engine=self._engine,
            reader=self._store.reader(),
            clock=self._clock,
            facts=facts,
            position=self._first_position,
            pair=PairState("recovering", "waiting", "", "", 0),
            users_max=config.users_max,
            policy=config.policy,
            send_rate_per_s=config.send_rate_per_s,
            tell_peer=self._tell_peer,
            blobs=self._blobs,
            index=self._search,
        )
        if cluster.peer_address:
            self._hub.remember_peer(cluster.peer_name, cluster.peer_address)
        if config.peer_address and cluster.peer:
            await self._open_peer_side(self._hub, config.peer_address, peer_listen_terms, peer_dial_terms)

    async def _open_peer_side(
        self, hub: Hub, peer: Address, listen_terms: TlsTerms | None, dial_terms: TlsTerms | None
    ) -> None:
        address = self._config.peer_listen_address
        config = self._config
        terms = PeerTerms(peer, address, listen_terms, dial_terms, config.boot_wait_s, config.strict)
        side = self._peer_side = PeerSide(
            self._folder, self._cluster, terms, hub, put=self._engine.put, ended=self._ended
        )
        listener = await side.open()
        self._listeners.append(listener)
        self.peer_listen_address = Address(address.host, listener.port)

    async def _close_sockets(self) -> None:
        for listener in self._listeners:
            listener.stop_accepting()
        if self._hub is not None:
            await self._hub.drain(_DRAIN_S)
            self._hub.goodbyes.stopping()
            self._hub.stop()
        if self._peer_side is not None:
            await self._peer_side.close()
        for listener in self._listeners:
            await listener.close()

    def _terms(self) -> tuple[TlsTerms | None, TlsTerms | None, TlsTerms | None]:
        """For clients, for the peer that dials, and for dialing the peer; None: plain."""
        identity = self._identity
        if identity is None or self._config.plain:
            return None, None, None
        authority = self._authority_pem()
        return (
            server_context(identity.chain_pem, identity.key_pem),
            peer_context(identity.chain_pem, identity.key_pem, authority, is_server=True),
            peer_context(identity.chain_pem, identity.key_pem, authority, is_server=False),
        )

    def _keep_certificate_valid(self, terms: list[TlsTerms]) -> None:
        if terms and self._identity is not None:
            task = keep_valid(self._folder.certificates, self._identity, self._clock.wall_ms, terms)
            self._keeping = self._io.loop.create_task(task)

    def _authority_pem(self) -> str:
        if self._identity is None or self._config.plain:
            return ""
        return authority_of(self._identity.chain_pem).decode()

    def _make_session(self) -> Session:
        assert self._hub is not None
        return Session(self._hub)

    def _deliver(self, output: Output) -> None:
        assert self._hub is not None
        if output.halt is not None:
            self._ended(output.halt)
        if self._peer_side is not None and output.messages:
            self._peer_side.send(output.messages)
        self._hub.deliver(output)
        if output.pair is not None:
            self._log_pair(output.pair)
            if output.pair.mode != "waiting" and self._is_founder:
                self._end_founding()
            # An epoch or an alarm may be all that is new.
            if (output.pair.role, output.pair.mode) != self._told_pair:
                self._told_pair = (output.pair.role, output.pair.mode)
                self._pair_changed(output.pair)

    def _tell_peer(self, facts: PeerNews) -> None:
        if self._peer_side is not None:
            self._peer_side.tell(facts)

    def _end_founding(self) -> None:
        """The archive has begun: should its file be lost, this server must not begin another one."""
        self._is_founder = False
        with contextlib.suppress(FolderError):
            self._folder.update(lambda kept: msgspec.structs.replace(kept, is_founder=False))

    def _log_pair(self, pair: PairState) -> None:
        _log.info("%s, %s, epoch %s", pair.role, pair.mode, pair.epoch)
        if pair.alarm != self._alarm:
            self._alarm = pair.alarm
            if pair.alarm:
                _log.warning("%s", ALARMS[pair.alarm])
