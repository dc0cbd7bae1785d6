"""A merge that is disturbed: a second cut, a lost leader, another version, a client that asks elsewhere."""

from collections.abc import Iterator
from unittest import mock

import pytest
from msgspec.structs import replace

from server.archive.record import Draft, Epoch, Origin
from server.replication.settings import Settings
from server.state.bodies import MessageBody, RoomBody
from server.state.state import GENERAL
from tests.engine.merging import check_equal, heal, ids, log_of, sides
from tests.replication.drafts import encode, message, room
from tests.replication.servers import Server, Servers


@pytest.fixture(autouse=True)
def one_at_a_time() -> Iterator[None]:
    """What a merge hands on goes one by one, so that it can be met half done."""
    with mock.patch("server.engine.resubmission.IN_FLIGHT_MAX", 1):
        yield


def part(split: Servers) -> None:
    """The link is lost, and both go on alone."""
    split.disconnect()
    split.wait(1.5)
    assert {server.engine.replica.mode for server in split.running.values()} == {"solo"}


def merge_until(split: Servers, loser: Server, left: int) -> None:
    """The link is there until so many of the loser's requests still wait in its quarantine."""
    split.link()
    while True:
        assert split.move(), "the merge stands still"
        waiting = len(loser.reader.quarantine(b"", 1_000))
        if loser.engine.replica.has_caught_up and waiting <= left:
            return


def counters(server: Server, name: str) -> list[int]:
    return [counter for device, counter in ids(server) if device == name]


def once_each(server: Server) -> bool:
    return len(set(ids(server))) == len(ids(server))


def test_what_is_cut_again_while_it_is_handed_on_keeps_its_order_and_its_origin(split: Servers) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1))
    loser.ask(*(message("ben", n) for n in range(1, 7)))
    split.settle()
    before = {record.id: (record.header.epoch, record.index) for record in log_of(loser)}
    merge_until(split, loser, 3)
    part(split)
    # Now both wrote alone again, and one of them holds a part of the first merge in its quarantine.
    winner.ask(message("anna", 2))
    loser.ask(message("ben", 7))
    split.settle()
    heal(split, 2.0)
    assert counters(winner, "anna") == [0, 1, 2]
    assert counters(winner, "ben") == [0, 1, 2, 3, 4, 5, 6, 7]
    for record in log_of(winner):
        origin = record.header.origin
        if record.header.device == "ben" and 1 <= record.header.counter <= 6:
            assert origin is not None
            assert (origin.epoch, origin.index) == before[record.id]


def test_three_cuts_in_a_row_lose_double_and_reorder_nothing(split: Servers) -> None:
    asked = 0
    for left in (4, 2, 1):
        winner, loser = sides(split)
        for name, server in (("anna", winner), ("ben", loser)):
            server.ask(*(message(name, asked + n) for n in range(1, 7)))
        asked += 6
        split.settle()
        merge_until(split, loser, left)
        part(split)
    heal(split, 2.0)
    a = split.running["a"]
    assert once_each(a)
    # Who stays at one server through a merge has one order; the sides may have changed between the cuts.
    assert [sorted(counters(a, name)) for name in ("anna", "ben")] == [list(range(19))] * 2


def test_a_leader_that_dies_in_the_middle_of_a_merge_loses_and_doubles_nothing(split: Servers) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1))
    loser.ask(*(message("ben", n) for n in range(1, 7)))
    split.settle()
    merge_until(split, loser, 3)
    split.kill(winner.name)
    (asker,) = loser.ask(message("ben", 7))
    split.wait(11.0)
    assert loser.engine.replica.role.name == "leader"
    assert loser.verdict(asker).startswith("stored")
    assert counters(loser, "ben") == [0, 1, 2, 3, 4, 5, 6, 7]
    split.start(winner.name).ask(message("anna", 2))
    split.wait(0.2)
    heal(split, 2.0)
    assert once_each(loser)
    assert counters(loser, "anna") == [0, 1, 2]
    assert counters(loser, "ben") == [0, 1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("left", [1, 3, 6])
def test_a_client_that_asks_again_at_the_other_side_is_archived_once(split: Servers, left: int) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1))
    loser.ask(*(message("ben", n) for n in range(1, 7)))
    split.settle()
    merge_until(split, loser, left)
    askers = winner.ask(*(message("ben", n) for n in range(1, 8)))
    split.wait(0.5)
    assert all(winner.verdict(asker).startswith("stored") for asker in askers)
    check_equal(split)
    assert sorted(counters(winner, "ben")) == list(range(8))


