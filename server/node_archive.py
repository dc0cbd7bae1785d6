"""The node's archive: opened or refused in words, and looked after beside the disk thread while it runs."""

import errno
import logging
from collections.abc import Callable
from typing import Final

from server.archive.belonging import ForeignArchiveError
from server.archive.checking import RowCheck
from server.archive.confirmed import ConfirmedMark
from server.archive.disk import DamagedDiskError, DiskError, DiskFullError, SqliteReader
from server.archive.kept_damage import remove_old
from server.archive.space import Space
from server.archive.watch import Watch
from server.cluster.data_folder import DataFolder, FolderError, unusable_sentence
from server.config import Config
from server.engine.round import DiskSpace
from server.i18n.marking import marked
from server.i18n.translation import _
from server.mending import note_damage
from server.opening import Opened, open_archive
from server.replication.replica import Replica

_log = logging.getLogger(__name__)

_MENDED: Final = marked(
    "The archive was damaged and has been built anew: %s records are in place, %s wait for their place,"
    " and the damaged files are kept in %s."
)
_LACKS: Final = marked(
    "The archive lacks records that this server once confirmed. It refills from the other server,"
    " and serves nobody until that one comes."
)

_REMOVED: Final = marked(
    "The files of an old damage were removed (%s): the archive lacks nothing,"
    " and those of newer damages are kept."
)


class NodeArchive:
    """Opens the archive of a data folder; `damaged` is told once when damage is found later, on any thread.

    Raises `FolderError` when it cannot be served from.
    """

    def __init__(
        self,
        config: Config,
        folder: DataFolder,
        cluster: str,
        now_ms: int,
        damaged: Callable[[DamagedDiskError], None],
    ) -> None:
        self._config: Final = config
        self._folder: Final = folder
        self._cluster: Final = cluster
        self._damaged: Final = damaged
        self._space: Final = Space(folder.path)
        self._told_full = False
        self.mark: Final = ConfirmedMark(folder.confirmed)
        # A founder begins one archive, and no second one when that is lost.
        self.was_begun: Final = self.mark.kept is not None
        self.opened: Final = self._open()
        self._remove_old_damages(now_ms)
        self._row_check = RowCheck(self.reader())
        self._watch: Watch | None = None

    @property
    def may_lead_alone(self) -> bool:
        """Whether nothing is missing, or a person has said that this is all there is."""
        return not self.opened.lacks_confirmed or self._config.lead_anyway

    def reader(self) -> SqliteReader:
        """A reader of its own for one more thread."""
        return SqliteReader(self._folder.archive, self._alert)

    def start(self, replica: Replica, put: Callable[[DiskSpace], None], scrub: Callable[[], None]) -> None:
        """Look after it from now on; `put` hears when the disk gets full, and when there is room again.

        `scrub` is called every second: what was erased leaves the files.
        """
        self._watch = Watch(lambda: self._keep_mark(replica), lambda: self._look_at_space(put), scrub)
        self._watch.start()
        self._row_check.start()

    def stop_checking(self) -> None:
        """Before the other threads stop."""
        self._row_check.stop()

    def stop(self) -> None:
        """After them: what they wrote last is in the mark."""
        if self._watch is not None:
            self._watch.stop()
        self.opened.store.close()

    def _open(self) -> Opened:
        try:
            opened = open_archive(
                self._folder.archive,
                self._cluster,
                self.mark,
                alert=self._alert,
                make_room=self._space.give_up_ballast,
            )
        except ForeignArchiveError as error:
            raise self._folder.foreign_archive(error) from error
        except DiskFullError as error:
            no_room = OSError(errno.ENOSPC, str(error))
            raise FolderError(unusable_sentence(self._folder.path, no_room)) from error
        except (DiskError, OSError) as error:
            raise FolderError(_("The archive cannot be opened: {error}.").format(error=error)) from error
        if opened.mended is not None:
            mended = opened.mended
            _log.warning(_MENDED, mended.records, mended.set_aside, mended.kept)
        if opened.lacks_confirmed and not self._config.lead_anyway:
            if not self._config.peer:
                opened.store.close()
                raise FolderError(
                    _(
                        "The archive in {path} lacks records that this server once confirmed, and there is no"
                        " second server to refill it from. Restore a backup, or go on with what is left:"
                        " --lead-anyway."
                    ).format(path=self._folder.path)
                )
            _log.warning(_LACKS)
        return opened

    def _remove_old_damages(self, now_ms: int) -> None:
        """Not while something is missing: then every byte may still be wanted."""
        if not self.opened.lacks_confirmed:
            for folder in remove_old(self._folder.path, now_ms / 1000):
                _log.warning(_REMOVED, str(folder))

    def _keep_mark(self, replica: Replica) -> None:
        """Once a second, on the watch's thread."""
        if replica.may_lead_alone:
            self.mark.release()
        self.mark.keep(replica.commit)

    def _look_at_space(self, put: Callable[[DiskSpace], None]) -> None:
        """Once a second, on the watch's thread."""
        try:
            self._space.look()
        finally:
            if self._space.is_full != self._told_full:
                self._told_full = self._space.is_full
                put(DiskSpace(self._told_full))

    def _alert(self, error: DamagedDiskError) -> None:
        """Somebody read what was never written: the next start has to look at everything."""
        note_damage(self._folder.archive)
        self._damaged(error)
