"""A client's disk: what is sent is as it was, what is fetched stays in its folder and replaces nothing."""

import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.network.file_transfers import ChangedFileError, FileTransfers, Source, Target
from server.protocol.compression import unpack
from tests.waiting import wait_until

CONTENT = os.urandom(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def test_a_file_is_read_piece_by_piece_packed_where_that_helps(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(CONTENT)
    source = Source(tmp_path / "noise")
    assert (source.sha256, source.size) == (SHA256, len(CONTENT))
    assert source.read(100_000, 50_000) == (CONTENT[100_000:150_000], False)
    source.close()
    (tmp_path / "words").write_bytes(b"words " * 10_000)
    source = Source(tmp_path / "words")
    raw, is_packed = source.read(6, 30_000)
    assert is_packed
    assert unpack(raw, 30_000) == b"words " * 5_000
    source.close()


def test_a_file_that_shrinks_while_it_is_sent_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(CONTENT)
    source = Source(path)
    os.truncate(path, 10)
    with pytest.raises(ChangedFileError):
        source.read(0, 100)
    source.close()


def fetched(folder: Path, name: str) -> Path:
    target = Target(folder, name, SHA256, len(CONTENT))
    target.keep(target.done, CONTENT[target.done :])
    return target.finish()


def test_what_is_fetched_gets_a_free_name_and_replaces_nothing(tmp_path: Path) -> None:
    for expected in ("a.tar.gz", "a.tar (2).gz", "a.tar (3).gz"):
        path = fetched(tmp_path, "a.tar.gz")
        assert path == tmp_path / expected
        assert path.read_bytes() == CONTENT
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert fetched(tmp_path, "README").name == "README"
    assert fetched(tmp_path, "README").name == "README (2)"


@pytest.mark.parametrize(
    "name", ["../../x", "/etc/x", "..", ".bashrc", "a/b", "a\\b", "", "con", "x\x00y", "\u202ex"]
)
def test_no_name_leaves_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "downloads"
    path = fetched(folder, name)
    assert path.parent == folder
    assert not path.name.startswith(".")
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mine")
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / "x.txt").symlink_to(secret)
    (folder / "dangling.txt").symlink_to(tmp_path / "made by the link")
    assert fetched(folder, "x.txt").name == "x (2).txt"
    assert fetched(folder, "dangling.txt").name == "dangling (2).txt"
    assert secret.read_text() == "mine"
    assert not (tmp_path / "made by the link").exists()


def test_it_goes_on_behind_what_is_there(tmp_path: Path) -> None:
    target = Target(tmp_path, "x", SHA256, len(CONTENT))
    target.keep(0, CONTENT[:1000])
    with pytest.raises(ChangedFileError):
        target.keep(0, CONTENT[:1000])
    target.close()
    target = Target(tmp_path, "x", SHA256, len(CONTENT))
    assert target.done == 1000
    target.keep(1000, CONTENT[1000:])
    assert target.finish().read_bytes() == CONTENT


def test_what_is_another_file_is_thrown_away(tmp_path: Path) -> None:
    target = Target(tmp_path, "x", SHA256, len(CONTENT))
    target.keep(0, bytes(len(CONTENT)))
    with pytest.raises(ChangedFileError):
        target.finish()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / f".{SHA256[:16]}.part").write_bytes(bytes(len(CONTENT) + 1))
    target = Target(tmp_path, "x", SHA256, len(CONTENT))
    assert target.done == 0
    target.close()


@pytest.fixture
def work() -> Iterator[FileTransfers]:
    transfers = FileTransfers(lambda function: function())
    yield transfers
    transfers.stop()


def test_what_goes_wrong_is_told_in_words(work: FileTransfers, tmp_path: Path) -> None:
    failures: list[tuple[str, str]] = []
    failed: Callable[[str, str], None] = lambda code, reason: failures.append((code, reason))  # noqa: E731
    work.open(1, lambda: Source(tmp_path / "none"), lambda _end: None, failed)
    wait_until(lambda: failures)
    assert failures == [("file_trouble", os.strerror(2))]
    (tmp_path / "x").write_bytes(b"x")
    opened = threading.Event()
    work.open(2, lambda: Source(tmp_path / "x"), lambda _end: opened.set(), failed)
    wait_until(opened.is_set)
    work.read(2, 0, 5, lambda _raw, _packed: None, failed)
    wait_until(lambda: len(failures) == 2)
    assert failures[1] == ("file_changed", "")
    done: list[str] = []
    work.finish(2, done.append, failed)
    wait_until(lambda: done == [""])
