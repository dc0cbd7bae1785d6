"""The data folder of one server: who it is, its secrets, its archive; one process at a time."""

import contextlib
import errno
import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from server.archive.belonging import ForeignArchiveError
from server.archive.confirmed import write_durably
from server.cluster.folder_lock import FolderLock
from server.i18n.translation import _

# A change is one small file read and one written: two seconds are far more than several of them take.
_CHANGE_S: Final = 0.01
_CHANGE_TRIES: Final = 200


class FolderError(Exception):
    """The folder cannot be used; the text says why and what to do."""


class Cluster(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `cluster.json` holds. `peer` "" means: a server without a second one (yet).

    `is_first`: this server's address is the one that clients try first. `is_founder`: with an
    empty archive it may begin one. `listen` and `peer_listen` are what `init` and `join` were told:
    a start without flags takes them. `is_open`: somebody new needs no invite. `has_administrator`: there was
    one when this server was last started. Those of the peer are from the pairing or the last meeting.
    `retired`: servers whose place the peer took; they may come back with what they alone hold.
    `is_retired`: that happened to this one; it serves nobody any more. The times (Unix, ms; 0: not yet, or
    not known): when it was told so, and when all that it alone held was in the other archive.
    """

    cluster: str
    chat: str
    secret: str
    server: str
    name: str
    peer: str = ""
    peer_name: str = ""
    peer_address: str = ""
    peer_link_address: str = ""
    listen: str = ""
    peer_listen: str = ""
    is_first: bool = True
    is_founder: bool = True
    is_plain: bool = False
    is_open: bool = False
    has_administrator: bool = False
    retired: tuple[str, ...] = ()
    is_retired: bool = False
    retired_ms: int = 0
    handed_over_ms: int = 0


class DataFolder:
    """The paths in a folder, and its lock."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._lock: FolderLock | None = None

    @property
    def archive(self) -> Path:
        """The archive's database."""
        return self.path / "archive.sqlite"

    @property
    def search(self) -> Path:
        """The index of the archive's words."""
        return self.path / "search.sqlite"

    @property
    def confirmed(self) -> Path:
        """How far the archive was ever confirmed."""
        return self.path / "confirmed.json"

    @property
    def blobs(self) -> Path:
        """The files of people."""
        return self.path / "blobs"

    @property
    def certificates(self) -> Path:
        """Certificates and keys."""
        return self.path / "certificates"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.path / "server.log"

    @property
    def _cluster_file(self) -> Path:
        return self.path / "cluster.json"

    @property
    def is_made(self) -> bool:
        """Whether a server lives here."""
        return self._cluster_file.exists()

    def make(self) -> None:
        """Make the folder, for its owner alone."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise FolderError(unusable_sentence(self.path, error)) from error

    def check_fresh(self) -> None:
        """Raise `FolderError` for an archive that nothing here belongs to.

        Whoever took it for the own one would put what another chat wrote into this one.
        """
        if not self.is_made and (self.archive.exists() or self.confirmed.exists()):
            raise FolderError(
                _(
                    "There is an archive in {path}, but nothing that says whose it is (cluster.json)."
                    " Choose an empty folder with --data, or restore that file from a backup."
                ).format(path=self.path)
            )

    def foreign_archive(self, error: ForeignArchiveError) -> FolderError:
        """What to say when the archive here is another chat's."""
        return FolderError(
            _(
                "The archive in {path} belongs to another chat ({theirs}; this server's is {mine})."
                " Nothing was changed. Move archive.sqlite away, and archive.sqlite-wal if it is there."
                " Then put this server's own ones back; or, when there is a second server, start without"
                " them: then this one refills from the other."
            ).format(path=self.path, theirs=error.theirs, mine=error.mine)
        )

    def lock(self) -> None:
        """Hold the folder until `unlock`; raises `FolderError` when another process has it."""
        try:
            lock = FolderLock(self.path / "lock")
            is_free = lock.acquire()
        except OSError as error:
            raise FolderError(unusable_sentence(self.path, error)) from error
        if not is_free:
            raise FolderError(
                _(
                    "The data folder {path} is in use by another server process."
                    " Stop that one first, or give another --data."
                ).format(path=self.path)
            )
        self._lock = lock

    def unlock(self) -> None:
        """Let another process have it."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def read(self) -> Cluster:
        """Who the server is; raises `FolderError`."""
        try:
            return msgspec.json.decode(self._cluster_file.read_bytes(), type=Cluster)
        except FileNotFoundError:
            raise FolderError(
                _(
                    "There is no server in {path}."
                    " Make one with `init`, join one with `join`, or start both with `pair`."
                ).format(path=self.path)
            ) from None
        except OSError as error:
            raise FolderError(unusable_sentence(self.path, error)) from error
        except (msgspec.DecodeError, ValueError) as error:
            raise FolderError(
                _("{path} is damaged ({error}). Restore it from a backup.").format(
                    path=self._cluster_file, error=error
                )
            ) from error

    def update(self, change: Callable[[Cluster], Cluster]) -> Cluster:
        """Change what is kept, from any process, while a server runs on the folder; raises `FolderError`.

        Whoever changes it reads it anew under a lock of its own, so that no change is lost.
        """
        with self._changing():
            kept = self.read()
            changed = change(kept)
            if changed != kept:
                self.write(changed)
        return changed

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        tries = _CHANGE_TRIES
        lock, pause = FolderLock(self.path / "cluster.lock"), threading.Event()
        try:
            while not lock.acquire():
                tries -= 1
                if not tries:
                    raise FolderError(
                        _("{path} is being changed by another process.").format(path=self._cluster_file)
                    )
                pause.wait(_CHANGE_S)
        except OSError as error:
            raise FolderError(unusable_sentence(self.path, error)) from error
        try:
            yield
        finally:
            lock.release()

    def write(self, cluster: Cluster) -> None:
        """Keep who the server is, durably, readable for its owner alone."""
        content = msgspec.json.format(msgspec.json.encode(cluster), indent=2)
        try:
            write_durably(self._cluster_file, content)
        except OSError as error:
            raise FolderError(unusable_sentence(self.path, error)) from error


def new_server_id() -> str:
    """A random id; the lower one of a pair dials."""
    return secrets.token_hex(8)


def unusable_sentence(path: Path, error: OSError) -> str:
    """What the system said about the folder, and what a person can do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _("The disk of the data folder {path} is full: make room there.").format(path=path)
    return _(
        "The data folder {path} cannot be used: {reason}."
        " Choose another one with --data, or mend its permissions."
    ).format(path=path, reason=error.strerror or error)
