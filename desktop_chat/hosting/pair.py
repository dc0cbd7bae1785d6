"""A pair of servers as a child process: started when none answers, ended cleanly with the window."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import IO, Final

from desktop_chat.i18n.translation import current_language
from server.names.invite_links import InviteLink, parse_invite_link

_INVITE_MARK: Final = "invite: "
_INVITE_FILE: Final = "invite.txt"
_STARTED_S_MAX: Final = 60.0
_STOPPED_S_MAX: Final = 15.0
_ANSWER_S_MAX: Final = 1.0
_LINES_KEPT: Final = 20


class PairError(Exception):
    """No pair could be started; the text is what the server programs said."""


class Pair:
    """A running pair. `close` ends it when it was started here; one that ran already stays."""

    def __init__(self, invite: str, process: subprocess.Popen[str] | None) -> None:
        self.invite = invite
        self._process = process

    @property
    def is_ours(self) -> bool:
        """Whether this program started it."""
        return self._process is not None

    def close(self) -> None:
        """Ask it to stop, and wait until everything is on disk."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        if sys.platform == "win32":
            process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOPPED_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def open_pair(folder: Path, *, port: int | None = None) -> Pair:
    """The pair that keeps its archives in a folder: the running one, else a new process. Raises PairError."""
    running = _running_invite(folder)
    if running:
        return Pair(running, None)
    folder.mkdir(parents=True, exist_ok=True)
    command = [*server_command(), "pair", "--open", "--data", str(folder)]
    if port is not None:
        command += ["--port", str(port)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=child_environment(),
        # An own group: Ctrl-C in the terminal reaches the window, and the window ends the pair.
        **_own_group(),  # type: ignore[call-overload]
    )
    invite = _read_invite(process)
    (folder / _INVITE_FILE).write_text(invite, encoding="utf-8")
    return Pair(invite, process)


def server_command() -> list[str]:
    """How the server program is called: beside the frozen window, or from source."""
    if getattr(sys, "frozen", False):
        name = "desktop-chat-server.exe" if sys.platform == "win32" else "desktop-chat-server"
        return [str(Path(sys.executable).with_name(name))]
    return [sys.executable, "-m", "server"]


def child_environment() -> dict[str, str]:
    """The environment of a child: without what a frozen program changed for its own libraries."""
    environment = dict(os.environ)
    original = environment.pop("LD_LIBRARY_PATH_ORIG", None)
    if original is not None:
        environment["LD_LIBRARY_PATH"] = original
    elif getattr(sys, "frozen", False):
        environment.pop("LD_LIBRARY_PATH", None)
    environment.pop("FONTCONFIG_FILE", None)
    # What a child has to say is shown here.
    environment["LANGUAGE"] = current_language()
    return environment


def _own_group() -> dict[str, object]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _read_invite(process: "subprocess.Popen[str]") -> str:
    """The invite link that the pair prints when it is ready; a thread reads on, so that it never blocks."""
    lines: deque[str] = deque(maxlen=_LINES_KEPT)
    found: list[str] = []
    is_known = threading.Event()
    assert process.stdout is not None

    def read(output: IO[str]) -> None:
        with output:
            for line in output:
                lines.append(line.rstrip())
                if not found and line.strip().startswith(_INVITE_MARK):
                    found.append(line.strip().removeprefix(_INVITE_MARK).strip())
                    is_known.set()
        is_known.set()

    threading.Thread(target=read, args=(process.stdout,), name="pair-output", daemon=True).start()
    is_known.wait(_STARTED_S_MAX)
    if found:
        return found[0]
    if process.poll() is None:
        process.terminate()
    process.wait()
    raise PairError("\n".join(lines) or f"exit code {process.returncode}")


def _running_invite(folder: Path) -> str:
    """The invite link of a pair that was started earlier, if one of its servers answers."""
    with contextlib.suppress(OSError):
        text = (folder / _INVITE_FILE).read_text(encoding="utf-8").strip()
        link = parse_invite_link(text)
        if isinstance(link, InviteLink) and any(
            _answers(address.host, address.port) for address in link.addresses
        ):
            return text
    return ""


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_ANSWER_S_MAX):
            return True
    except OSError:
        return False
