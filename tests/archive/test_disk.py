"""The disks: ordered tables, transactions, and what a reader sees; the real and the pretended one alike."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.archive.disk import Disk, DiskError, SqliteDisk, Transaction
from tests.archive.conftest import OpenDisk, SyncedDisk
from tests.simulation.disk import SimulatedDisk


def put(disk: Disk, table: str, *pairs: tuple[int | bytes, bytes]) -> None:
    transaction = Transaction()
    for key, value in pairs:
        transaction.put(table, key, value)
    disk.commit(transaction)


def test_what_was_put_is_read_and_scanned_in_order(disk: Disk) -> None:
    put(disk, "records", (3, b"three"), (1, b"one"), (2, b"two"))
    assert disk.read("records", 2) == b"two"
    assert disk.read("records", 4) is None
    assert list(disk.scan("records", 1, 2)) == [(1, b"one"), (2, b"two")]
    assert list(disk.scan("records", 2, 9, is_backwards=True)) == [(3, b"three"), (2, b"two")]


def test_keys_of_bytes_are_ordered_as_bytes(disk: Disk) -> None:
    put(disk, "ids", (b"b", b"1"), (b"a\x00", b"2"), (b"a", b"3"), (b"\xff", b"4"))
    assert [key for key, _ in disk.scan("ids", b"a", b"b")] == [b"a", b"a\x00", b"b"]


def test_a_second_put_replaces_the_first(disk: Disk) -> None:
    put(disk, "facts", (b"x", b"old"))
    put(disk, "facts", (b"x", b"new"))
    assert list(disk.scan("facts", b"", b"\xff")) == [(b"x", b"new")]


def test_deletes_come_before_puts_of_the_same_transaction(disk: Disk) -> None:
    put(disk, "records", *[(index, b"old") for index in range(1, 6)])
    transaction = Transaction()
    transaction.put("records", 4, b"new")
    transaction.delete("records", 3, 9)
    disk.commit(transaction)
    assert list(disk.scan("records", 0, 9)) == [(1, b"old"), (2, b"old"), (4, b"new")]


def test_what_was_committed_is_there_when_it_is_opened_again(open_disk: OpenDisk) -> None:
    put(open_disk(), "records", (1, b"one"))
    assert open_disk().read("records", 1) == b"one"


def test_a_reader_sees_what_is_committed(disk: Disk) -> None:
    reader = disk.reader()
    assert reader.read("records", 1) is None
    put(disk, "records", (1, b"one"))
    assert reader.read("records", 1) == b"one"
    assert list(reader.scan("records", 0, 9)) == [(1, b"one")]


def test_an_unknown_table_is_our_own_mistake(disk: Disk) -> None:
    with pytest.raises((AssertionError, KeyError)):
        disk.read("nonsense", 1)


KEYS = st.integers(0, 12)
STEPS = st.lists(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), KEYS, st.binary(max_size=3)), st.tuples(st.just("delete"), KEYS, KEYS)
        ),
        max_size=5,
    ),
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(STEPS)
def test_both_disks_do_the_same(tmp_path: Path, steps: list[list[tuple[str, int, int | bytes]]]) -> None:
    (tmp_path / "d.sqlite").unlink(missing_ok=True)
    real, pretended = SqliteDisk(tmp_path / "d.sqlite"), SyncedDisk()
    try:
        for step in steps:
            transaction = Transaction()
            for action, key, value in step:
                if isinstance(value, bytes):
                    transaction.put("records", key, value)
                else:
                    assert action == "delete"
                    transaction.delete("records", key, value)
            real.commit(transaction)
            pretended.commit(transaction)
            assert list(real.scan("records", 0, 20)) == list(pretended.scan("records", 0, 20))
            assert list(real.scan("records", 3, 9, is_backwards=True)) == list(
                pretended.scan("records", 3, 9, is_backwards=True)
            )
    finally:
        real.close()


# --- each for itself


def test_the_real_disk_says_in_words_that_it_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="unable to open"):
        SqliteDisk(tmp_path / "nowhere" / "archive.sqlite")


def test_the_real_disk_refuses_a_file_that_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite"
    path.write_bytes(b"this is no database, it only lies where one should be" * 40)
    with pytest.raises(DiskError):
        SqliteDisk(path)


def test_a_commit_that_fails_raises_a_disk_error(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite"
    disk = SqliteDisk(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA busy_timeout=0")
    other.execute("BEGIN IMMEDIATE")
    disk._connection.execute("PRAGMA busy_timeout=0")
    with pytest.raises(DiskError):
        put(disk, "records", (1, b"one"))
    other.close()
    disk.close()


def test_the_pretended_disk_keeps_a_prefix_of_what_was_not_synced() -> None:
    for kept in range(4):
        disk = SimulatedDisk()
        for key in range(1, 4):
            put(disk, "records", (key, b""))
        assert disk.unsynced == 3
        assert disk.reader().last_key("records") is None
        disk.crash(kept)
        assert [key for key, _ in disk.scan("records", 0, 9)] == list(range(1, kept + 1))
        assert disk.unsynced == 0


def test_the_pretended_disk_never_loses_what_was_synced() -> None:
    disk = SimulatedDisk()
    put(disk, "records", (1, b"one"))
    disk.sync()
    put(disk, "records", (1, b"other"))
    disk.crash(0)
    assert disk.read("records", 1) == b"one"


def test_a_broken_pretended_disk_refuses() -> None:
    disk = SimulatedDisk()
    disk.is_broken = True
    with pytest.raises(DiskError):
        put(disk, "records", (1, b"one"))
