"""An archive is read anew: its chain is verified, its verdicts are given by the fold."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from server.archive.disk import SqliteDisk
from server.archive.record import GENESIS_HASH, Draft, Epoch, Record, epoch_draft, make_records
from server.archive.store import Store, Write
from server.state.bodies import DeviceBody, MessageBody
from server.torture.archive_facts import last_index, read_archive
from server.torture.history import History, SenderHistory

SENDER = SenderHistory("sender-1", "d" * 32, sent=3)
HISTORY = History([SENDER], [])
encode = msgspec.msgpack.encode


def message(counter: int, text: str = "", room: str = "general") -> Draft:
    body = MessageBody(room, text or SENDER.text(counter))
    return Draft("message", SENDER.device, counter, 0, encode(body))


def records() -> list[Record]:
    """A leads, B is promoted, A is promoted again; one message is void, one is not what was sent."""
    first, second, third = Epoch(1, "a", "0"), Epoch(2, "b", "0"), Epoch(3, "a", "0")
    device = Draft("device", SENDER.device, 0, 0, encode(DeviceBody("u", "sender-1", b"secret")))
    parts: list[tuple[Epoch, list[Draft]]] = [
        (first, [epoch_draft(first, ("a",), 0), device, message(1)]),
        (second, [epoch_draft(second, ("b",), 0), message(2), message(3, room="nowhere")]),
        (third, [epoch_draft(third, ("a",), 0), message(4, text="something else")]),
    ]
    found: list[Record] = []
    for epoch, drafts in parts:
        index, previous = (found[-1].index, found[-1].hash) if found else (0, GENESIS_HASH)
        found += make_records(drafts, epoch, index, previous)
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An archive on disk."""
    path = tmp_path / "archive.sqlite"
    store = Store(SqliteDisk(path))
    store.commit([Write(records=tuple(records()))])
    store.close()
    return path


def test_accepted_messages_of_this_run_are_found_with_all_hashes(path: Path) -> None:
    facts = read_archive(path, HISTORY.is_ours)
    assert facts.damage == ""
    assert facts.messages == [(SENDER.device, 1), (SENDER.device, 2)]
    assert facts.hashes == [record.hash for record in records()]


def test_promotions_are_changes_of_the_leader_behind_an_index(path: Path) -> None:
    facts = read_archive(path, HISTORY.is_ours)
    assert [len(facts.promotions(since)) for since in (0, 4, 7)] == [2, 1, 0]


def test_an_archive_with_a_hole_is_damaged(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM records WHERE key = 3")
    connection.close()
    facts = read_archive(path, HISTORY.is_ours)
    assert "record 3 is missing" in facts.damage
    assert len(facts.hashes) == 2


def test_an_archive_that_is_none_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite"
    path.write_bytes(b"this is no database" * 100)
    assert read_archive(path, HISTORY.is_ours).damage


def test_the_end_of_an_archive_is_known_before_a_run(path: Path, tmp_path: Path) -> None:
    assert last_index(path) == len(records())
    assert last_index(tmp_path / "nothing.sqlite") == 0
