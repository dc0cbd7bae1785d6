"""`serve`: what goes wrong at a start is one sentence and an exit code, and nothing is lost."""

import contextlib
import dataclasses
import logging
import os
import shutil
import socket
import stat
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from server.cluster.data_folder import DataFolder
from server.cluster.founding import found_cluster, found_second
from server.cluster.pair_processes import choose_ports
from server.commands import serving
from server.commands.pair import make_pair_folders
from server.names.addresses import Address
from server.network.clock import SystemClock
from tests.commands.programs import Program, fails, run
from tests.end_to_end.people import People
from tests.waiting import wait_until

ANY = "127.0.0.1:0"
NOW_MS = 1_700_000_000_000


def make_pair(path: Path, chat: str = "Lab") -> tuple[DataFolder, DataFolder]:
    a, b = DataFolder(path / "a"), DataFolder(path / "b")
    found_cluster(a, name="a", chat=chat, is_plain=False, now_ms=NOW_MS)
    found_second(a, b, name="b", now_ms=NOW_MS)
    return a, b


def serve(folder: DataFolder, port: int, peer_port: int) -> list[object]:
    return [
        *("serve", "--data", folder.path, "--listen", ANY),
        *("--peer-listen", f"127.0.0.1:{port}", "--peer", f"127.0.0.1:{peer_port}"),
    ]


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        fails(
            1,
            f"Port {port} of 127.0.0.1 is in use",
            "serve",
            "--data",
            tmp_path,
            "--listen",
            f"127.0.0.1:{port}",
        )
    fails(1, "is not an address of this computer", "serve", "--data", tmp_path, "--listen", "203.0.113.77:0")


def test_a_folder_in_use_is_told_and_the_first_server_goes_on(tmp_path: Path) -> None:
    with Program("serve", "--data", tmp_path, "--listen", ANY) as first:
        first.wait_line("ready: ")
        fails(1, "is in use by another server process", "serve", "--data", tmp_path, "--listen", ANY)
        fails(
            1,
            "is in use by another server process",
            "init",
            "--data",
            tmp_path,
            "--listen",
            ANY,
            "--peer-listen",
            ANY,
        )
        assert first.is_running
        assert first.interrupt() == 0


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    # Not even the administrator may make a folder below a file.
    (tmp_path / "file").touch()
    fails(1, "cannot be used", "serve", "--data", tmp_path / "file" / "data", "--listen", ANY)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    if os.geteuid() != 0:
        fails(1, "cannot be used", "serve", "--data", locked, "--listen", ANY)


def test_a_damaged_cluster_file_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "cluster.json").write_text("{", encoding="utf-8")
    fails(1, "cluster.json is damaged", "serve", "--data", tmp_path, "--listen", ANY)
    assert (tmp_path / "cluster.json").read_text(encoding="utf-8") == "{"


def test_a_certificate_that_ended_while_nobody_was_there_is_renewed_at_the_start(
    tmp_path: Path, people: People
) -> None:
    folder = DataFolder(tmp_path / "server")
    years_ago_ms = SystemClock().wall_ms() - 5 * 365 * 24 * 3600 * 1000
    cluster = found_cluster(folder, name="a", chat="Lab", is_plain=False, now_ms=years_ago_ms)
    before = serving.invite_link(folder, cluster, [Address("127.0.0.1", 1)])
    with Program("serve", "--data", folder.path, "--listen", ANY, "--open") as server:
        port = int(server.wait_line("ready: ").split()[2].rstrip(",").rpartition(":")[2])
        anna = people.person(dataclasses.replace(before, addresses=(Address("127.0.0.1", port),)))
        anna.stored(anna.say("The old link is still good."))
        people.leave(anna)
        assert server.interrupt() == 0
        assert server.errors == ""


def test_an_archive_of_which_nothing_is_left_is_told_and_kept(tmp_path: Path) -> None:
    make_pair(tmp_path)
    folder = tmp_path / "a"
    (folder / "archive.sqlite").write_bytes(b"no database at all" * 100)
    for _ in range(2):
        # Said at each start, mended at the first.
        program = run("serve", "--data", folder, "--listen", ANY)
        assert program.code == 1
        assert "lacks records that this server once confirmed" in program.errors
        assert "--lead-anyway" in program.errors
    assert (folder / "damaged-1" / "archive.sqlite").read_bytes().startswith(b"no database")
    assert not (folder / "damaged-2").exists()
    for options in (["--lead-anyway"], []):
        with Program("serve", "--data", folder, "--listen", ANY, *options) as again:
            again.wait_line("pair: leader, solo")
            assert again.interrupt() == 0


