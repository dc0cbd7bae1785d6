"""`dump`: the archive in words, and the first record that breaks the chain."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.archive.disk import SqliteDisk
from server.archive.record import Draft, Epoch, Origin, Record, epoch_draft, make_records, pack
from server.archive.seals import seal
from server.archive.store import SnapshotRow, Store, Write
from server.cluster.data_folder import DataFolder
from server.cluster.founding import found_cluster
from server.names.addresses import Address
from server.names.invite_links import InviteLink
from server.state.bodies import (
    DeleteBody,
    DeviceBody,
    EditBody,
    GroupBody,
    MemberBody,
    MessageBody,
    PasswordBody,
    ReactBody,
    RemoveBody,
    RoomBody,
    SettingsBody,
    StandingBody,
)
from server.state.rebuild import rebuild
from tests.commands.programs import Program, fails_here, run_here
from tests.end_to_end.people import People

EPOCH = Epoch(1, "5e12e12000000000", "0")
TIME_MS = 1_700_000_000_000
ANNA, BRUNO = "a" * 32, "b" * 32
ROOM = "c" * 16


def body(struct: msgspec.Struct) -> bytes:
    return msgspec.msgpack.encode(struct)


def records() -> list[Record]:
    """An archive in which something of each kind happened."""
    drafts = [
        epoch_draft(EPOCH, (EPOCH.server,), TIME_MS),
        Draft("device", ANNA, 0, TIME_MS, body(DeviceBody("1" * 16, "Anna", b"h"))),
        Draft("device", BRUNO, 0, TIME_MS, body(DeviceBody("2" * 16, "Bruno", b"h"))),
        Draft("message", ANNA, 1, TIME_MS, body(MessageBody("general", "hello\nyou \x1b[31mthere"))),
        Draft("room", ANNA, 2, TIME_MS, body(RoomBody(ROOM, "garden"))),
        Draft("room", BRUNO, 1, TIME_MS, body(RoomBody("d" * 16, "garden"))),
        Draft("member", BRUNO, 2, TIME_MS, body(MemberBody(ROOM))),
        Draft("message", BRUNO, 3, TIME_MS + 61_000, body(MessageBody(ROOM, "ciao"))),
        Draft("poll", BRUNO, 4, TIME_MS, b"12345"),
    ]
    return make_records(drafts, EPOCH, 0, bytes(32))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of a stopped server with that archive."""
    folder = DataFolder(tmp_path / "data")
    found_cluster(folder, name="a", chat="Lab", is_plain=False, now_ms=TIME_MS)
    store = Store(SqliteDisk(folder.archive))
    store.commit([Write(records=tuple(records()))])
    store.close()
    return folder.path


def rows_of(*arguments: object) -> list[Any]:
    program = run_here("dump", *arguments, "--json")
    assert program.code == 0, program.errors
    return [msgspec.json.decode(line) for line in program.lines]


