"""The watch beside the disk thread: what must be looked after every second, and nobody waits for."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from server.i18n.marking import marked

_log = logging.getLogger(__name__)

_EVERY_S: Final = 1.0


class Watch:
    """Calls its duties once a second, and a last time when it stops."""

    def __init__(self, *duties: Callable[[], None]) -> None:
        self._duties: Final = duties
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._failed: set[Callable[[], None]] = set()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Do everything once more, then end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._stopping.wait(_EVERY_S)
            for duty in self._duties:
                self._do(duty)

    def _do(self, duty: Callable[[], None]) -> None:
        """A duty that fails is told once, and tried again the next time."""
        try:
            duty()
            self._failed.discard(duty)
        except OSError as error:
            if duty not in self._failed:
                self._failed.add(duty)
                _log.warning(
                    marked("A file in the data folder cannot be written: %s. It is tried again."), error
                )