def test_a_device_that_uses_an_id_for_two_things_at_both_sides_keeps_one_of_them(split: Servers) -> None:
    winner, loser = sides(split)
    loser.ask(message("ben", 1), message("ben", 2))
    other = Draft("message", "ben", 1, 9, encode(MessageBody(GENERAL, "another text")))
    split.settle()
    merge_until(split, loser, 2)
    (asker,) = winner.ask(other)
    split.wait(2.0)
    check_equal(split)
    assert counters(winner, "ben") == [0, 1, 2]
    (again,) = winner.ask(message("ben", 1))
    split.wait(0.2)
    told = {winner.verdict(asker).partition(" ")[0], winner.verdict(again).partition(" ")[0]}
    assert told == {"stored", "id_reuse"}


# --- strict servers


def test_two_that_became_strict_with_what_each_had_alone_acknowledge_it_with_two_copies(
    split: Servers,
) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1))
    loser.ask(*(message("ben", n) for n in range(1, 5)))
    split.settle()
    for name in ("a", "b"):
        split.kill(name)
    for name in ("a", "b"):
        split.start(name, Settings(strict=True))
    split.wait(0.2)
    merge_until(split, split.running[loser.name], 2)
    # In the middle of it they lose each other: what is asked for now waits, whatever is known of it.
    split.disconnect()
    askers = {
        server.name: server.ask(message("ben", 4), message("ben", 5)) for server in split.running.values()
    }
    split.wait(3.0)
    said = [server.verdict(asker) for server in split.running.values() for asker in askers[server.name]]
    assert said == ["waits"] * 4
    heal(split, 2.0)
    for server in split.running.values():
        answers = [server.answers()[asker] for asker in askers[server.name]]
        assert [(answer.refusal, answer.copies) for answer in answers] == [(None, 2)] * 2
        assert counters(server, "ben") == [0, 1, 2, 3, 4, 5]


# --- another version


def test_what_only_a_newer_version_understands_is_merged_and_stays_as_it_is(split: Servers) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1))
    newer = Draft("reaction", "ben", 2, 9, encode(["ben", 1, "a field", {"more": True}]))
    longer = Draft("message", "ben", 3, 9, encode([GENERAL, "text", "a field of a newer version"]))
    loser.ask(message("ben", 1))
    split.settle()
    with mock.patch("server.engine.admission.judge_draft", return_value=None):
        loser.ask(newer, longer, message("ben", 4))
        split.settle()
    heal(split, 2.0)
    bodies = {record.id: record.body for record in log_of(winner)}
    assert counters(winner, "ben") == [0, 1, 2, 3, 4]
    assert (bodies["ben", 2], bodies["ben", 3]) == (newer.body, longer.body)
    assert not winner.engine.state.voids


# --- a retired server that brings what it holds in the middle of a merge


def test_what_is_inherited_waits_for_the_merge_and_keeps_its_order(split: Servers) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1))
    loser.ask(*(message("ben", n) for n in range(1, 7)))
    split.settle()
    merge_until(split, loser, 4)
    # Ben made a room at the retired server; his older messages still wait here for the merge.
    made = inherited(Draft("room", "ben", 21, 9, encode(RoomBody("r1", "tea"))), 30)
    askers = loser.ask(made, inherited(message("anna", 22, "r1"), 31))
    split.wait(2.0)
    check_equal(split)
    assert [loser.verdict(asker).partition(" ")[0] for asker in askers] == ["stored", "stored"]
    assert not winner.engine.state.voids


@pytest.mark.parametrize("is_leader", [True, False])
def test_what_is_inherited_takes_the_place_of_a_record_that_turns_out_void(
    split: Servers, *, is_leader: bool
) -> None:
    heal(split)
    leader = next(s for s in split.running.values() if s.engine.replica.role.name == "leader")
    follower = next(s for s in split.running.values() if s is not leader)
    heir = leader if is_leader else follower
    # Ben's program asks here too for the room that the retired server had made, and another one is quicker.
    wish = room("ben", 21, "tea")
    (asker,) = heir.ask(room("anna", 20, "tea"), wish)[1:]
    askers = heir.ask(inherited(wish, 30), inherited(message("anna", 22, "ben-21"), 31))
    split.wait(2.0)
    check_equal(split)
    assert heir.verdict(asker).startswith("room_name_taken")
    assert [heir.verdict(asker).partition(" ")[0] for asker in askers] == ["stored", "stored"]
    assert heir.engine.state.rooms["ben-21"].name == "tea-2"


def inherited(draft: Draft, index: int) -> Draft:
    """As a server brings it whose place another one has."""
    return replace(draft, origin=Origin(Epoch(2, "z", "1"), index))