def test_a_retired_server_whose_archive_is_damaged_says_so_and_ends(tmp_path: Path) -> None:
    a, _ = make_pair(tmp_path)
    a.update(lambda kept: msgspec.structs.replace(kept, is_retired=True))
    a.archive.write_bytes(b"no database at all" * 100)
    fails(1, "The archive cannot be read", *serve(a, *choose_ports(0).servers))
    assert a.archive.read_bytes().startswith(b"no database")


def test_an_archive_of_another_chat_is_told_and_kept(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for data in (ours, theirs):
        with Program("serve", "--data", data, "--listen", ANY) as server:
            server.wait_line("pair: leader, solo")
            assert server.interrupt() == 0
    shutil.copy(theirs / "archive.sqlite", ours)
    before = (ours / "archive.sqlite").read_bytes()
    fails(1, "belongs to another chat", "serve", "--data", ours, "--listen", ANY)
    assert (ours / "archive.sqlite").read_bytes() == before
    # A retired server would hand all of it over.
    DataFolder(ours).update(lambda kept: msgspec.structs.replace(kept, is_retired=True, peer="b" * 16))
    fails(1, "belongs to another chat", "serve", "--data", ours, "--listen", ANY, "--peer", "127.0.0.1:9")


@pytest.mark.parametrize("lacks", [False, True])
def test_old_damaged_files_are_removed_with_a_word_and_only_when_nothing_is_missing(
    tmp_path: Path, *, lacks: bool
) -> None:
    with Program("serve", "--data", tmp_path, "--listen", ANY) as server:
        server.wait_line("pair: leader, solo")
        assert server.interrupt() == 0
    folders = [tmp_path / f"damaged-{number}" for number in (1, 2, 3, 4)]
    for folder in folders:
        folder.mkdir()
        (folder / "archive.sqlite").write_bytes(b"damaged")
        os.utime(folder, (0, 0))
    if lacks:
        (tmp_path / "archive.sqlite").unlink()
        fails(
            1, "lacks records that this server once confirmed", "serve", "--data", tmp_path, "--listen", ANY
        )
    else:
        with Program("serve", "--data", tmp_path, "--listen", ANY) as server:
            server.wait_line("ready: ")
            wait_until(lambda: f"were removed ({folders[0]})" in server.errors, what="the word")
            assert server.interrupt() == 0
    assert [folder.exists() for folder in folders] == [lacks, True, True, True]


def test_a_missing_certificate_is_told(tmp_path: Path) -> None:
    a, _ = make_pair(tmp_path)
    (a.certificates / "server.pem").unlink()
    fails(1, "There is no certificate in", "serve", "--data", a.path, "--listen", ANY)


def test_a_peer_for_a_server_that_has_none_is_told(tmp_path: Path) -> None:
    fails(1, "There is no server in", "serve", "--data", tmp_path / "x", "--peer", "127.0.0.1:9")
    found_cluster(DataFolder(tmp_path / "y"), name="a", chat="Lab", is_plain=False, now_ms=NOW_MS)
    fails(1, "has no second one yet", "serve", "--data", tmp_path / "y", "--peer", "127.0.0.1:9")


@pytest.mark.parametrize("place", [0, 1])
def test_another_chat_at_the_peers_address_is_told_by_either_side(tmp_path: Path, place: int) -> None:
    ours, theirs = make_pair(tmp_path / "ours"), make_pair(tmp_path / "theirs", "Other")
    ports = choose_ports(0).servers
    with Program(*serve(theirs[0], ports[1], 1)) as other:
        other.wait_line("ready: ")
        before = ours[place].read()
        fails(1, "the server of another chat answers", *serve(ours[place], ports[0], ports[1]))
        after = msgspec.structs.replace(ours[place].read(), is_founder=before.is_founder)
        assert after == before
        assert other.is_running


@pytest.mark.parametrize("place", [0, 1])
def test_a_copied_folder_is_told(tmp_path: Path, place: int) -> None:
    original = make_pair(tmp_path)[place]
    ports = choose_ports(0).servers
    copy = DataFolder(tmp_path / "copy")
    copy.make()
    copy.certificates.mkdir()
    for name in ("cluster.json", "certificates/server.pem", "certificates/authority.pem"):
        (copy.path / name).write_bytes((original.path / name).read_bytes())
    with Program(*serve(copy, ports[1], 1)) as other:
        other.wait_line("ready: ")
        fails(1, "its data folder is a copy", *serve(original, ports[0], ports[1]))


def test_a_peer_that_is_not_there_is_told_and_the_server_goes_on(tmp_path: Path) -> None:
    a, _ = make_pair(tmp_path)
    ports = choose_ports(0).servers
    with Program(*serve(a, ports[0], ports[1])) as program:
        program.wait_line("ready: ")
        wait_until(lambda: "no server listens at that address" in program.errors, what="the warning")
        assert program.is_running
        assert program.interrupt() == 0


def test_a_wrong_setting_is_told_with_code_2_and_makes_nothing(tmp_path: Path) -> None:
    data = tmp_path / "x"
    fails(2, "listen (from the command line)", "serve", "--data", data, "--listen", "a b")
    fails(
        2, "without encryption a server listens", "serve", "--data", data, "--plain", "--listen", "10.0.0.1:0"
    )
    fails(2, "cannot be read", "serve", "--data", data, "--config", tmp_path / "none.toml")
    assert not data.exists()


def test_a_change_of_role_or_mode_is_said_once(tmp_path: Path) -> None:
    a, b = make_pair(tmp_path)
    ports = choose_ports(0).servers
    with Program(*serve(a, ports[0], ports[1])) as first:
        with Program(*serve(b, ports[1], ports[0])) as second:
            for program in (first, second):
                program.wait_line(", dual")
        # It may have said so before the other one came, too.
        wait_until(lambda: ", solo" in first.lines[-1], what="the last word")
    told = [line for line in first.lines if line.startswith("pair: ")]
    assert [line for line, after in pairwise(told) if line == after] == []


def test_a_clean_stop_and_a_start_again_keep_everything(tmp_path: Path) -> None:
    for _ in range(2):
        with Program("serve", "--data", tmp_path, "--listen", ANY) as program:
            program.wait_line("ready: ")
            assert program.interrupt() == 0
            assert program.errors == ""
    assert run("dump", tmp_path, "--check").code == 0


def test_a_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "server.log").mkdir()
    fails(1, f"The data folder {tmp_path} cannot be used", "serve", "--data", tmp_path, "--listen", ANY)


