"""Opening an archive: what is damaged is mended or refused, and no answer is ever wrong."""

import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from server.archive.belonging import CLUSTER_FACT, ForeignArchiveError
from server.archive.checking import check_rows
from server.archive.confirmed import ConfirmedMark
from server.archive.disk import DamagedDiskError, SqliteReader
from server.archive.record import GENESIS_HASH, Draft, Epoch, make_records, redraft
from server.archive.salvage import wal_path
from server.archive.seals import seal
from server.archive.store import Write
from server.mending import Mended, note_damage, note_path
from server.opening import Opened, open_archive
from tests.damage_campaign import CLUSTER, close, copy, lives_with, opened, says_the_truth
from tests.damaged_archives import EPOCH, Truth, damage, make_archive
from tests.state.archive_of import as_older_version_wrote

PLACES = 200


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Truth]]:
    """One that was stopped and one whose process died, each with what it says."""
    found = []
    for is_crashed in (False, True):
        path = tmp_path_factory.mktemp("archive") / "archive.sqlite"
        found.append((path, make_archive(path, is_crashed=is_crashed)))
    return found


@pytest.fixture
def stopped(archives: list[tuple[Path, Truth]], tmp_path: Path) -> tuple[Path, Truth]:
    """A copy of the stopped one."""
    return copy(archives[0][0], tmp_path / "copy"), archives[0][1]


@pytest.fixture
def crashed(archives: list[tuple[Path, Truth]], tmp_path: Path) -> tuple[Path, Truth]:
    """A copy of the crashed one."""
    return copy(archives[1][0], tmp_path / "copy"), archives[1][1]


def mended(found: Opened) -> Mended:
    assert found.mended is not None
    return found.mended


def test_a_good_archive_is_opened_as_it_is(stopped: tuple[Path, Truth]) -> None:
    archive, truth = stopped
    found = opened(archive)
    assert (found.mended, found.lacks_confirmed) == (None, False)
    says_the_truth(found, truth)
    close(found)


def test_what_a_killed_server_left_is_whole(crashed: tuple[Path, Truth]) -> None:
    archive, truth = crashed
    found = opened(archive)
    assert (found.mended, found.lacks_confirmed) == (None, False)
    says_the_truth(found, truth)
    close(found)


