"""The one door between the threads: events go in from anywhere, and come out on the Tk thread in batches.

A deque and one byte on a pair of sockets wake Tk: no polling, no delay. Tk itself is never called from
another thread (that blocks while Tk is busy, raises before its loop runs, and can hang at the end).
On Windows Tk cannot watch a socket, so there the deque is looked at by a timer: often while there is
something to do, seldom otherwise.
"""

import contextlib
import logging
import socket
import sys
import tkinter
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from desktop_chat.gui_events import GuiEvent

_log = logging.getLogger(__name__)

# A batch must leave time for drawing, or redraws starve under load.
_BATCH_S_MAX: Final = 0.006
_PAUSE_MS: Final = 8
_EVENTS_AT_ONCE: Final = 64
_POLL_BUSY_MS: Final = 15
_POLL_IDLE_MS: Final = 60


class EventPump:
    """`post` from any thread; `on_events` gets lists on the Tk thread. Call `close` before Tk ends."""

    def __init__(
        self,
        root: tkinter.Misc,
        now_s: Callable[[], float],
        on_events: Callable[[Sequence[GuiEvent]], None],
    ) -> None:
        self._root = root
        self._now_s = now_s
        self._on_events = on_events
        self._events: deque[GuiEvent] = deque()
        self._is_closed = False
        self._is_woken = False
        self._timer: str | None = None
        self._can_watch = sys.platform != "win32"
        if self._can_watch:
            self._receiver, self._sender = socket.socketpair()
            self._receiver.setblocking(False)
            self._sender.setblocking(False)
            root.tk.createfilehandler(self._receiver, tkinter.READABLE, self._readable)
        else:
            self._timer = root.after(_POLL_IDLE_MS, self._poll)

    def post(self, event: GuiEvent) -> None:
        """Give an event to the window. Any thread; returns at once; after `close` it is dropped."""
        if self._is_closed:
            return
        self._events.append(event)
        if self._can_watch and not self._is_woken:
            self._is_woken = True
            # A full pipe has bytes enough to wake Tk; a closed one has no reader any more.
            with contextlib.suppress(OSError):
                self._sender.send(b"\0")

    def backlog(self) -> int:
        """How many events wait. Any thread."""
        return len(self._events)

    def close(self) -> None:
        """Stop. Tk thread only, before the window is destroyed."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._timer is not None:
            self._root.after_cancel(self._timer)
            self._timer = None
        if self._can_watch:
            # First the handler, then the socket: Tk must not watch a number that someone else gets.
            self._root.tk.deletefilehandler(self._receiver)
            self._receiver.close()
            self._sender.close()

    def _readable(self, _file: object, _mask: int) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._receiver.recv(4096):
                pass
        # Cleared before the deque is read: what is posted from now on wakes us again.
        self._is_woken = False
        if self._timer is None:
            self._batch()

    def _poll(self) -> None:
        self._timer = None
        had_events = bool(self._events)
        if had_events:
            self._batch()
        if self._timer is None and not self._is_closed:
            self._timer = self._root.after(_POLL_BUSY_MS if had_events else _POLL_IDLE_MS, self._poll)

    def _batch(self) -> None:
        """Hand events over for a few milliseconds; what is left waits for the next batch."""
        self._timer = None
        end_s = self._now_s() + _BATCH_S_MAX
        while self._events and not self._is_closed:
            count = min(len(self._events), _EVENTS_AT_ONCE)
            batch = [self._events.popleft() for _ in range(count)]
            try:
                self._on_events(batch)
            except Exception:
                _log.exception("an event of the network could not be shown")
            if self._now_s() >= end_s:
                break
        if self._events and not self._is_closed:
            self._timer = self._root.after(_PAUSE_MS, self._batch if self._can_watch else self._poll)
