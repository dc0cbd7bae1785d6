"""The disks: ordered tables, transactions, and what a reader sees; the real and the pretended one alike."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.archive.disk import (
    TABLES,
    DamagedDiskError,
    Disk,
    DiskError,
    DiskFullError,
    SqliteDisk,
    SqliteReader,
    Transaction,
)
from tests.archive.conftest import OpenDisk, SyncedDisk
from tests.simulation.disk import SimulatedDisk

# What SQLite answers about the connection that writes. FULL is 2: a commit is durable when it returns.
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "fullfsync": 1,
    "checkpoint_fullfsync": 1,
    "secure_delete": 1,
    "user_version": 1,
}


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


def test_a_new_put_leaves_what_is_there_and_comes_after_deletes(disk: Disk) -> None:
    put(disk, "facts", (b"x", b"old"), (b"y", b"old"))
    transaction = Transaction()
    for key, value in ((b"x", b"new"), (b"y", b"new"), (b"z", b"new"), (b"z", b"newer")):
        transaction.put_new("facts", key, value)
    transaction.delete("facts", b"y", b"y")
    disk.commit(transaction)
    assert list(disk.scan("facts", b"", b"\xff")) == [(b"x", b"old"), (b"y", b"new"), (b"z", b"new")]


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


def test_the_connection_that_writes_syncs_and_overwrites_as_the_documents_say(tmp_path: Path) -> None:
    disk = SqliteDisk(tmp_path / "archive.sqlite")
    put(disk, "records", (1, b"one"))
    found = {name: disk._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
    disk.close()
    assert found == PRAGMAS


def test_a_connection_that_reads_cannot_write(tmp_path: Path) -> None:
    disk = SqliteDisk(tmp_path / "archive.sqlite")
    put(disk, "records", (1, b"one"))
    reader = disk.reader()
    for statement in ("DELETE FROM records", "CREATE TABLE other (key)", "PRAGMA user_version = 9"):
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader._reading().execute(statement)
    assert reader.read("records", 1) == b"one"
    reader.close()
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


# --- damage


def change(path: Path, statement: str, *arguments: object) -> None:
    connection = sqlite3.connect(path)
    with connection:
        assert connection.execute(statement, arguments).rowcount == 1
    connection.close()


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A closed archive with three facts and two records."""
    path = tmp_path / "archive.sqlite"
    disk = SqliteDisk(path)
    put(disk, "facts", (b"a", b"one"), (b"b", b"two"), (b"c", b"three"))
    put(disk, "records", (1, b"one"), (2, b"two"))
    disk.close()
    return path


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE facts SET sealed = x'000000006f6e65' WHERE key = x'61'",
        "UPDATE facts SET sealed = (SELECT sealed FROM facts WHERE key = x'62') WHERE key = x'61'",
        "UPDATE facts SET sealed = x'' WHERE key = x'61'",
        "UPDATE facts SET sealed = 7 WHERE key = x'61'",
        "UPDATE facts SET key = x'61' WHERE key = x'62' AND (SELECT 1 FROM facts)",
    ],
)
def test_a_row_that_is_not_as_it_was_written_is_damage_and_no_answer(sealed: Path, statement: str) -> None:
    if statement.startswith("UPDATE facts SET key"):
        change(sealed, "DELETE FROM facts WHERE key = x'61'")
    change(sealed, statement)
    told: list[DamagedDiskError] = []
    disk = SqliteDisk(sealed, alert=told.append)
    with pytest.raises(DamagedDiskError, match="a row of the table facts is damaged"):
        disk.read("facts", b"a")
    with pytest.raises(DamagedDiskError):
        list(disk.reader().scan("facts", b"", b"\xff"))
    assert len(told) == 2
    assert disk.read("facts", b"c") == b"three"
    assert disk.read("facts", b"d") is None
    disk.close()


@pytest.mark.parametrize(("was", "became"), [("61", "60"), ("62", "6261"), ("63", "73")])
def test_a_row_whose_key_is_damaged_is_not_taken_for_one_that_is_not_there(
    sealed: Path, was: str, became: str
) -> None:
    # The order of the keys stays as it was, so nothing is wrong with the structure.
    change(sealed, f"UPDATE facts SET key = x'{became}' WHERE key = x'{was}'")  # noqa: S608
    reader = SqliteReader(sealed)
    reader.check()
    with pytest.raises(DamagedDiskError):
        reader.read("facts", bytes.fromhex(was))
    with pytest.raises(DamagedDiskError):
        list(reader.scan("facts", bytes.fromhex(was), bytes.fromhex(was)))
    reader.close()


def test_a_lost_table_is_damage_and_is_not_made_anew(sealed: Path) -> None:
    with sqlite3.connect(sealed) as connection:
        connection.execute("DROP TABLE ids")
    connection.close()
    with pytest.raises(DamagedDiskError, match="tables are missing"):
        SqliteDisk(sealed)


def test_the_structure_is_checked_as_a_whole(sealed: Path) -> None:
    reader = SqliteReader(sealed)
    reader.check()
    reader.close()
    content = bytearray(sealed.read_bytes())
    # The count of cells on the page of the facts: a row less, and nothing in the rows is wrong.
    page = next(at for at in range(4096, len(content), 4096) if b"three" in content[at : at + 4096])
    content[page + 4] -= 1
    sealed.write_bytes(content)
    with pytest.raises(DamagedDiskError):
        reader.check()
    reader.close()


def test_a_file_that_cannot_be_looked_at_is_a_disk_error_for_whoever_checks_it(sealed: Path) -> None:
    reader = SqliteReader(sealed)
    reader.check()
    sealed.rename(sealed.with_name("elsewhere"))
    with pytest.raises(DiskError, match="No such file"):
        reader.check()
    reader.close()


def test_an_archive_from_before_the_seals_is_sealed_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite"
    connection = sqlite3.connect(path)
    for table, kind in TABLES.items():
        rows = "" if kind == "INTEGER" else " WITHOUT ROWID"
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {table} (key {kind} PRIMARY KEY, value BLOB NOT NULL){rows}"
        )
    with connection:
        connection.execute("INSERT INTO records VALUES (1, x'6f6e65')")
        connection.execute("INSERT INTO facts VALUES (x'61', x'6f6e65')")
    connection.close()
    for _ in range(2):
        disk = SqliteDisk(path)
        assert (disk.read("records", 1), disk.read("facts", b"a")) == (b"one", b"one")
        disk.close()


# --- no room


def test_a_write_without_room_is_tried_once_more_when_room_is_made(tmp_path: Path) -> None:
    asked: list[str] = []

    def make_room() -> bool:
        asked.append("room")
        disk._connection.execute("PRAGMA max_page_count=1000000")
        return True

    disk = SqliteDisk(tmp_path / "archive.sqlite", make_room=make_room)
    disk._connection.execute("PRAGMA max_page_count=20")
    put(disk, "records", (1, b"x" * 200_000), (2, b"two"))
    assert asked == ["room"]
    assert disk.reader().read("records", 2) == b"two"
    disk.close()


def test_a_write_without_room_leaves_nothing_and_says_so(tmp_path: Path) -> None:
    asked: list[str] = []

    def make_no_room() -> bool:
        asked.append("room")
        return False

    disk = SqliteDisk(tmp_path / "archive.sqlite", make_room=make_no_room)
    disk._connection.execute("PRAGMA max_page_count=20")
    with pytest.raises(DiskFullError):
        put(disk, "records", (1, b"one"), (2, b"x" * 200_000))
    assert asked == ["room"]
    assert disk.reader().read("records", 1) is None
    disk.close()
