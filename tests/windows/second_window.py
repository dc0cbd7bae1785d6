"""Another window in a process of its own: seen through its display and its cache, driven by real keys."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.waiting import DEADLINE_S, wait_until

PROJECT = Path(__file__).parents[2]


class SecondWindow:
    """`python -m desktop_chat INVITE --name NAME --data FOLDER`."""

    def __init__(self, invite: str, name: str, folder: Path) -> None:
        self.folder = folder
        self._others = _window_ids()
        self._takes_keys = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "desktop_chat", invite, "--name", name, "--data", str(folder),
             "--theme", "light", "--language", "en"],
            cwd=PROJECT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip

    def _window_id(self) -> str:
        """Its window on the display, waited for."""
        return wait_until(lambda: sorted(_window_ids() - self._others), what="the second window")[0]

    def type_line(self, text: str) -> None:
        """Type a line and press Enter, by real key events."""
        window = self._window_id()
        _xdotool("windowfocus", "--sync", window)
        if not self._takes_keys:
            self._wait_for_keys()
        _xdotool("type", "--delay", "4", text)
        _xdotool("key", "Return")

    def _wait_for_keys(self) -> None:
        """A window that is just opening loses keys: until what is typed is seen in its draft."""

        def is_heard() -> list[str]:
            _xdotool("key", "x")
            return self.query("SELECT text FROM draft")

        wait_until(is_heard, what="the second window takes keys")
        _xdotool("key", "ctrl+a", "BackSpace")
        wait_until(lambda: not self.query("SELECT text FROM draft"), what="the box is empty again")
        self._takes_keys = True

    def query(self, sql: str) -> list[str]:
        """Read its cache."""
        caches = list(self.folder.glob("chats/*/chat.sqlite"))
        if not caches:
            return []
        with contextlib.closing(sqlite3.connect(f"file:{caches[0]}?mode=ro", uri=True)) as connection:
            try:
                return [str(row[0]) for row in connection.execute(sql)]
            except sqlite3.OperationalError:
                # The window is just making its tables.
                return []

    def archived(self) -> list[str]:
        """The messages it holds, in order."""
        return self.query("SELECT text FROM message ORDER BY idx")

    def outbox(self) -> list[str]:
        """What it wrote and has not seen delivered, in order."""
        return self.query("SELECT text FROM outbox ORDER BY counter")

    def kill(self) -> None:
        """`kill -9`."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to close; gives its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=DEADLINE_S)


def _window_ids() -> set[str]:
    """The windows of our program on the display."""
    command = ["xdotool", "search", "--onlyvisible", "--name", "Desktop Chat"]
    return set(subprocess.run(command, capture_output=True, text=True, check=False).stdout.split())


def _xdotool(*arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], check=True, timeout=DEADLINE_S)
