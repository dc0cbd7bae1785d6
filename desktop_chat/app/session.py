"""A session with one chat: its folder, its cache, its network thread; opened and closed as one."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from desktop_chat.gui_events import GuiEvent
from desktop_chat.network.network_thread import NetworkThread
from desktop_chat.store import facts, outbox, rooms
from desktop_chat.store.chat_folder import FolderLock, chat_folder
from desktop_chat.store.database import CacheError, open_for_reading
from desktop_chat.store.facts import KnownServers
from desktop_chat.store.store_thread import StoreThread
from server.client.identity import Identity
from server.names.invite_links import InviteLink
from server.network.clock import Clock

_PREPARED_S_MAX: Final = 10.0


class Session:
    """Call `prepare`, `connect`, and `close` exactly once; `reader` is for the Tk thread.

    Raises FolderInUseError and CacheError when it cannot be opened.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self._clock = clock
        self._lock = FolderLock(folder)
        try:
            self.store = StoreThread(folder)
        except BaseException:
            self._lock.release()
            raise
        self.reader: sqlite3.Connection = open_for_reading(folder)
        self.network: NetworkThread | None = None

    @property
    def servers(self) -> KnownServers | None:
        """Where the servers are, as far as the cache knows."""
        return facts.read_servers(self.reader)

    @property
    def identity(self) -> Identity | None:
        """Who this device is."""
        return facts.read_identity(self.reader)

    def prepare(self, servers: KnownServers | None, name: str) -> None:
        """Keep where the servers are and who we are, before `connect`. Waits for the disk."""
        done = threading.Event()
        failures: list[Exception] = []

        def write(connection: sqlite3.Connection) -> None:
            rooms.write_general(connection)
            if servers is not None:
                facts.write_servers(connection, _joined(facts.read_servers(connection), servers))
            identity = facts.read_identity(connection)
            if name and (identity is None or identity.name != name):
                facts.make_identity(connection, name)

        def failed(error: Exception) -> None:
            failures.append(error)
            done.set()

        self.store.write(write, lambda _none: done.set(), failed)
        done.wait(_PREPARED_S_MAX)
        if failures or not done.is_set():
            raise CacheError("not_writable", self.folder) from (failures[0] if failures else None)

    def forget_identity(self) -> None:
        """The servers refused the name before anything was written under it."""
        self.store.write(facts.forget_identity)

    def connect(self, post: Callable[[GuiEvent], None], backlog: Callable[[], int]) -> None:
        """Start the network, which posts events and reads on while few wait; `prepare` must be done."""
        identity, servers = self.identity, self.servers
        assert identity is not None
        assert servers is not None
        self.network = NetworkThread(
            identity=identity,
            servers=servers,
            cursor=facts.read_cursor(self.reader),
            since=facts.read_since(self.reader),
            cluster=facts.read_fact(self.reader, "cluster"),
            drafts=outbox.unsent(self.reader),
            store=self.store,
            post=post,
            backlog=backlog,
            clock=self._clock,
        )

    def close(self) -> None:
        """End the network first, then write what is left."""
        if self.network is not None:
            self.network.stop()
            self.network = None
        self.reader.close()
        self.store.stop()
        self._lock.release()


def servers_of(link: InviteLink) -> KnownServers:
    """What an invite link says about the servers."""
    return KnownServers(
        addresses=tuple(map(str, link.addresses)),
        fingerprint=link.fingerprint.hex() if link.fingerprint is not None else "",
        chat_name=link.chat_name,
    )


def folder_of(data: Path, servers: KnownServers) -> Path:
    """The folder of the chat that these servers hold."""
    return chat_folder(data, servers.fingerprint, servers.addresses[0])


def _joined(known: KnownServers | None, fresh: KnownServers) -> KnownServers:
    """A link names where the servers are now; the authority that was learned stays."""
    if known is None:
        return fresh
    return KnownServers(
        addresses=fresh.addresses,
        fingerprint=fresh.fingerprint,
        authority=known.authority,
        chat_name=fresh.chat_name or known.chat_name,
    )
