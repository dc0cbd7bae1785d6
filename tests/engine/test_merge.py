"""The merge, with two engines and their disks: both sides wrote alone, and both keep everything."""

from unittest import mock

from server.archive.record import Draft, Record
from server.state.bodies import MemberBody
from server.state.fold import fold
from server.state.state import State
from server.state.told import Outcome
from tests.engine.merging import check_equal, heal, ids, log_of, sides
from tests.replication.drafts import device, encode, message, room
from tests.replication.servers import Servers


def test_what_both_wrote_alone_stands_in_both_archives_the_losers_behind_in_its_order(split: Servers) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1), message("anna", 2))
    loser.ask(message("ben", 1), message("ben", 2), message("ben", 3))
    split.settle()
    before = {record.id: record for record in log_of(loser)}
    heal(split)
    own, moved = [("anna", 1), ("anna", 2)], [("ben", 1), ("ben", 2), ("ben", 3)]
    assert ids(winner)[2:] == own + moved
    for record in log_of(winner)[-3:]:
        there = before[record.id]
        origin = record.header.origin
        assert origin is not None
        assert (origin.epoch, origin.index) == (there.header.epoch, there.index)
        assert (record.header.time_ms, record.body) == (there.header.time_ms, there.body)


def test_a_retry_at_the_other_side_of_the_cut_is_archived_once(split: Servers) -> None:
    winner, loser = sides(split)
    loser.ask(message("ben", 1), message("ben", 2))
    winner.ask(message("ben", 2))
    split.settle()
    heal(split)
    assert sorted(ids(winner)[2:]) == [("ben", 1), ("ben", 2)]


def test_the_merge_is_an_alarm_until_it_is_done(split: Servers) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1))
    loser.ask(message("ben", 1))
    split.settle()
    heal(split)
    told = [output.pair for output in loser.outputs if output.pair]
    assert "merging" in [pair.alarm for pair in told]
    assert any(pair.is_merging for pair in told)
    assert not told[-1].is_merging
    assert told[-1].alarm == ""


def test_a_new_message_waits_for_the_older_ones_of_its_device(split: Servers) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1))
    loser.ask(*(message("ben", n) for n in range(1, 6)))
    split.settle()
    split.connect()
    (asker,) = loser.ask(message("ben", 6))
    split.wait(0.5)
    assert loser.verdict(asker).startswith("stored")
    assert [counter for name, counter in ids(winner) if name == "ben"] == [0, 1, 2, 3, 4, 5, 6]
    check_equal(split)


def test_what_is_asked_while_others_of_its_device_wait_waits_behind_them(split: Servers) -> None:
    # Nobody knows whose requests the cut takes before it is on the disk: all wait, and those of Carla,
    # who has nothing in the quarantine, must not be overtaken by her own later ones.
    winner, loser = sides(split)
    winner.ask(device("carla"))
    loser.ask(message("ben", 1), message("ben", 2))
    split.settle()
    loser.is_disk_stuck = True
    split.connect()
    loser.ask(message("carla", 1), message("carla", 2))
    loser.is_disk_stuck = False
    with mock.patch("server.engine.resubmission.IN_FLIGHT_MAX", 1):
        loser.sync()
        loser.ask(message("carla", 3))
        split.wait(0.5)
    assert [counter for name, counter in ids(winner) if name == "carla"] == [0, 1, 2, 3]
    check_equal(split)


def test_a_crash_at_any_point_of_the_re_submission_loses_and_doubles_nothing(split: Servers) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1))
    loser.ask(*(message("ben", n) for n in range(1, 8)))
    split.settle()
    # Cut and quarantine are durable, nothing was handed on; then both die, the winner first.
    winner.is_disk_stuck = True
    split.connect()
    split.kill(winner.name)
    split.kill(loser.name)
    for name in (loser.name, winner.name):
        split.start(name)
    split.wait(0.2)
    heal(split)
    assert sorted(ids(split.running["a"])[2:]) == [("anna", 1), *(("ben", n) for n in range(1, 8))]


def test_a_promoted_server_proposes_its_own_quarantine_first(split: Servers) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1))
    loser.ask(message("ben", 1), message("ben", 2))
    split.settle()
    split.connect()
    split.kill(winner.name)
    split.wait(1.5)
    split.settle()
    promoted = split.running[loser.name]
    assert promoted.engine.replica.role.name == "leader"
    assert {("ben", 1), ("ben", 2)} <= set(ids(promoted))
    split.start(winner.name)
    split.wait(0.2)
    heal(split)
    assert sorted(ids(promoted)[2:]) == [("anna", 1), ("ben", 1), ("ben", 2)]


def test_what_waits_at_a_server_that_takes_the_lead_with_a_quarantine_is_answered(split: Servers) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1))
    loser.ask(message("ben", 1))
    split.settle()
    winner.is_disk_stuck = True
    split.connect()
    # Nothing is served before the record of the own epoch is durable: until then all wait.
    loser.is_disk_stuck = True
    split.kill(winner.name)
    (asker,) = loser.ask(message("ben", 2))
    loser.is_disk_stuck = False
    split.wait(1.5)
    assert loser.engine.replica.role.name == "leader"
    assert loser.verdict(asker).startswith("stored")


