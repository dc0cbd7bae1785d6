"""The write-ahead log as bytes: whole, torn or damaged, and what is still in it."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from server.archive import wal

FRAME = 24 + wal.PAGE_BYTES


def made(path: Path, *, rounds: int = 1) -> bytes:
    """A log of nine transactions with a frame or two each, behind `rounds - 1` older rounds."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE t (key INTEGER PRIMARY KEY, value BLOB)")
    for turn in range(rounds):
        if turn:
            connection.execute("PRAGMA wal_checkpoint(RESTART)")
        for number in range(9 if turn == rounds - 1 else 30):
            connection.execute("INSERT INTO t (value) VALUES (?)", (bytes([number]) * 1_500,))
    content = path.with_name(path.name + "-wal").read_bytes()
    connection.close()
    return content


def changed(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]


@pytest.mark.parametrize("rounds", [1, 3])
def test_a_log_that_was_written_to_its_end_is_whole(tmp_path: Path, rounds: int) -> None:
    content = made(tmp_path / "d", rounds=rounds)
    assert wal.is_whole(content)
    assert not wal.is_damaged(content)


@pytest.mark.parametrize("length", [0, 10, 32, 32 + FRAME, 32 + 3 * FRAME - 1])
def test_a_log_that_ends_early_is_whole_for_nobody_can_tell(tmp_path: Path, length: int) -> None:
    content = made(tmp_path / "d")[:length]
    assert not wal.is_damaged(content) or length == 10


def test_a_change_with_transactions_behind_it_is_damage(tmp_path: Path) -> None:
    content = made(tmp_path / "d")
    for at in (1, 9, 17, 25, 33, 40, 50, 32 + 24 + 700, 32 + 2 * FRAME + 3, 32 + 4 * FRAME + 999):
        assert wal.is_damaged(changed(content, at)), at
        assert not wal.is_whole(changed(content, at)), at


def test_a_change_in_the_last_transaction_may_be_a_loss_of_power(tmp_path: Path) -> None:
    content = made(tmp_path / "d")
    last = changed(content, len(content) - 100)
    assert not wal.is_damaged(last)
    assert not wal.is_whole(last)


@pytest.mark.parametrize("rounds", [1, 3])
def test_sqlite_reads_a_mended_log_to_its_end(tmp_path: Path, rounds: int) -> None:
    path = tmp_path / "d"
    made(path, rounds=rounds)
    # As a process that died leaves it: the database without what is only in the log.
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA wal_autocheckpoint=0")
    for number in range(9):
        connection.execute("INSERT INTO t (value) VALUES (?)", (bytes([number + 100]) * 1_500,))
    expected = connection.execute("SELECT count(*) FROM t").fetchone()
    copy = tmp_path / "copy"
    shutil.copyfile(path, copy)
    content = path.with_name("d-wal").read_bytes()
    connection.close()
    for at in (3, 20, 32 + 18, 32 + 24 + 4_000):
        mended = wal.mended(changed(content, at))
        assert wal.is_whole(mended)
        copy.with_name("copy-wal").write_bytes(mended)
        reading = sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True)
        assert reading.execute("SELECT count(*) FROM t").fetchone() == expected
        reading.close()