@pytest.mark.parametrize("part", range(10))
def test_two_hundred_damages_and_never_a_wrong_answer(
    archives: list[tuple[Path, Truth]], tmp_path: Path, rng: random.Random, part: int
) -> None:
    for place in range(PLACES // 10):
        path, truth = archives[place % 2]
        archive = copy(path, tmp_path / f"{part}-{place}")
        done = damage(rng, archive)
        try:
            lives_with(archive, truth)
        except Exception as error:
            error.add_note(f"after: {done}")
            raise
        shutil.rmtree(archive.parent)


def test_what_is_only_derived_is_made_anew_without_any_loss(stopped: tuple[Path, Truth]) -> None:
    archive, truth = stopped
    connection = sqlite3.connect(archive)
    for table in ("timeline", "numbers", "ids", "snapshots"):
        connection.execute(f"UPDATE {table} SET sealed = x'0011223344556677'")  # noqa: S608
    connection.commit()
    connection.close()
    found = opened(archive)
    assert mended(found).records == len(truth.hashes)
    says_the_truth(found, truth)
    close(found)


def test_an_archive_of_an_older_version_is_opened_and_folded_anew(stopped: tuple[Path, Truth]) -> None:
    archive, truth = stopped
    connection = sqlite3.connect(archive)
    connection.create_function("seal", 3, seal)
    connection.create_function("as_older", 1, as_older_version_wrote)
    connection.execute("UPDATE snapshots SET sealed = seal('snapshots', key, as_older(substr(sealed, 5)))")
    connection.execute("DROP TABLE changes")
    connection.execute("PRAGMA user_version = 0")
    connection.commit()
    connection.close()
    found = opened(archive)
    assert found.mended is None
    says_the_truth(found, truth)
    assert list(found.reader.all_changes()) == []
    close(found)


def test_a_file_that_sqlite_would_only_read_is_damaged(stopped: tuple[Path, Truth]) -> None:
    archive, truth = stopped
    content = bytearray(archive.read_bytes())
    content[18] = 6
    archive.write_bytes(content)
    found = opened(archive)
    assert mended(found).records == len(truth.hashes)
    says_the_truth(found, truth)
    close(found)


@pytest.mark.parametrize("table", ["timeline", "numbers", "ids"])
def test_rows_that_are_gone_are_found_by_the_check_of_every_row(
    stopped: tuple[Path, Truth], table: str
) -> None:
    archive, _truth = stopped
    connection = sqlite3.connect(archive)
    query = f"SELECT key FROM {table} ORDER BY key LIMIT 1 OFFSET 1"  # noqa: S608
    connection.execute(f"DELETE FROM {table} WHERE key = ({query})")  # noqa: S608
    connection.commit()
    connection.close()
    reader = SqliteReader(archive)
    if table == "timeline":
        # Nothing but the fold knows it, and nothing but a stale page can lose it.
        list(check_rows(reader))
    else:
        with pytest.raises(DamagedDiskError):
            list(check_rows(reader))
    reader.close()


def test_a_good_archive_passes_the_check_of_every_row(stopped: tuple[Path, Truth]) -> None:
    reader = SqliteReader(stopped[0])
    assert len(list(check_rows(reader))) > 4
    reader.close()


def test_the_damaged_files_are_kept_as_they_were_found(crashed: tuple[Path, Truth]) -> None:
    archive, _truth = crashed
    content = bytearray(wal_path(archive).read_bytes())
    content[9_000] ^= 1
    wal_path(archive).write_bytes(content)
    before = archive.read_bytes()
    found = opened(archive)
    kept = mended(found).kept
    assert wal_path(kept / archive.name).read_bytes() == content
    assert (kept / archive.name).read_bytes() == before
    assert sorted(path.name for path in kept.iterdir()) == [archive.name, wal_path(archive).name]
    close(found)


def test_an_archive_that_is_gone_is_missed(stopped: tuple[Path, Truth]) -> None:
    archive, _truth = stopped
    archive.unlink()
    found = opened(archive)
    assert (found.lacks_confirmed, found.mended, found.log.last_index) == (True, None, 0)
    close(found)


def test_a_damaged_write_ahead_log_without_its_archive_is_mended(crashed: tuple[Path, Truth]) -> None:
    archive, _truth = crashed
    log = wal_path(archive)
    content = bytearray(log.read_bytes())
    content[2_000] ^= 0xFF
    log.write_bytes(content)
    archive.unlink()
    found = opened(archive)
    assert mended(found).kept.is_dir()
    close(found)


def test_an_old_copy_of_an_archive_is_noticed(archives: list[tuple[Path, Truth]], tmp_path: Path) -> None:
    archive = copy(archives[1][0], tmp_path / "copy")
    # The database without its WAL is how the archive was some time ago: in good order, and too short.
    wal_path(archive).unlink()
    found = opened(archive)
    assert (found.lacks_confirmed, found.mended) == (True, None)
    assert 0 < found.log.last_index < len(archives[1][1].hashes)
    close(found)


@pytest.mark.parametrize("stop", ["moved_wal", "moved", "building", "built"])
def test_mending_that_was_interrupted_is_done_again(
    crashed: tuple[Path, Truth], monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    class PowerLossError(Exception):
        pass

    archive, truth = crashed
    content = bytearray(wal_path(archive).read_bytes())
    content[9_000] ^= 1
    wal_path(archive).write_bytes(content)
    calls = {"moved_wal": 1, "moved": 2, "built": 3}
    replace, count = Path.replace, 0

    def replace_or_stop(self: Path, target: Path) -> Path:
        nonlocal count
        if self.name.startswith("mending"):
            return replace(self, target)
        result = replace(self, target)
        count += 1
        if count == calls.get(stop):
            raise PowerLossError
        return result

    def build_or_stop(*arguments: object) -> Mended:
        raise PowerLossError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace_or_stop)
        if stop == "building":
            patch.setattr("server.mending._build", build_or_stop)
        with pytest.raises(PowerLossError):
            opened(archive)
    found = opened(archive)
    assert mended(found).kept.name == "damaged-1"
    says_the_truth(found, truth)
    assert not note_path(archive).exists()
    assert len(list(archive.parent.glob("damaged-*"))) == 1
    close(found)


def test_a_note_without_damage_is_forgotten(stopped: tuple[Path, Truth]) -> None:
    archive, truth = stopped
    note_damage(archive)
    found = opened(archive)
    assert found.mended is None
    assert not note_path(archive).exists()
    says_the_truth(found, truth)
    close(found)


def test_a_request_that_stands_twice_after_a_merge_is_no_damage(tmp_path: Path) -> None:
    archive = tmp_path / "archive.sqlite"
    truth = make_archive(archive, is_crashed=False)
    found = opened(archive)
    (first,) = [record for record in found.reader.all_records() if record.index == 20]
    (again,) = make_records([redraft(first)], EPOCH, found.log.last_index, found.log.last_hash)
    found.store.commit([Write(records=(again,))])
    close(found)
    reader = SqliteReader(archive)
    list(check_rows(reader))
    reader.close()
    assert len(truth.hashes) + 1 == again.index


def test_what_stands_behind_a_gap_waits_for_its_re_submission_and_so_does_what_waited(
    stopped: tuple[Path, Truth],
) -> None:
    archive, truth = stopped
    found = opened(archive)
    other = Epoch(7, "b" * 16, "n")
    lost = make_records([Draft("message", "e" * 32, 1, 0, b"body")], other, 0, GENESIS_HASH)
    found.store.commit([Write(quarantined=(redraft(lost[0]),))])
    close(found)
    connection = sqlite3.connect(archive)
    connection.execute("UPDATE records SET sealed = x'0011223344' WHERE key IN (60, 100)")
    connection.commit()
    connection.close()
    note_damage(archive)
    found = opened(archive)
    # Two rows are gone for good; all others are in the log or wait.
    assert mended(found).records == 59
    assert mended(found).set_aside == len(truth.hashes) - 61 + 1
    rows = found.reader.quarantine(b"", 1_000)
    waiting = [row.draft for row in rows]
    assert len(waiting) == mended(found).set_aside
    assert [draft.origin.index for draft in waiting if draft.origin and draft.origin.epoch == EPOCH] == [
        index for index in range(61, len(truth.hashes) + 1) if index != 100
    ]
    assert ("e" * 32, 1) in {draft.id for draft in waiting}
    assert found.lacks_confirmed
    close(found)


def test_an_archive_says_whose_it_is_from_its_first_start_on(stopped: tuple[Path, Truth]) -> None:
    archive, truth = stopped
    # Made before archives said it: taken for the own one, once.
    assert SqliteReader(archive).read("facts", CLUSTER_FACT.encode()) is None
    close(opened(archive))
    assert SqliteReader(archive).read("facts", CLUSTER_FACT.encode()) == CLUSTER.encode()
    found = opened(archive)
    says_the_truth(found, truth)
    close(found)


def test_an_archive_of_another_chat_is_refused_and_left_as_it_is(stopped: tuple[Path, Truth]) -> None:
    archive, _truth = stopped
    close(opened(archive))
    before = archive.read_bytes()
    mark = ConfirmedMark(archive.with_name("confirmed.json"))
    with pytest.raises(ForeignArchiveError) as refused:
        open_archive(archive, "d" * 16, mark)
    assert (refused.value.theirs, refused.value.mine) == (CLUSTER, "d" * 16)
    assert archive.read_bytes() == before


@pytest.mark.parametrize("is_carved", [False, True])
def test_an_archive_of_another_chat_is_refused_also_when_it_is_damaged(
    stopped: tuple[Path, Truth], *, is_carved: bool
) -> None:
    archive, _truth = stopped
    close(opened(archive))
    if is_carved:
        content = bytearray(archive.read_bytes())
        content[:100] = bytes(100)
        archive.write_bytes(content)
    else:
        connection = sqlite3.connect(archive)
        connection.execute("UPDATE records SET sealed = x'0011223344' WHERE key = 60")
        connection.commit()
        connection.close()
    note_damage(archive)
    before = archive.read_bytes()
    mark = ConfirmedMark(archive.with_name("confirmed.json"))
    with pytest.raises(ForeignArchiveError):
        open_archive(archive, "d" * 16, mark)
    assert archive.read_bytes() == before
    assert not list(archive.parent.glob("damaged-*"))
    # The owner mends it, and the new one says the same.
    close(opened(archive))
    assert SqliteReader(archive).read("facts", CLUSTER_FACT.encode()) == CLUSTER.encode()


def test_an_archive_that_is_other_than_it_should_be_is_taken_for_nobodys(
    archives: list[tuple[Path, Truth]], tmp_path: Path
) -> None:
    archive = copy(archives[1][0], tmp_path / "copy")
    wal_path(archive).unlink()
    found = opened(archive)
    assert found.lacks_confirmed
    close(found)
    assert SqliteReader(archive).read("facts", CLUSTER_FACT.encode()) is None