def test_a_pair_whose_making_was_cut_short_is_made_to_the_end(tmp_path: Path) -> None:
    first, second = make_pair_folders(tmp_path, chat="Lab", is_plain=True)
    first.write(msgspec.structs.replace(first.read(), peer="", peer_name=""))
    make_pair_folders(tmp_path, chat="Lab", is_plain=True)
    assert first.read().peer == second.read().server
    assert second.read().peer == first.read().server


def test_a_log_line_stays_one_line() -> None:
    formatter = serving._LineFormatter("%(levelname)s: %(message)s")
    record = logging.makeLogRecord({"levelname": "INFO", "msg": "a\nINFO: forged \x1b[2J\u202e é"})
    assert formatter.format(record) == "INFO: a\\nINFO: forged \\x1b[2J\\u202e é"


def test_on_a_full_disk_the_log_leaves_out_lines_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    handler = serving._LogFile("/dev/full")
    handler.emit(logging.LogRecord("server", logging.INFO, "", 0, "a line", (), None))
    assert capsys.readouterr().err == ""
    with contextlib.suppress(OSError):
        handler.close()


def test_nobody_else_reads_what_is_stored_whatever_the_folders_rights_are(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with Program("serve", "--data", tmp_path, "--listen", ANY) as server:
        server.wait_line("ready: ")
        assert server.interrupt() == 0
    assert {"archive.sqlite", "server.log"} <= {path.name for path in tmp_path.iterdir()}
    for path in tmp_path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
