"""The engine: each request gets one verdict, once, at whichever server it was asked."""

from unittest import mock

import msgspec
import pytest

from server.archive.disk import DamagedDiskError, Transaction
from server.archive.record import Draft
from server.engine.round import Position, Stop
from server.protocol import limits
from server.replication import steps
from server.state.bodies import DeviceBody, MessageBody, RoomBody
from tests.replication.servers import Server, Servers

encode = msgspec.msgpack.Encoder().encode


def device(name: str = "d") -> Draft:
    return Draft("device", name, 0, 0, encode(DeviceBody(f"u-{name}", f"Person {name}", b"")))


def message(counter: int, text: str = "hello", name: str = "d", room: str = "general") -> Draft:
    return Draft("message", name, counter, 0, encode(MessageBody(room, text)))


def room(counter: int, called: str, name: str = "d") -> Draft:
    return Draft("room", name, counter, 0, encode(RoomBody(f"{name}-{counter}", called)))


# --- one server


def test_a_request_is_answered_when_it_is_synced_and_not_before(alone: Server) -> None:
    (asker,) = alone.ask(message(1))
    assert alone.verdict(asker) == "waits"
    alone.sync()
    assert alone.verdict(asker) == "stored at 3"
    assert alone.answers()[asker].number == 1
    assert alone.answers()[asker].copies == 1


def test_a_retry_gets_the_same_answer_and_no_second_record(alone: Server) -> None:
    first = alone.ask(message(1), message(1))
    alone.sync()
    later = alone.ask(message(1))
    alone.sync()
    assert {alone.verdict(asker) for asker in (*first, *later)} == {"stored at 3"}
    assert {alone.answers()[asker].number for asker in (*first, *later)} == {1}
    assert alone.engine.replica.log.last_index == 3


def test_what_cannot_be_is_refused_and_not_archived(alone: Server) -> None:
    askers = alone.ask(message(1, room="nowhere"), message(2, text=" "), message(1, name="stranger"))
    assert [alone.verdict(asker) for asker in askers] == ["unknown_room", "empty_message", "not_signed_in"]
    assert alone.engine.replica.log.last_index == 2


def test_of_two_rooms_of_one_name_in_one_batch_exactly_one_is_made(alone: Server) -> None:
    one, other = alone.ask(room(1, "garden"), room(2, "garden"))
    alone.sync()
    assert [alone.verdict(one), alone.verdict(other)] == ["stored at 3", "room_name_taken"]
    # The one that lost is archived and void: asked again it hears the same.
    (again,) = alone.ask(room(2, "garden"))
    assert alone.verdict(again) == "room_name_taken"
    assert [p.record.index for output in alone.outputs for p in output.published] == [2, 3]


def test_two_things_under_one_id_the_first_one_counts_and_both_are_told(alone: Server) -> None:
    one, other, same = alone.ask(message(1, "one"), message(1, "other"), message(1, "one"))
    assert alone.verdict(other) == "waits"
    alone.sync()
    verdicts = [alone.verdict(asker) for asker in (one, other, same)]
    assert verdicts == ["stored at 3", "id_reuse", "stored at 3"]
    (late,) = alone.ask(message(1, "other"))
    assert alone.verdict(late) == "id_reuse"


def test_an_id_whose_first_use_was_refused_is_free(alone: Server) -> None:
    one, other = alone.ask(message(1, room="nowhere"), message(1))
    alone.sync()
    assert [alone.verdict(one), alone.verdict(other)] == ["unknown_room", "stored at 3"]


def test_nobody_waits_longer_than_the_limit(alone: Server) -> None:
    alone.is_disk_stuck = True
    (asker,) = alone.ask(message(1))
    alone.now += limits.ANSWER_S_MAX + 0.1
    alone.give(steps.Tick())
    assert alone.verdict(asker) == "unknown"
    # It may still be archived, and then a retry is told so.
    alone.is_disk_stuck = False
    alone.sync()
    (again,) = alone.ask(message(1))
    assert alone.verdict(again) == "stored at 3"


def test_a_retry_has_a_deadline_of_its_own(alone: Server) -> None:
    alone.is_disk_stuck = True
    alone.ask(message(1))
    alone.now += limits.ANSWER_S_MAX + 0.1
    alone.give(steps.Tick())
    (again,) = alone.ask(message(1))
    alone.now += limits.ANSWER_S_MAX - 1
    alone.give(steps.Tick())
    assert alone.verdict(again) == "waits"