def test_people_and_rooms_of_one_name_keep_everything_under_two_names(split: Servers) -> None:
    winner, loser = sides(split)
    winner.ask(device("c1", "Carla"), room("anna", 1, "garden"))
    split.settle()
    loser.ask(device("c2", "carla"), room("ben", 1, "garden"))
    split.settle()
    loser.ask(device("c3", "carla"), message("c2", 1), message("ben", 2, "ben-1"))
    split.settle()
    heal(split)
    state = winner.engine.state
    names = {user.id: (user.name, user.former_name, user.devices) for user in state.users.values()}
    assert names["user of c1"] == ("Carla", "", 1)
    assert names["user of c2"] == ("carla-2", "carla", 2)
    assert state.devices["c3"].user == "user of c2"
    assert {state.rooms["anna-1"].name, state.rooms["ben-1"].name} == {"garden", "garden-2"}
    assert not state.voids


def test_a_join_on_both_sides_is_one_join(split: Servers) -> None:
    winner, _ = sides(split)
    split.connect()
    split.wait(0.2)
    winner.ask(room("anna", 1, "garden"))
    split.wait(0.2)
    split.disconnect()
    split.wait(1.5)
    join = encode(MemberBody("anna-1"))
    for counter, server in enumerate(sides(split), start=1):
        server.ask(Draft("member", "ben", counter, 0, join))
    split.settle()
    heal(split)
    state = split.running["a"].engine.state
    assert state.rooms["anna-1"].members == ("user of anna", "user of ben")
    assert not state.voids


def test_a_request_refused_before_the_split_healed_is_not_brought_back(split: Servers) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1))
    askers = loser.ask(room("ben", 1, "hall"), room("ben", 2, "hall"))
    split.settle()
    assert loser.verdict(askers[1]) == "room_name_taken"
    heal(split)
    assert ("ben", 1) in ids(winner)
    assert ("ben", 2) not in ids(winner)


def test_what_one_side_found_void_and_the_other_accepted_is_accepted(split: Servers) -> None:
    winner, loser = sides(split)
    # Both in one round: the second one loses the race, and is archived as void.
    winner.ask(room("anna", 1, "hall"), room("ben", 1, "hall"))
    loser.ask(room("ben", 1, "hall"), message("ben", 2, "ben-1"))
    split.settle()
    loser.ask(message("ben", 3, "ben-1"))
    split.settle()
    assert ("ben", 1) in winner.engine.state.voids
    heal(split)
    assert not winner.engine.state.voids
    assert winner.engine.state.rooms["ben-1"].name == "hall-2"
    assert ids(winner)[-3:] == [("ben", 1), ("ben", 2), ("ben", 3)]
    # Who asks again is told what became of it.
    (asker,) = winner.ask(room("ben", 1, "hall"))
    split.wait(0.1)
    assert winner.verdict(asker).startswith("stored")
    accepted = [record.index for record in log_of(winner) if record.id == ("ben", 1)][-1]
    assert winner.answers()[asker].index == accepted


def test_clients_of_the_merged_server_are_taken_back_to_the_fork(split: Servers) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1))
    loser.ask(message("ben", 1))
    split.settle()
    fork = loser.engine.replica.log.spans[-1].first_index - 1
    loser.outputs.clear()
    split.connect()
    positions = [output.position.index for output in loser.outputs if output.position]
    assert min(positions) == fork
    split.wait(0.5)
    shown = [item.record.id for output in loser.outputs for item in output.published]
    assert shown == [("anna", 1), ("ben", 1)]


def test_a_long_time_alone_is_not_folded_from_the_first_record_at_the_cut(split: Servers) -> None:
    winner, loser = sides(split)
    winner.ask(message("anna", 1))
    folded = 0

    def counting(state: State, record: Record) -> Outcome:
        nonlocal folded
        folded += 1
        return fold(state, record)

    with mock.patch("server.engine.derived.SNAPSHOT_EVERY_RECORDS", 5):
        for counter in range(1, 30):
            loser.ask(message("ben", counter))
            split.settle()
        parted = loser.engine.replica.log.spans[-1].first_index - 1
        assert parted in [row.index for row in loser.reader.snapshots()]
        with mock.patch("server.state.rebuild.fold", counting):
            heal(split)
    assert folded == 0


def test_a_peer_that_cuts_the_log_again_and_again_fills_no_quarantine(split: Servers) -> None:
    """It wins each time, and is gone before what it cut was handed on: each request waits once."""
    rounds, cuts = range(1, 9), 0
    for number in rounds:
        winner, loser = sides(split)
        winner.ask(message("anna", number), message("ben", number))
        loser.ask(message("anna", 1000 + number), message("ben", 1000 + number))
        split.settle()
        split.link()
        while not loser.reader.quarantine(b"", 1) and split.move():
            continue
        split.disconnect()
        waiting = [row.draft.id for row in loser.reader.quarantine(b"", 1_000)]
        cuts += bool(waiting)
        assert len(set(waiting)) == len(waiting) <= 4 * number
        split.wait(1.5)
    assert cuts == len(rounds)
    heal(split, 3.0)
    written = {(name, first + number) for name in ("anna", "ben") for first in (0, 1000) for number in rounds}
    winner, _loser = sides(split)
    assert sorted(one for one in ids(winner) if one[1]) == sorted(written)
