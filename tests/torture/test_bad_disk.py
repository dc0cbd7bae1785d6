"""The preloaded disk acts as a slow or full one on real programs, only below its folder, and recovers."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.torture.bad_disk import BadDisk, NoBadDiskError, build_library
from server.torture.plan import PlannedDisk
from tests.waiting import DEADLINE_S, wait_until

# A program on that disk: it commits to an SQLite database for each line that it is sent, and answers.
WRITER = """
import shutil, sqlite3, sys
path = sys.argv[1]
database = sqlite3.connect(path + "/x.sqlite", isolation_level=None)
database.execute("PRAGMA journal_mode=WAL")
database.execute("PRAGMA synchronous=FULL")
database.execute("CREATE TABLE x (value BLOB)")
print("ready", flush=True)
for line in sys.stdin:
    word, size = (line.split() + ["0"])[:2]
    try:
        if word == "free":
            print(shutil.disk_usage(path).free, flush=True)
            continue
        if word == "unlink":
            import os; os.unlink(path + "/ballast")
        elif word == "elsewhere":
            open(sys.argv[2], "wb").write(bytes(int(size)))
        else:
            database.execute("INSERT INTO x VALUES (?)", (bytes(int(size)),))
        print("done", flush=True)
    except (OSError, sqlite3.Error) as error:
        print(type(error).__name__, error, flush=True)
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path | NoBadDiskError:
    try:
        return build_library(tmp_path_factory.mktemp("library"))
    except NoBadDiskError as error:
        return error


class Writer:
    """The program and its disk."""

    def __init__(self, library: Path, path: Path) -> None:
        folder = path / "data"
        folder.mkdir()
        (folder / "ballast").write_bytes(bytes(1_000_000))
        self.disk = BadDisk(library, folder, path / "control")
        command = [sys.executable, "-c", WRITER, str(folder), str(path / "elsewhere")]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | self.disk.environment,
        )
        assert self._line() == "ready"

    def say(self, line: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._line()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(DEADLINE_S)
        self.disk.close()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def writer(library: Path | NoBadDiskError, tmp_path: Path) -> Iterator[Writer | None]:
    """None where the machine cannot do it, and then it says why."""
    if isinstance(library, NoBadDiskError):
        assert str(library)
        yield None
        return
    writer = Writer(library, tmp_path)
    yield writer
    writer.close()


def test_a_full_disk_refuses_what_grows_and_takes_it_again_when_there_is_room(writer: Writer | None) -> None:
    if writer is None:
        return
    assert writer.disk.is_loaded
    assert writer.say("insert 100") == "done"
    writer.disk.go_bad(PlannedDisk(room_bytes=20_000))
    assert writer.say("insert 100") == "done"
    assert writer.say("insert 100000") == "OperationalError database or disk is full"
    assert int(writer.say("free")) <= 20_000
    assert writer.say("elsewhere 100000") == "done"
    assert writer.say("unlink") == "done"
    assert int(writer.say("free")) > 900_000
    assert writer.say("insert 100000") == "done"
    assert writer.say("insert 1000000") == "OperationalError database or disk is full"
    writer.disk.recover()
    assert writer.say("insert 1000000") == "done"


def test_a_disk_that_is_full_at_the_sync_fails_the_commit(writer: Writer | None) -> None:
    if writer is None:
        return
    writer.disk.go_bad(PlannedDisk(fails_late=True))
    assert "Error" in writer.say("insert 100")
    writer.disk.recover()
    assert writer.say("insert 100") == "done"


def test_a_slow_disk_holds_up_the_sync(writer: Writer | None) -> None:
    if writer is None:
        return
    writer.disk.go_bad(PlannedDisk(sync_s=3600))
    process = writer._process
    assert process.stdin is not None
    process.stdin.write("insert 100\n")
    process.stdin.flush()
    wait_until(lambda: writer.disk.late_syncs)
    assert process.poll() is None
    process.kill()