# --- what is derived


def test_a_restart_knows_everything_that_was_synced(alone: Server) -> None:
    alone.ask(message(1), message(2))
    alone.sync()
    alone.give(Stop())
    alone.sync()
    again = Server("a", "b", alone.disk, alone.now)
    assert again.engine.state.digest() == alone.engine.state.digest()
    assert again.engine.position() == Position(4, str(alone.engine.replica.log.epoch), 2)
    (asker,) = again.ask(message(2))
    again.give(steps.Tick())
    again.sync()
    assert again.verdict(asker) == "stored at 4"
    assert again.answers()[asker].number == 2


def test_what_is_derived_reaches_the_disk_within_a_second(alone: Server) -> None:
    alone.ask(message(1))
    alone.sync()
    assert alone.reader.derived_index() < 3
    alone.now += 1.1
    alone.give(steps.Tick())
    alone.sync()
    assert alone.reader.derived_index() == 3
    assert alone.reader.index_of_number(1) == 3


def test_a_snapshot_is_taken_every_so_many_records(alone: Server) -> None:
    with mock.patch("server.engine.derived.SNAPSHOT_EVERY_RECORDS", 5):
        for counter in range(1, 20):
            alone.ask(message(counter))
            alone.sync()
    rows = alone.reader.snapshots()
    assert len(rows) == 2
    assert rows[0].index - rows[1].index == 5


def test_restarts_do_not_put_off_the_next_snapshot(alone: Server) -> None:
    alone.ask(message(1), message(2))
    alone.sync()
    with mock.patch("server.engine.derived.SNAPSHOT_EVERY_RECORDS", 5):
        again = Server("a", "b", alone.disk, alone.now)
        again.give(steps.Tick())
        again.sync()
        for counter in (3, 4, 5):
            again.ask(message(counter))
            again.sync()
    assert [row.index for row in again.reader.snapshots()] == [5]


# --- two servers


def test_a_request_at_either_server_is_on_both_disks_when_it_is_answered(pair: Servers) -> None:
    for server in pair.running.values():
        (asker,) = server.ask(message(1, name="d") if server.name == "a" else message(2))
        assert server.verdict(asker) == "waits"
        pair.settle()
        assert server.answers()[asker].copies == 2
    assert [pair.running[name].reader.index_of_id("d", 2) for name in "ab"] == [5, 5]


def test_the_same_request_at_both_servers_at_once_is_archived_once(pair: Servers) -> None:
    a, b = pair.running["a"], pair.running["b"]
    (one,), (other,) = a.ask(message(1)), b.ask(message(1))
    pair.settle()
    assert a.verdict(one) == b.verdict(other) == "stored at 4"


def test_two_rooms_of_one_name_at_both_servers_at_once_have_one_winner(pair: Servers) -> None:
    a, b = pair.running["a"], pair.running["b"]
    (one,), (other,) = a.ask(room(1, "garden")), b.ask(room(2, "garden"))
    pair.settle()
    assert sorted([a.verdict(one), b.verdict(other)]) == ["room_name_taken", "stored at 4"]
    assert a.engine.state.digest() == b.engine.state.digest()


def test_two_things_under_one_id_at_both_servers_have_one_winner(pair: Servers) -> None:
    a, b = pair.running["a"], pair.running["b"]
    (one,), (other,) = a.ask(message(1, "one")), b.ask(message(1, "other"))
    pair.deliver(b)
    assert [a.verdict(one), b.verdict(other)] == ["waits", "waits"]
    pair.settle()
    assert [a.verdict(one), b.verdict(other)] == ["stored at 4", "id_reuse"]


def test_the_refusal_of_a_forwarded_request_reaches_only_the_one_who_asked(pair: Servers) -> None:
    a, b = pair.running["a"], pair.running["b"]
    a.is_disk_stuck = True
    (own,) = a.ask(message(1, room="general"))
    one, other = b.ask(message(1, room="nowhere"), message(2))
    pair.settle()
    assert b.verdict(one) == "waits"  # The same id is on its way: the fold will tell.
    (third,) = b.ask(message(3, room="nowhere"))
    pair.settle()
    assert b.verdict(third) == "waits"  # What is on its way might be what it needs.
    a.is_disk_stuck = False
    pair.settle()
    verdicts = [a.verdict(own), *map(b.verdict, (one, other, third))]
    assert verdicts == ["stored at 4", "id_reuse", "stored at 5", "unknown_room"]


