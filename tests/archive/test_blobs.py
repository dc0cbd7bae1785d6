"""Files on disk: whole and verified or not there at all, whoever wrote them and however they were torn."""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.archive.blobs import BLOCK_BYTES, KEPT_S, BlobStore, MissingBlobError, PartError
from server.archive.part import SYNC_BYTES, Part

SMALL = os.urandom(1000)
LARGE = os.urandom(SYNC_BYTES + BLOCK_BYTES // 3)
TEXT = b"The same words again and again. " * 40_000


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def files_in(tmp_path: Path) -> Iterator[Path]:
    return (path for path in (tmp_path / "blobs").rglob("*") if path.is_file())


def take(store: BlobStore, content: bytes, person: str = "anna", step: int = BLOCK_BYTES) -> Part:
    part = store.part(person, sha256_of(content), len(content))
    try:
        for offset in range(part.received, len(content), step):
            part.write(offset, content[offset : offset + step])
        part.finish()
    finally:
        part.close()
    return part


def test_a_file_is_whole_when_its_folders_are_synced_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr("server.archive.blobs._sync_folder", synced.append)
    store, folder = BlobStore(tmp_path / "blobs"), tmp_path / "blobs"
    assert synced == [folder, tmp_path]
    take(store, SMALL)
    assert synced[2:] == [folder, folder / sha256_of(SMALL)[:2]]
    # Also when somebody else had put it there.
    take(store, SMALL, "bert")
    assert synced[4:] == [folder / sha256_of(SMALL)[:2]]
    BlobStore(folder)
    assert len(synced) == 5


@pytest.mark.parametrize("content", [b"", b"x", SMALL, LARGE, TEXT], ids=["0", "1", "small", "large", "text"])
def test_what_was_written_is_read_from_any_place(store: BlobStore, content: bytes) -> None:
    sha256 = sha256_of(content)
    assert not store.has(sha256)
    assert take(store, content, step=100_000).is_done
    assert store.has(sha256)
    assert store.size_of(sha256) == len(content)
    assert (
        b"".join(store.read(sha256, offset, 99_999) for offset in range(0, len(content) + 1, 99_999))
        == content
    )
    assert store.read(sha256, len(content), 10) == b""
    assert store.read(sha256, len(content) + 5 * BLOCK_BYTES, 10) == b""
    assert store.read(sha256, 2**53, 10) == b""
    assert list(store.hashes()) == [sha256]


def test_what_can_be_packed_takes_less_of_the_disk(store: BlobStore, tmp_path: Path) -> None:
    take(store, TEXT)
    take(store, LARGE)
    text, large = sorted((path for path in files_in(tmp_path) if path.stat().st_size), key=_size)
    assert (text.suffix, large.suffix) == (".zst", "")
    assert _size(text) < len(TEXT) / 20
    assert _size(large) == len(LARGE)


def _size(path: Path) -> int:
    return path.stat().st_size


def test_a_transfer_goes_on_where_it_ended_also_in_another_process(store: BlobStore, tmp_path: Path) -> None:
    part = store.part("anna", sha256_of(LARGE), len(LARGE))
    part.write(0, LARGE[:300_000])
    # As after a kill -9: nobody closed it.
    again = BlobStore(tmp_path / "blobs")
    assert again.received("anna", sha256_of(LARGE)) == 300_000
    assert again.read_part("anna", sha256_of(LARGE), 299_999, 10) == LARGE[299_999:300_000]
    resumed = again.part("anna", sha256_of(LARGE), len(LARGE))
    assert resumed.received == 300_000
    resumed.write(300_000, LARGE[300_000:])
    resumed.finish()
    resumed.close()
    part.close()
    assert again.read(sha256_of(LARGE), 0, len(LARGE)) == LARGE


def test_a_torn_part_is_found_by_its_hash_and_begun_anew(store: BlobStore, tmp_path: Path) -> None:
    part = store.part("anna", sha256_of(SMALL), len(SMALL))
    part.write(0, SMALL[:500])
    part.close()
    (torn,) = files_in(tmp_path)
    torn.write_bytes(SMALL[:400] + bytes(100))
    part = store.part("anna", sha256_of(SMALL), len(SMALL))
    part.write(500, SMALL[500:])
    with pytest.raises(PartError, match="wrong_hash"):
        part.finish()
    assert part.received == 0
    part.close()
    assert not store.has(sha256_of(SMALL))
    take(store, SMALL)
    assert store.read(sha256_of(SMALL), 0, 2000) == SMALL


def test_a_part_that_is_longer_than_the_file_is_begun_anew(store: BlobStore, tmp_path: Path) -> None:
    store.part("anna", sha256_of(SMALL), len(SMALL)).close()
    (part,) = files_in(tmp_path)
    part.write_bytes(bytes(len(SMALL) + 1))
    assert take(store, SMALL).is_done


def test_more_than_declared_or_at_another_place_is_not_taken(store: BlobStore) -> None:
    part = store.part("anna", sha256_of(SMALL), len(SMALL))
    part.write(0, SMALL[:10])
    for offset, data, code in [
        (0, b"x", "wrong_offset"),
        (11, b"x", "wrong_offset"),
        (10, bytes(len(SMALL)), "too_many_bytes"),
    ]:
        with pytest.raises(PartError, match=code):
            part.write(offset, data)
    part.write(10, SMALL[10:])
    part.finish()
    part.close()
    assert store.read(sha256_of(SMALL), 0, 2000) == SMALL


def test_one_part_has_one_writer(store: BlobStore) -> None:
    part = store.part("anna", sha256_of(SMALL), len(SMALL))
    with pytest.raises(PartError, match="in_use"):
        store.part("anna", sha256_of(SMALL), len(SMALL))
    store.part("bert", sha256_of(SMALL), len(SMALL)).close()
    part.close()
    store.part("anna", sha256_of(SMALL), len(SMALL)).close()


def test_knowing_a_hash_shows_nothing(store: BlobStore) -> None:
    take(store, SMALL, "anna")
    sha256 = sha256_of(SMALL)
    assert store.is_shown("anna", sha256)
    assert not store.is_shown("bert", sha256)
    part = store.part("bert", sha256, len(SMALL))
    assert part.received == 0
    part.close()
    store.remove(sha256)
    assert not store.is_shown("anna", sha256)


def test_two_people_who_send_the_same_share_one_file(store: BlobStore, tmp_path: Path) -> None:
    take(store, SMALL, "anna")
    take(store, SMALL, "bert")
    assert [path.stat().st_size for path in files_in(tmp_path) if path.stat().st_size] == [len(SMALL)]
    assert store.is_shown("bert", sha256_of(SMALL))


def test_what_a_person_has_sent_and_not_used_counts(store: BlobStore) -> None:
    take(store, SMALL, "anna")
    part = store.part("anna", sha256_of(LARGE), len(LARGE))
    part.write(0, LARGE[:700])
    assert store.reserved("anna", "", never) == (2, len(SMALL) + 700)
    assert store.reserved("anna", sha256_of(LARGE), never) == (1, len(SMALL))
    assert store.reserved("bert", "", never) == (0, 0)
    assert store.reserved("anna", "", lambda _person, _sha256: True) == (1, 700)
    part.close()


def never(person: str, sha256: str) -> bool:
    return False


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", "/" * 64])
def test_what_is_no_hash_never_becomes_a_path(store: BlobStore, name: str) -> None:
    for use in (
        lambda: store.has(name),
        lambda: store.read(name, 0, 1),
        lambda: store.remove(name),
        lambda: store.part("anna", name, 1),
        lambda: store.received("anna", name),
    ):
        with pytest.raises(ValueError, match="SHA-256"):
            use()


def test_a_person_of_any_name_stays_in_the_folder(store: BlobStore, tmp_path: Path) -> None:
    take(store, SMALL, "../../../anna/\x00")
    assert {path.resolve().is_relative_to(tmp_path / "blobs") for path in files_in(tmp_path)} == {True}


def test_what_is_not_there_is_missing(store: BlobStore) -> None:
    with pytest.raises(MissingBlobError):
        store.read("0" * 64, 0, 1)
    with pytest.raises(MissingBlobError):
        store.read_part("anna", "0" * 64, 0, 1)
    assert not store.touch("0" * 64)


def test_what_is_a_day_old_is_found_and_such_parts_are_removed(store: BlobStore, tmp_path: Path) -> None:
    take(store, SMALL)
    take(store, TEXT)
    store.part("anna", sha256_of(LARGE), len(LARGE)).close()
    now_s = time.time()
    store.sweep_parts(now_s)
    assert list(store.untouched(now_s)) == []
    assert len(list(files_in(tmp_path))) == 5
    later_s = now_s + KEPT_S + 60
    assert set(store.untouched(later_s)) == {sha256_of(SMALL), sha256_of(TEXT)}
    store.sweep_parts(later_s)
    # Without both marks and the part.
    assert len(list(files_in(tmp_path))) == 2
    assert store.read(sha256_of(TEXT), 0, 10) == TEXT[:10]


def test_the_sweep_leaves_what_is_being_written_or_was_touched(store: BlobStore) -> None:
    take(store, SMALL)
    part = store.part("anna", sha256_of(LARGE), len(LARGE))
    assert store.touch(sha256_of(SMALL))
    assert list(store.untouched(time.time() + KEPT_S - 60)) == []
    assert list(store.untouched(time.time() + KEPT_S + 60)) == [sha256_of(SMALL)]
    store.sweep_parts(time.time() + KEPT_S + 60)
    part.write(0, LARGE)
    part.finish()
    part.close()
    assert store.has(sha256_of(LARGE))
