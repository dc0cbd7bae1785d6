"""The data folder: one process at a time, secrets for its owner alone, one sentence for what is wrong."""

import errno
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from server.cluster import data_folder
from server.cluster.data_folder import Cluster, DataFolder, FolderError, unusable_sentence
from server.cluster.folder_lock import FolderLock
from server.cluster.founding import found_cluster, found_second
from tests.source_tree import PROJECT
from tests.waiting import DEADLINE_S

CLUSTER = Cluster(cluster="c", chat="Lab", secret="00", server="s", name="a", peer="p", peer_address="b:1")
NOW_MS = 1_700_000_000_000
HOLD = """
import sys
from pathlib import Path
from server.cluster.data_folder import DataFolder
folder = DataFolder(Path(sys.argv[1]))
folder.lock()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """An empty folder that exists."""
    folder = DataFolder(tmp_path / "deep" / "data")
    folder.make()
    return folder


def test_what_is_written_is_read_again(folder: DataFolder) -> None:
    was_made = folder.is_made
    folder.write(CLUSTER)
    assert (was_made, folder.is_made) == (False, True)
    assert folder.read() == CLUSTER
    changed = msgspec.structs.replace(CLUSTER, listen="a:1")
    folder.write(changed)
    assert folder.read() == changed


def test_secrets_are_for_their_owner_alone(folder: DataFolder) -> None:
    found_cluster(folder, name="a", chat="Lab", is_plain=False, now_ms=NOW_MS)
    for path in folder.path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_a_full_disk_is_told_as_such(folder: DataFolder) -> None:
    assert "is full: make room" in unusable_sentence(folder.path, OSError(errno.ENOSPC, "no space"))
    assert "mend its permissions" in unusable_sentence(folder.path, OSError(errno.EACCES, "denied"))


def test_a_folder_without_a_server_is_told(folder: DataFolder) -> None:
    with pytest.raises(FolderError, match="There is no server in"):
        folder.read()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"cluster": 7}', b'{"unknown": 1}'])
def test_a_damaged_file_is_told_by_name(folder: DataFolder, content: bytes) -> None:
    (folder.path / "cluster.json").write_bytes(content)
    with pytest.raises(FolderError, match=r"cluster\.json is damaged"):
        folder.read()


def test_a_file_of_a_newer_version_is_not_cut_down(folder: DataFolder) -> None:
    content = msgspec.json.encode({**msgspec.to_builtins(CLUSTER), "new_key": 1})
    (folder.path / "cluster.json").write_bytes(content)
    with pytest.raises(FolderError, match="is damaged"):
        folder.read()


def test_a_place_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    blocked = DataFolder(tmp_path / "file" / "data")
    for use in (blocked.make, blocked.lock, lambda: blocked.write(CLUSTER), blocked.read):
        with pytest.raises(FolderError, match=r"cannot be used: .* Choose another one with --data"):
            use()


def test_one_process_at_a_time(folder: DataFolder) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=PROJECT,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(FolderError, match="is in use by another server process"):
            folder.lock()
        # A dead process holds nothing.
        holder.kill()
        holder.wait()
        folder.lock()
        folder.unlock()


def test_a_lock_is_given_back(folder: DataFolder) -> None:
    first, second = FolderLock(folder.path / "lock"), FolderLock(folder.path / "lock")
    assert first.acquire()
    assert not second.acquire()
    first.release()
    first.release()
    assert second.acquire()
    second.release()


def test_a_second_server_beside_the_first_shares_what_it_must(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path / "a"), DataFolder(tmp_path / "b")
    found_cluster(first, name="a", chat="Lab", is_plain=True, now_ms=NOW_MS)
    a, b = found_second(first, second, name="b", now_ms=NOW_MS)
    assert (first.read(), second.read()) == (a, b)
    assert (a.cluster, a.secret, a.chat, a.is_plain) == (b.cluster, b.secret, b.chat, b.is_plain)
    assert (a.peer, b.peer, a.peer_name, b.peer_name) == (b.server, a.server, "b", "a")
    assert (a.is_first, b.is_first, a.is_founder, b.is_founder) == (True, False, True, False)


def test_changes_at_the_same_time_are_all_kept(folder: DataFolder) -> None:
    folder.write(CLUSTER)
    barrier = threading.Barrier(4)

    def retire(server: str) -> None:
        folder.update(lambda kept: msgspec.structs.replace(kept, retired=(*kept.retired, server)))

    def retire_ten(name: str) -> None:
        for n in range(10):
            barrier.wait(DEADLINE_S)
            retire(f"{name}{n}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(retire_ten, "abcd"))
    assert sorted(folder.read().retired) == sorted(f"{name}{n}" for name in "abcd" for n in range(10))


def test_a_change_goes_on_beside_a_running_server_and_waits_for_another_change_only_so_long(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(CLUSTER)
    folder.lock()
    changed = DataFolder(folder.path).update(lambda kept: msgspec.structs.replace(kept, name="b"))
    assert changed == folder.read() == msgspec.structs.replace(CLUSTER, name="b")
    folder.unlock()
    monkeypatch.setattr(data_folder, "_CHANGE_TRIES", 2)
    other = FolderLock(folder.path / "cluster.lock")
    assert other.acquire()
    with pytest.raises(FolderError, match="is being changed by another process"):
        folder.update(lambda kept: CLUSTER)
    other.release()
    assert folder.read() == changed