def test_what_is_forwarded_before_the_leader_serves_is_held_and_not_forgotten(pair: Servers) -> None:
    pair.kill("a")
    pair.running["b"].ask(message(1))
    pair.settle()
    pair.kill("b")
    follower, leader = pair.start("a"), pair.start("b")
    leader.is_disk_stuck = True
    pair.wait(0.05)
    pair.connect()
    assert leader.engine.replica.role.name == "leader"
    (asker,) = follower.ask(message(7))
    pair.settle()
    assert follower.verdict(asker) == "waits"
    leader.is_disk_stuck = False
    pair.wait(0.2)
    assert follower.verdict(asker).startswith("stored")


def test_requests_outlive_the_leader_that_had_them_in_hand(pair: Servers) -> None:
    b = pair.running["b"]
    pair.is_linked = False  # What is forwarded from here on is lost.
    askers = b.ask(message(1), message(2))
    pair.settle()
    assert [b.verdict(asker) for asker in askers] == ["waits", "waits"]
    pair.kill("a")
    assert [b.verdict(asker) for asker in askers] == ["stored at 5", "stored at 6"]
    assert {b.answers()[asker].copies for asker in askers} == {1}


def test_one_copy_becomes_two_when_the_other_server_has_caught_up(pair: Servers) -> None:
    pair.kill("b")
    a = pair.running["a"]
    (asker,) = a.ask(message(1))
    pair.settle()
    assert a.answers()[asker].copies == 1
    pair.start("b")
    pair.connect()
    pair.wait(0.1)
    raised = [output.copies_index for output in a.outputs if output.copies_index]
    assert raised
    assert max(raised) >= a.answers()[asker].index


def test_what_was_folded_and_is_cut_is_unfolded(pair: Servers) -> None:
    # Both lead for a moment; the one whose epoch is lower takes its own record back.
    pair.disconnect()
    pair.wait(1.5)
    a, b = pair.running["a"], pair.running["b"]
    assert {a.engine.replica.mode, b.engine.replica.mode} == {"solo"}
    pair.connect()
    pair.wait(0.2)
    assert a.engine.state.digest() == b.engine.state.digest()
    assert a.reader.derived_index() <= a.engine.replica.log.last_index
    assert {a.engine.replica.mode, b.engine.replica.mode} == {"dual"}


def test_what_waits_is_bounded_and_what_is_refused_is_asked_again_in_order(pair: Servers) -> None:
    pair.disconnect()
    a = next(server for server in pair.running.values() if server.engine.replica.role.name == "follower")
    with mock.patch("server.engine.pending.PENDING_BYTES_MAX", 1_200):
        askers = a.ask(*(message(n) for n in range(1, 6)))
        assert [a.verdict(asker) for asker in askers] == ["waits"] * 3 + ["unknown"] * 2
        pair.connect()
        pair.wait(0.2)
        again = a.ask(message(4), message(5))
        pair.settle()
    assert all(a.verdict(asker).startswith("stored") for asker in askers[:3] + again)


def test_nothing_is_remembered_of_a_request_that_has_its_answer(alone: Server) -> None:
    for n in range(1, 4):
        alone.ask(message(n), message(n), message(n, "other"))
        alone.sync()
        alone.ask(message(n), message(100 + n, room="nowhere"))
        alone.sync()
    pending = alone.engine._answers.pending
    assert (len(pending), pending._deadlines, alone.engine._admission._uncommitted) == (0, {}, {})


def test_a_retry_whose_place_the_disk_has_lost_is_a_damage_and_no_refusal(alone: Server) -> None:
    alone.ask(message(1))
    alone.sync()
    lost = Transaction()
    lost.delete("ids", b"", b"\xff" * 8)
    alone.disk.commit(lost)
    alone.disk.sync()
    with pytest.raises(DamagedDiskError):
        alone.ask(message(1))
