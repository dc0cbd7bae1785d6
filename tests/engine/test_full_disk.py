"""The engine with a full disk: it refuses what is new, and what was sent behind it does not overtake it."""

import msgspec

from server.archive.record import Epoch, Origin
from server.engine.pending import BEHIND_S
from server.engine.round import DiskSpace
from tests.replication.servers import Server, Servers
from tests.state.archive_of import message


def test_a_full_disk_refuses_what_is_new_and_nothing_else(alone: Server) -> None:
    alone.ask(message(1))
    alone.sync()
    alone.give(DiskSpace(is_full=True))
    (first, second) = alone.ask(message(1), message(2))
    alone.sync()
    assert alone.verdict(first).startswith("stored at")
    assert alone.verdict(second) == "disk_full"
    alone.give(DiskSpace(is_full=False))
    (again,) = alone.ask(message(2))
    alone.sync()
    assert alone.verdict(again).startswith("stored at")


def test_what_was_sent_behind_a_refused_request_does_not_overtake_it(alone: Server) -> None:
    alone.give(DiskSpace(is_full=True))
    (first, second) = alone.ask(message(1), message(2), connection=1)
    alone.give(DiskSpace(is_full=False))
    (third,) = alone.ask(message(3), connection=1)
    assert [alone.verdict(asker) for asker in (first, second, third)] == ["disk_full"] * 3
    again = alone.ask(message(1), message(2), message(3), message(4), connection=1)
    alone.sync()
    assert [alone.verdict(asker)[:9] for asker in again] == ["stored at"] * 4


def test_nor_does_what_was_sent_ahead_once_more(alone: Server) -> None:
    alone.give(DiskSpace(is_full=True))
    alone.ask(message(1), message(2), message(3), connection=1)
    # The disk is still full when the first one comes again, and has room right behind it.
    alone.ask(message(1), connection=1)
    alone.give(DiskSpace(is_full=False))
    ahead = alone.ask(message(2), message(3), connection=1)
    assert [alone.verdict(asker) for asker in ahead] == ["disk_full"] * 2
    again = alone.ask(message(1), message(2), message(3), connection=1)
    alone.sync()
    assert [alone.verdict(asker)[:9] for asker in again] == ["stored at"] * 3


def test_what_was_sent_on_a_connection_that_is_gone_overtakes_nothing(alone: Server) -> None:
    alone.give(DiskSpace(is_full=True))
    alone.ask(message(1), connection=1)
    alone.give(DiskSpace(is_full=False))
    (again,) = alone.ask(message(1), connection=2)
    (stale,) = alone.ask(message(2), connection=1)
    (new,) = alone.ask(message(2), connection=2)
    alone.sync()
    verdicts = [alone.verdict(asker)[:9] for asker in (again, stale, new)]
    assert verdicts == ["stored at", "disk_full", "stored at"]


def test_a_client_that_gives_up_what_was_refused_goes_on(alone: Server) -> None:
    # Found by the simulator (seed 93500972): it was kept waiting for 40 s after there was room.
    alone.give(DiskSpace(is_full=True))
    alone.ask(message(1), message(2), connection=1)
    alone.give(DiskSpace(is_full=False))
    asked = alone.ask(message(2), message(3), connection=1)
    alone.sync()
    assert [alone.verdict(asker)[:9] for asker in asked] == ["stored at"] * 2


def test_a_client_that_asks_for_nothing_again_goes_on_after_a_while(alone: Server) -> None:
    # As a person whose command was refused: the next one is another one.
    alone.give(DiskSpace(is_full=True))
    alone.ask(message(1), connection=1)
    alone.give(DiskSpace(is_full=False))
    alone.now += BEHIND_S / 2
    (soon,) = alone.ask(message(2), connection=1)
    alone.now += BEHIND_S / 2
    later = alone.ask(message(3), message(4), connection=1)
    alone.sync()
    assert [alone.verdict(asker)[:9] for asker in (soon, *later)] == ["disk_full", "stored at", "stored at"]


def test_what_the_server_asks_for_itself_waits_for_nothing(alone: Server) -> None:
    alone.give(DiskSpace(is_full=True))
    (refused,) = alone.ask(message(1))
    alone.give(DiskSpace(is_full=False))
    (asker,) = alone.ask(message(2))
    alone.sync()
    assert (alone.verdict(refused), alone.verdict(asker)[:9]) == ("disk_full", "stored at")


def test_what_a_retired_server_hands_over_waits_for_no_client_s_other_try(alone: Server) -> None:
    alone.give(DiskSpace(is_full=True))
    handed_over = msgspec.structs.replace(message(2), origin=Origin(Epoch(9, "z", "0"), 7, "u-d"))
    asked = alone.ask(message(1), handed_over)
    assert [alone.verdict(asker) for asker in asked] == ["disk_full"] * 2
    alone.give(DiskSpace(is_full=False))
    (asker,) = alone.ask(handed_over)
    alone.sync()
    assert alone.verdict(asker).startswith("stored at")


def test_a_retry_of_what_is_under_way_is_answered_and_not_refused(alone: Server) -> None:
    (first,) = alone.ask(message(1))
    alone.give(DiskSpace(is_full=True))
    (again,) = alone.ask(message(1))
    alone.sync()
    assert alone.verdict(first) == alone.verdict(again) != "disk_full"


def test_the_other_servers_people_notice_nothing_of_a_full_disk(pair: Servers) -> None:
    pair.running["a"].give(DiskSpace(is_full=True))
    (asker,) = pair.running["b"].ask(message(1))
    pair.settle()
    assert pair.running["b"].verdict(asker).startswith("stored at")
    told = [output.pair.alarm for output in pair.running["a"].outputs if output.pair is not None]
    assert told[-1] == "disk_full"
    pair.running["a"].give(DiskSpace(is_full=False))
    told = [output.pair.alarm for output in pair.running["a"].outputs if output.pair is not None]
    assert told[-1] == ""