def test_changes_and_what_was_erased_are_told_in_words(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    found_cluster(folder, name="a", chat="Lab", is_plain=False, now_ms=TIME_MS)
    drafts = [
        Draft("device", ANNA, 0, TIME_MS, body(DeviceBody("1" * 16, "Anna", b"h"))),
        Draft("message", ANNA, 1, TIME_MS, body(MessageBody("general", "hello"))),
        Draft("edit", ANNA, 2, TIME_MS, body(EditBody("general", ANNA, 1, "hallo"))),
        Draft("react", ANNA, 3, TIME_MS, body(ReactBody("general", ANNA, 1, "👍", is_on=True))),
        Draft("delete", ANNA, 4, TIME_MS, body(DeleteBody("general", ANNA, 1))),
    ]
    made = make_records([epoch_draft(EPOCH, (EPOCH.server,), TIME_MS), *drafts], EPOCH, 0, bytes(32))
    store = Store(SqliteDisk(folder.archive))
    store.commit([Write(records=tuple(made), erased=(3,))])
    store.close()
    texts = [row["text"] for row in rows_of(folder.path)][2:]
    assert texts == ["(erased)", "edited message 1: hallo", "put 👍 to message 1", "deleted message 1"]
    assert run_here("dump", folder.path, "--check").code == 0


def test_what_is_erased_and_was_deleted_by_nobody_is_found(data: Path) -> None:
    store = Store(SqliteDisk(data / "archive.sqlite"))
    store.commit([Write(erased=(8,))])
    store.close()
    assert rows_of(data)[7]["text"] == "(erased)"
    fails_here(1, "Record 8 is damaged: its body is erased, and no record deletes", "dump", data, "--check")
    # A part of the log cannot tell.
    assert run_here("dump", data, "--check", "--from", 2).code == 0
    # A merge may have taken the deletion out of the log, to bring it again.
    waiting = Draft("delete", BRUNO, 5, TIME_MS, body(DeleteBody(ROOM, BRUNO, 3)), Origin(EPOCH, 10))
    store = Store(SqliteDisk(data / "archive.sqlite"))
    store.commit([Write(quarantined=(waiting,))])
    store.close()
    assert run_here("dump", data, "--check").code == 0


def test_what_happens_to_rooms_and_people_is_told_by_its_fields(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    found_cluster(folder, name="a", chat="Lab", is_plain=False, now_ms=TIME_MS)
    drafts = [
        Draft("device", ANNA, 0, TIME_MS, body(DeviceBody("1" * 16, "Anna", b"h", way="setup"))),
        Draft("device", BRUNO, 0, TIME_MS, body(DeviceBody("2" * 16, "Bruno", b"h"))),
        Draft("group", ANNA, 1, TIME_MS, body(GroupBody(ROOM, "choir", ("2" * 16,)))),
        Draft("remove", ANNA, 2, TIME_MS, body(RemoveBody(ROOM, "2" * 16))),
        Draft("password", BRUNO, 1, TIME_MS, body(PasswordBody("a hash", b""))),
        Draft("standing", ANNA, 3, TIME_MS, body(StandingBody("2" * 16, "banned"))),
        Draft("settings", ANNA, 4, TIME_MS, body(SettingsBody(members_invite=True, send_rate_per_s=None))),
    ]
    store = Store(SqliteDisk(folder.archive))
    store.commit([Write(records=tuple(make_records(drafts, EPOCH, 0, bytes(32))))])
    store.close()
    rows = rows_of(folder.path)[2:]
    assert [row["text"] for row in rows] == [
        "name=choir",
        "user=Bruno",
        "",
        "user=Bruno standing=banned",
        "members_invite=True",
    ]
    assert [row["room"] for row in rows] == ["choir", "choir", "", "", ""]
    assert {row["refused"] for row in rows} == {""}


def test_each_record_is_told_with_who_where_and_what(data: Path) -> None:
    rows = rows_of(data)
    assert [row["index"] for row in rows] == list(range(1, 10))
    assert [row["number"] for row in rows] == [0, 0, 0, 1, 0, 0, 0, 2, 0]
    assert [row["who"] for row in rows] == [EPOCH.server, "Anna", "Bruno", "Anna", "Anna"] + ["Bruno"] * 4
    assert [row["room"] for row in rows][3:8] == ["general", "garden", "garden", "garden", "garden"]
    assert rows[3]["text"] == "hello\nyou \x1b[31mthere"
    assert [row["refused"] for row in rows if row["refused"]] == ["room_name_taken"]
    assert rows[8]["text"] == "(5 bytes of an unknown kind)"
    assert [row["hash"] for row in rows] == [record.hash.hex() for record in records()]


def test_people_read_one_line_a_record_that_steers_no_terminal(data: Path) -> None:
    program = run_here("dump", data)
    assert len(program.lines) == 9
    assert program.lines[3].split(maxsplit=7) == [
        *("4", "1", "1.5e12e1", "2023-11-14", "22:13:20Z", "message", "Anna"),
        "#general  hello\\nyou �[31mthere",
    ]
    assert "(void: room_name_taken)" in program.lines[5]
    assert "\x1b" not in program.text


def test_a_part_knows_names_and_numbers_from_before(data: Path) -> None:
    assert rows_of(data, "--from", 7, "--to", 8) == rows_of(data)[6:8]
    assert rows_of(data, "--from", 100) == []


def test_a_part_behind_a_snapshot_starts_there(data: Path) -> None:
    whole = rows_of(data)
    store = Store(SqliteDisk(data / "archive.sqlite"))
    state = rebuild([], store.all_records, 5)
    store.commit([Write(snapshot=SnapshotRow(5, state.snapshot()))])
    store.close()
    assert rows_of(data, "--from", 7) == whole[6:]


def test_a_good_chain_is_told_with_its_last_hash(data: Path) -> None:
    program = run_here("dump", data, "--check")
    assert program.code == 0
    assert program.text == (
        f"ok: 9 records, 1 to 9, the chain holds; the last hash is {records()[-1].hash.hex()}\n"
    )
    (facts,) = rows_of(data, "--check", "--from", 4, "--to", 6)
    assert facts == {"ok": True, "records": 3, "first": 4, "last": 6, "hash": records()[5].hash.hex()}


def damage(data: Path, statement: str, *arguments: object) -> None:
    connection = sqlite3.connect(data / "archive.sqlite")
    with connection:
        assert connection.execute(statement, arguments).rowcount == 1
    connection.close()


def test_a_changed_body_is_found(data: Path) -> None:
    record = records()[7]
    value = pack(record).replace(b"ciao", b"miao")
    damage(data, "UPDATE records SET sealed = ? WHERE key = 8", seal("records", 8, value))
    fails_here(
        1, "Record 8 is damaged: record 8 has another body than its digest says", "dump", data, "--check"
    )
    program = run_here("dump", data)
    assert program.code == 1
    assert len(program.lines) == 7
    assert "The 7 before it are in order" in program.errors


def test_a_missing_record_is_found(data: Path) -> None:
    damage(data, "DELETE FROM records WHERE key = 5")
    fails_here(1, "record 5 is missing. The 4 before it are in order", "dump", data, "--check")


def test_a_record_of_another_chain_is_found(data: Path) -> None:
    draft = Draft("message", ANNA, 1, TIME_MS, body(MessageBody("general", "forged")))
    (forged,) = make_records([draft], EPOCH, 3, bytes(32))
    damage(data, "UPDATE records SET sealed = ? WHERE key = 4", seal("records", 4, pack(forged)))
    fails_here(1, "Record 4 is damaged: record 4 breaks the hash chain", "dump", data, "--check")


def test_a_value_that_is_no_record_is_found(data: Path) -> None:
    damage(data, "UPDATE records SET sealed = x'00' WHERE key = 9")
    program = run_here("dump", data, "--check", "--json")
    assert program.code == 1
    facts = msgspec.json.decode(program.text)
    assert (facts["ok"], facts["index"]) == (False, 9)


def test_a_folder_that_is_none_is_told(tmp_path: Path, data: Path) -> None:
    fails_here(1, "There is no server in", "dump", tmp_path / "none")
    (data / "archive.sqlite").write_bytes(b"no database" * 500)
    fails_here(1, "file is not a database", "dump", data)
    (data / "archive.sqlite").unlink()
    fails_here(1, "was never started", "dump", data)
    (tmp_path / "pair").mkdir()
    data.rename(tmp_path / "pair" / "b")
    fails_here(1, "holds the servers of a pair", "dump", tmp_path / "pair")
    fails_here(2, "0 is not in the range", "dump", tmp_path, "--from", 0)


def test_a_running_servers_archive_is_read_and_left_alone(tmp_path: Path, people: People) -> None:
    with Program("serve", "--open", "--data", tmp_path, "--listen", "127.0.0.1:0", "--plain") as server:
        port = int(server.wait_line("ready: ").split()[2].rstrip(",").rpartition(":")[2])
        anna = people.person(plain_link(port), "Anna")
        anna.say("before")
        anna.stored(1)
        assert run_here("dump", tmp_path, "--check").code == 0
        assert [row["text"] for row in rows_of(tmp_path) if row["kind"] == "message"] == ["before"]
        anna.say("after")
        anna.stored(2)
        people.leave(anna)
        assert server.interrupt() == 0
    assert [row["text"] for row in rows_of(tmp_path) if row["kind"] == "message"] == ["before", "after"]


def test_what_a_crash_left_behind_is_read_and_not_changed(tmp_path: Path) -> None:
    folder, crashed = DataFolder(tmp_path / "data"), DataFolder(tmp_path / "crashed")
    found_cluster(folder, name="a", chat="Lab", is_plain=False, now_ms=TIME_MS)
    disk = SqliteDisk(folder.archive)
    Store(disk).commit([Write(records=tuple(records()))])
    # The files as they lie there when the process dies: all of it is in the write-ahead log still.
    shutil.copytree(folder.path, crashed.path)
    disk.close()
    log = crashed.path / "archive.sqlite-wal"
    before = log.read_bytes()
    assert len(rows_of(crashed.path)) == 9
    assert log.read_bytes() == before != b""


def plain_link(port: int) -> InviteLink:
    """The invite link of a plain server."""
    return InviteLink((Address("127.0.0.1", port),), None, "", plain=True)
