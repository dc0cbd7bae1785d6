"""`torture` as a person runs it: real servers under load and all faults, counted, and nothing left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from server.cluster.data_folder import DataFolder
from server.commands.pair import make_pair_folders
from server.network.clock import SystemClock
from server.network.loop_thread import LoopThread
from server.network.tls import Trust
from server.torture.archive_facts import read_archive
from server.torture.clients import Way
from server.torture.crowd import Crowd
from server.torture.faults import OF_DISK, FaultKind
from server.torture.plan import Plan
from server.torture.processes import TwoServers
from server.torture.report import Report
from server.torture.verdict import judge
from tests.end_to_end.real_pair import RealPair
from tests.waiting import DEADLINE_S, wait_until

COMMAND = [sys.executable, "-u", "-m", "server", "torture"]
KEYS = (
    "sent acknowledged lost duplicated out_of_order gap_p50_ms gap_max_ms leader_gap_p50_ms leader_gap_max_ms"
    " archives_equal kills leader_kills promotions copies_1 merged faults by_kind left_out not_tried"
)


def torture(
    folder: Path, *options: str, environment: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, "--data", str(folder), *options],
        capture_output=True,
        text=True,
        timeout=4 * DEADLINE_S,
        check=False,
        env={**os.environ, **(environment or {})},
    )


def children_of(process: int) -> list[int]:
    """The processes that this one started, as the system lists them."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name stands in brackets and may hold anything; the parent is the second field behind.
            behind = status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(behind[1]) == process:
            found.append(int(status.parent.name))
    return found


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_r0_6_two_kills_under_load_lose_double_and_reorder_nothing(tmp_path: Path) -> None:
    ended = torture(tmp_path, "--seconds=3", "--kills=2", "--senders=4", "--rate=40", "--seed=3", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    last = ended.stdout.splitlines()[-1]
    assert list(msgspec.json.decode(last)) == KEYS.split()
    report = msgspec.json.decode(last, type=Report)
    assert report.sent == report.acknowledged > 4 * 40 * 3
    assert (report.lost, report.duplicated, report.out_of_order) == (0, 0, 0)
    assert report.archives_equal
    assert (report.kills, report.leader_kills) == (2, 1)
    assert report.promotions >= 1
    assert report.copies_1 > 0
    assert [(row.kind, row.count, row.at_leader) for row in report.by_kind] == [("kill", 2, 1)]
    for word in ("kill 1: server", "kill 2: server", "the leader", "the follower", "gap"):
        assert word in ended.stdout


def test_r0_7_overlapping_kills_lose_double_and_reorder_nothing(tmp_path: Path) -> None:
    load = ("--seconds=4", "--senders=2", "--rate=20")
    ended = torture(tmp_path, *load, "--kills=5", "--overlap", "--seed=5", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = msgspec.json.decode(ended.stdout.splitlines()[-1], type=Report)
    assert (report.kills, report.lost, report.duplicated, report.out_of_order) == (5, 0, 0, 0)


def test_r0_7_every_fault_once_loses_doubles_and_reorders_nothing(tmp_path: Path) -> None:
    load = ("--seconds=5", "--senders=4", "--rate=25")
    ended = torture(tmp_path, *load, "--kills=6", "--faults=all", "--seed=7", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = msgspec.json.decode(ended.stdout.splitlines()[-1], type=Report)
    assert (report.lost, report.duplicated, report.out_of_order) == (0, 0, 0)
    assert report.archives_equal
    assert report.not_tried == []
    left_out = {kind for kind in FaultKind if kind in report.left_out}
    assert left_out <= OF_DISK
    assert {row.kind for row in report.by_kind} | left_out == set(FaultKind)
    for kind in left_out:
        assert f"{kind} is left out: {report.left_out[kind]}" in ended.stdout


def test_both_sides_of_a_partition_go_on_and_are_merged(tmp_path: Path) -> None:
    load = ("--seconds=3", "--senders=4", "--rate=25")
    # With this seed the cut is nearly the longest one: time enough for both sides to notice, and to write.
    ended = torture(tmp_path, *load, "--kills=1", "--faults=partition", "--seed=17", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = msgspec.json.decode(ended.stdout.splitlines()[-1], type=Report)
    assert (report.faults, report.kills, report.lost, report.duplicated) == (1, 0, 0, 0)
    assert report.merged > 0
    assert "is cut off from the other server" in ended.stdout


def test_what_a_machine_cannot_do_is_named_and_nothing_else_is_no_run(tmp_path: Path) -> None:
    without_compiler = {"PATH": str(tmp_path)}
    ended = torture(tmp_path, "--faults=slowdisk", environment=without_compiler)
    assert ended.returncode == 1
    assert "slowdisk is left out" in ended.stdout
    assert "this machine can do none of these faults" in ended.stderr


def test_an_unknown_fault_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    ended = torture(tmp_path / "new", "--faults=kill,flood")
    assert ended.returncode == 2
    assert "Known: kill, pause, partition, oneway, diskfull, slowdisk, all." in ended.stderr
    assert not (tmp_path / "new").exists()


def test_ctrl_c_ends_it_cleanly_and_no_server_survives(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--data", str(tmp_path), "--seconds", "600", "--kills", "0", "--senders", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "senders write" in process.stdout.readline()
    servers = children_of(process.pid)
    assert len(servers) == 2
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 1
    assert "Stopped before the end" in errors
    wait_until(lambda: not any(is_alive(server) for server in servers))


def test_a_server_that_is_paused_twice_goes_on_when_the_last_pause_is_over(pair: RealPair) -> None:
    servers = TwoServers(pair.processes, None)
    status = Path(f"/proc/{pair.processes.servers[0].process.pid}/stat")

    def is_stopped() -> bool:
        return status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T"

    servers.pause(0)
    servers.pause(0)
    wait_until(is_stopped)
    servers.resume(0)
    assert is_stopped()
    servers.resume(0)
    wait_until(lambda: not is_stopped())


def test_clients_come_home_to_a_server_that_is_back_and_nothing_is_lost_or_doubled(
    make_pair: Callable[..., RealPair],
) -> None:
    pair = make_pair()
    thread = LoopThread("test-crowd")
    thread.start()
    plan = Plan(seconds=1, faults=0, senders=4, rate_per_s=50, is_overlapping=False, seed=1)
    addresses = str(pair.invite.addresses[0]), str(pair.invite.addresses[1])
    crowd = Crowd(plan, Way(addresses, Trust(fingerprint=pair.invite.fingerprint), thread, SystemClock()))
    try:
        crowd.connect()
        wait_until(lambda: crowd.is_ready and crowd.is_pair_dual)
        wait_until(lambda: crowd.places == {"A": 4, "B": 4})
        crowd.begin()
        pair.kill(1)
        wait_until(lambda: crowd.places == {"A": 8})
        pair.start_again(1)
        wait_until(lambda: crowd.is_pair_dual)
        crowd.come_home()
        wait_until(lambda: crowd.places == {"A": 4, "B": 4})
        crowd.end()
        wait_until(lambda: crowd.is_answered)
    finally:
        crowd.stop()
        thread.stop()
    pair.stop()
    archives = {
        name: read_archive(pair.path / name / "archive.sqlite", crowd.history.is_ours) for name in "ab"
    }
    assert judge(crowd.history, archives).findings == []


def test_a_real_chat_is_not_tortured(tmp_path: Path) -> None:
    make_pair_folders(tmp_path, chat="Our office", is_plain=False)
    ended = torture(tmp_path)
    assert ended.returncode == 1
    assert "holds the chat 'Our office'" in ended.stderr
    assert not DataFolder(tmp_path / "a").archive.exists()
