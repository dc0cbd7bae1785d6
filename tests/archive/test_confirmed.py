"""The mark of what was confirmed: it lags, it is lowered before a cut, and it outlives what was lost."""

from pathlib import Path

import pytest

from server.archive.confirmed import ConfirmedMark, Mark
from server.archive.disk_thread import DiskThread
from server.archive.record import GENESIS_HASH, Draft, Epoch, Record, make_records
from server.archive.store import Store, Write
from tests.archive.conftest import SyncedDisk
from tests.waiting import wait_until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the mark lies."""
    return tmp_path / "confirmed.json"


def mark_at(path: Path, index: int, *, is_held: bool = False) -> ConfirmedMark:
    mark = ConfirmedMark(path)
    mark.begin(index, b"h%d" % index, is_held=is_held)
    return mark


def kept(path: Path) -> tuple[int, bytes, int] | None:
    found = ConfirmedMark(path).kept
    return None if found is None else (found.index, bytes.fromhex(found.hash), found.committed)


def test_it_is_written_when_it_is_kept_and_not_before(path: Path) -> None:
    mark = mark_at(path, 3)
    mark.note(7, b"h7")
    assert kept(path) is None
    mark.keep(committed=5)
    assert kept(path) == (7, b"h7", 5)
    mark.note(9, b"h9")
    mark.keep(committed=12)
    assert kept(path) == (9, b"h9", 9)


def test_it_is_lowered_at_once_and_only_downwards(path: Path) -> None:
    mark = mark_at(path, 9)
    mark.keep(committed=9)
    mark.lower(6, b"h6")
    assert kept(path) == (6, b"h6", 6)
    mark.lower(8, b"h8")
    assert kept(path) == (6, b"h6", 6)


def test_an_empty_archive_has_none(path: Path) -> None:
    mark_at(path, 0).keep(committed=0)
    assert not path.exists()


def test_it_stays_as_it_is_while_the_archive_has_less(path: Path) -> None:
    mark_at(path, 9).keep(committed=9)
    mark = mark_at(path, 4, is_held=True)
    mark.keep(committed=4)
    mark.lower(2, b"h2")
    mark.note(5, b"h5")
    mark.keep(committed=4)
    assert kept(path) == (9, b"h9", 9)
    mark.release()
    mark.keep(committed=4)
    assert kept(path) == (5, b"h5", 4)


def test_one_that_cannot_be_read_is_none(path: Path) -> None:
    path.write_bytes(b'{"index": ')
    assert ConfirmedMark(path).kept is None


def test_a_claim_is_of_an_archive_that_nobody_has(path: Path) -> None:
    ConfirmedMark(path).claim(17)
    assert ConfirmedMark(path).kept == Mark(17, "", 0)


def records(count: int) -> list[Record]:
    return make_records(
        [Draft("message", "d", n, 0, b"") for n in range(count)], Epoch(1, "a", "n"), 0, GENESIS_HASH
    )


def test_the_disk_thread_notes_what_is_durable_and_lowers_before_a_cut(path: Path) -> None:
    """What is on the disk when the cut begins never has less than the mark says."""
    chain, done, seen = records(9), set[int](), list[tuple[int, bytes, int] | None]()

    class WatchedDisk(SyncedDisk):
        def commit(self, transaction: object) -> None:
            seen.append(kept(path))
            super().commit(transaction)

    store, mark = Store(WatchedDisk()), mark_at(path, 0)
    thread = DiskThread(store, persisted=done.add, loaded=lambda found: None, failed=print, mark=mark)
    thread.start()
    thread.write(1, Write(records=tuple(chain[:6])))
    wait_until(lambda: 1 in done, what="the first write")
    mark.keep(committed=6)
    thread.write(2, Write(cut_to=4))
    wait_until(lambda: 2 in done, what="the cut")
    assert seen == [None, (4, chain[3].hash, 4)]
    thread.write(3, Write(records=tuple(chain[4:8])))
    wait_until(lambda: 3 in done, what="the last write")
    thread.stop()
    mark.keep(committed=8)
    assert kept(path) == (8, chain[7].hash, 8)
