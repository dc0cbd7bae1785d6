"""The window: from the start of its process until it is painted, and the opening of a long conversation.

Each run is a process of its own on a display of its own; its chat is in its cache, and no server answers.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.cases import Bench, Case, Effort, Row
from benchmarks.window_child import LONG_ROOM, PLACE, Report, message
from desktop_chat.app.session import folder_of, servers_of
from desktop_chat.store import history, rooms
from desktop_chat.store.database import open_for_writing
from desktop_chat.store.messages import from_event
from server.names.invite_links import InviteLink, parse_invite_link
from server.protocol.facts import RoomFacts
from tests.display import own_display

ENDS_WITHIN_S = 300.0


@dataclass(frozen=True, slots=True)
class Amount:
    """So many messages in the long conversation, so many runs: the median counts."""

    messages: int
    runs: int


AMOUNTS = {Effort.TINY: Amount(300, 1), Effort.QUICK: Amount(100_000, 1), Effort.FULL: Amount(100_000, 5)}


def measure(bench: Bench) -> Iterator[Row]:
    """Times as a person waits for them."""
    amount = AMOUNTS[bench.effort]
    with ExitStack() as stack:
        try:
            display = stack.enter_context(own_display())
        except RuntimeError as error:
            bench.miss(f"the window is left out: {error}")
            return
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        fill(folder, amount.messages)
        runs = [run(folder, display) for _ in range(amount.runs)]
    started_s, opened_s = median(r.started_s for r in runs), median(r.opened_s for r in runs)
    bench.tell(f"painted after {started_s:.2f} s; opened in {opened_s * 1e3:.0f} ms")
    case = "the window, from the start of its process"
    yield Row(case, started_s, "s until it is painted")
    yield Row(case, median(r.processor_s for r in runs), "s processor")
    case = f"opening a conversation of {amount.messages:,} messages"
    yield Row(case, opened_s * 1e3, "ms")
    yield Row(case, median(r.again_s for r in runs) * 1e3, "ms again")
    yield Row(case, median(r.appended_s for r in runs) * 1e3, "ms for 500 more messages")
    yield Row(case, median(r.grown_bytes for r in runs) / 1e6, "MB more memory")


def fill(data: Path, count: int) -> None:
    """A cache with a long conversation, and a short one that is shown first."""
    link = parse_invite_link(PLACE)
    assert isinstance(link, InviteLink)
    folder = folder_of(data, servers_of(link))
    folder.mkdir(parents=True)
    with closing(open_for_writing(folder)) as connection:
        connection.execute("BEGIN")
        rooms.write_general(connection)
        rooms.write_rooms(connection, [RoomFacts(room=LONG_ROOM, name=LONG_ROOM, members=2, is_member=True)])
        history.insert_messages(connection, (from_event(message(n), 2) for n in range(1, count + 1)))
        connection.execute("COMMIT")


def run(data: Path, display: str) -> Report:
    """One window, opened, used and closed. Raises RuntimeError when it fails."""
    began_s = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.window_child", str(data), str(began_s)],
        env={**os.environ, "DISPLAY": display},
        capture_output=True,
        timeout=ENDS_WITHIN_S,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"the window failed: {ended.stderr.decode()[-2000:]}")
    return msgspec.json.decode(ended.stdout, type=Report)


WINDOW = Case("window", "the window's start, and the opening of a long conversation", measure)
