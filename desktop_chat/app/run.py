"""Starts the window with what the system has: its clock, its display, its folders."""

import logging
import signal
import sys
import tkinter
from types import FrameType
from typing import Final

from desktop_chat.app.application import Application
from desktop_chat.app.options import Options
from server.network.clock import SystemClock

_SIGNAL_LOOK_MS: Final = 200


def has_display() -> bool:
    """Whether a window can be opened here."""
    try:
        root = tkinter.Tk()
    except tkinter.TclError:
        return False
    root.destroy()
    return True


def run_window(options: Options) -> None:
    """Open the window and work until it is closed; Ctrl-C in the terminal closes it as well."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    application = Application(options, SystemClock())
    _close_on_signals(application)
    application.run()


def _close_on_signals(application: Application) -> None:
    is_asked: list[int] = []

    def asked(number: int, _frame: FrameType | None) -> None:
        is_asked.append(number)

    signal.signal(signal.SIGINT, asked)
    if sys.platform != "win32":
        signal.signal(signal.SIGTERM, asked)

    def look() -> None:
        # Python runs its handlers only between its own instructions: Tk must come back now and then.
        if is_asked:
            application.close()
        else:
            application.after("signals", _SIGNAL_LOOK_MS, look)

    look()
