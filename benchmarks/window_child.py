"""One window for the benchmark of windows: opened, shown a long conversation twice, and given more of it."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.rival import resident_bytes
from desktop_chat.gui_events import MessagesKept
from server.protocol.events import Message

if TYPE_CHECKING:
    from desktop_chat.app.chat import Chat

PLACE = "desktop-chat://127.0.0.1:9/?plain=1"
LONG_ROOM = "long"
APPENDED = 500


class Report(msgspec.Struct, frozen=True):
    """Seconds until it was painted, of time and of processor, and for each later step; memory."""

    started_s: float
    processor_s: float
    opened_s: float
    again_s: float
    appended_s: float
    grown_bytes: int


def main() -> None:
    """`DATA BEGAN`: the folder, and when the process was started (monotonic)."""
    # All that a window imports counts.
    from desktop_chat.app.application import Application  # noqa: PLC0415
    from desktop_chat.app.options import Options  # noqa: PLC0415
    from server.network.clock import SystemClock  # noqa: PLC0415

    application = Application(Options(Path(sys.argv[1]), PLACE, "Anna", "light", "en"), SystemClock())
    application.start()
    application.root.update()
    started_s, processor_s = time.monotonic() - float(sys.argv[2]), time.process_time()
    chat = application.chat
    assert chat is not None
    first = chat.room
    before_bytes = resident_bytes(os.getpid())

    def timed(act: Callable[[], None]) -> float:
        began_s = time.monotonic()
        act()
        application.root.update()
        return time.monotonic() - began_s

    opened_s = timed(lambda: chat.select_room(LONG_ROOM))
    assert chat.model is not None
    assert chat.room == LONG_ROOM
    shown = len(chat.model)
    timed(lambda: chat.select_room(first))
    again_s = timed(lambda: chat.select_room(LONG_ROOM))
    appended_s = timed(lambda: _append(chat))
    assert len(chat.model) == shown + APPENDED
    report = Report(
        started_s, processor_s, opened_s, again_s, appended_s, resident_bytes(os.getpid()) - before_bytes
    )
    application.close()
    sys.stdout.buffer.write(msgspec.json.encode(report))


def message(number: int) -> Message:
    """One of many, from two people, a minute after the one before."""
    return Message(
        index=number,
        number=number,
        room=LONG_ROOM,
        user=f"user{number // 3 % 2}",
        name=f"Person {number // 3 % 2}",
        device="d",
        counter=number,
        time_ms=1_700_000_000_000 + number * 60_000,
        text=f"message {number} ".ljust(20 + number * 7 % 200, "x"),
    )


def _append(chat: "Chat") -> None:
    assert chat.model is not None
    first = chat.model.newest_index + 1
    chat.take([MessagesKept([message(n) for n in range(first, first + APPENDED)], 2)])


if __name__ == "__main__":
    main()
