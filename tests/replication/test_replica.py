"""The replica: the way to dual, the handshake, and what a server refuses in words."""

import msgspec

from server.archive.record import Epoch, make_records
from server.replication import steps
from server.replication.messages import Append, Confirm, Hello, Match
from tests.replication.pair import Half, Pair, chain, draft, hello_of

A1, A2, B3 = Epoch(1, "a", "1"), Epoch(2, "a", "2"), Epoch(3, "b", "3")
BOTH = ("a", "b")


def test_from_two_empty_archives_to_two_members() -> None:
    pair = Pair()
    pair.wait(0.05)
    assert pair.a.read_lines() == ["persist 1:epoch(a)", "committed 1"]
    pair.connect()
    assert pair.a.read_lines() == [
        "→ hello 1",
        "persist 2:epoch(a+b)",
        "→ append 1:epoch(a), 2:epoch(a+b) commit 1",
        "copies 2",
        "committed 2",
        "→ append commit 2",
    ]
    assert pair.b.read_lines() == [
        "→ hello 0",
        "→ match 0",
        "persist 1:epoch(a), 2:epoch(a+b)",
        "→ confirm 2",
        "copies 1",
        "committed 1",
        "copies 2",
        "committed 2",
    ]


def test_a_request_is_committed_when_both_have_synced_it() -> None:
    pair = Pair()
    pair.become_dual()
    pair.b.is_disk_stuck = True
    pair.a.take(steps.Propose((draft(1),)))
    pair.settle()
    assert pair.a.read_lines() == ["persist 3:1", "→ append 3:1 commit 2"]
    pair.b.is_disk_stuck = False
    pair.settle()
    assert pair.a.read_lines() == ["copies 3", "committed 3", "→ append commit 3"]
    assert pair.b.read_lines() == ["persist 3:1", "→ confirm 3", "copies 3", "committed 3"]


def test_a_request_of_the_followers_client_is_forwarded_and_its_refusal_comes_back() -> None:
    pair = Pair()
    pair.become_dual()
    pair.b.take(steps.Propose((draft(1),)))
    pair.settle()
    assert pair.b.read_lines() == ["→ forward 1"]
    assert pair.a.read_lines() == ["forwarded 1"]
    pair.a.take(steps.RefuseForwarded("d", 1, b"digest", "unknown_room", {"room": "x"}))
    pair.settle()
    assert pair.b.did(steps.RefusedByLeader) == [
        steps.RefusedByLeader("d", 1, b"digest", "unknown_room", {"room": "x"})
    ]


def test_a_new_handshake_alone_never_leaves_dual() -> None:
    pair = Pair()
    pair.become_dual()
    pair.disconnect()
    pair.connect()
    assert (pair.a.shown, pair.b.shown) == ("leader dual", "follower dual")
    assert pair.a.replica.log.last_index == 2


def test_nothing_is_served_before_the_record_of_the_epoch_is_durable() -> None:
    half = Half("a", [], 0.0, is_founder=True)
    half.take(steps.Tick())
    assert half.shown == "leader waiting"
    half.take(steps.Propose((draft(1),)))
    assert half.read_lines() == ["persist 1:epoch(a)", "persist 2:1"]
    half.sync()
    assert half.shown == "leader solo"
    assert half.read_lines() == ["committed 1", "committed 2"]


# --- the handshake


def test_what_an_old_link_says_counts_for_nothing_in_the_new_one() -> None:
    pair = Pair()
    pair.become_dual()
    old = pair.a.replica.link.session
    pair.disconnect()
    pair.connect()
    pair.a.take(steps.Propose((draft(1),)))
    pair.a.sync()
    pair.a.read_lines()
    pair.a.take(steps.Received(Confirm(old, 3)))
    assert pair.a.read_lines() == []
    pair.a.take(steps.Received(Confirm(pair.a.replica.link.session, 3)))
    assert pair.a.read_lines()[:2] == ["copies 3", "committed 3"]


def test_a_hello_that_belonged_to_an_older_link_ends_this_one() -> None:
    half = Half("b", [], 0.0)
    half.take(steps.LinkUp())
    hello = hello_of("a", chain(A1))
    half.take(steps.Received(msgspec.structs.replace(hello, session="older")))
    half.read_lines()
    half.take(steps.Received(hello))
    assert half.read_lines() == ["drop link: second_hello"]


def test_a_hello_that_crossed_a_new_epoch_is_said_again() -> None:
    half = Half("a", chain(A1, (A2, BOTH)), 0.0)
    half.take(steps.LinkUp())
    half.replica.lead()
    half.read_lines()
    half.take(steps.Received(hello_of("b", chain(A1, (A2, BOTH), B3), is_leader=True)))
    assert "drop link: stale_hello" in half.read_lines()
    assert half.replica.role.name == "leader"


def test_a_hello_that_crossed_a_request_worth_keeping_is_said_again() -> None:
    half = Half("a", chain(A1), 0.0)
    half.take(steps.Tick())
    half.sync()
    half.take(steps.LinkUp())
    # The hello said that there is nothing to lose, so the peer will lead; now there is.
    half.take(steps.Propose((draft(1),)))
    half.sync()
    half.read_lines()
    half.take(steps.Received(hello_of("b", chain(A1, B3), is_leader=True)))
    assert half.read_lines() == ["drop link: stale_hello"]


# --- what is refused


def test_a_server_that_starts_refuses_a_foreign_cluster_in_words() -> None:
    half = Half("b", [], 0.0)
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("a", chain(A1), cluster="other")))
    assert half.did(steps.Halt) == [steps.Halt("foreign_cluster", {"mine": "c", "theirs": "other"})]


def test_a_server_that_serves_closes_the_link_to_a_foreign_one() -> None:
    half = Half("a", chain(A1), 0.0)
    half.take(steps.Tick())
    half.sync()
    half.take(steps.LinkUp())
    half.read_lines()
    half.take(steps.Received(hello_of("b", [], cluster="other")))
    assert half.read_lines() == ["alarm foreign_peer", "drop link: foreign_peer"]
    assert half.shown == "leader solo"


def test_a_copied_data_folder_is_refused_in_words() -> None:
    half = Half("a", chain(A1), 0.0)
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("a", chain(A1))))
    assert half.did(steps.Halt) == [steps.Halt("same_server_id", {"server": "a"})]


def test_a_halted_server_does_nothing_any_more() -> None:
    half = Half("a", chain(A1), 0.0)
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("a", chain(A1))))
    half.read_lines()
    half.now = 60.0
    half.take(steps.Tick())
    half.take(steps.LinkDown())
    assert half.read_lines() == []


def test_records_that_do_not_fit_close_the_link_and_raise_the_alarm() -> None:
    pair = Pair()
    pair.become_dual()
    log = pair.b.replica.log
    fits, follows = make_records((draft(1), draft(2)), log.epoch, log.last_index, log.last_hash)
    torn = msgspec.structs.replace(follows.packed, body=b"not what was hashed")
    pair.b.take(steps.Received(Append(pair.b.replica.link.session, (fits.packed, torn), 2)))
    # What fitted is kept, on disk as in memory.
    assert pair.b.read_lines() == ["persist 3:1", "alarm damaged_link", "drop link: damaged_link"]
    assert log.last_index == 3


def test_a_follower_whose_log_has_another_hash_is_sent_away() -> None:
    half = Half("a", chain(A1), 0.0)
    half.take(steps.Tick())
    half.sync()
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("b", chain(A1))))
    half.read_lines()
    half.take(steps.Received(Match(half.replica.link.session, 1, b"x" * 32, 1)))
    assert half.read_lines() == ["alarm damaged_link", "drop link: damaged_link"]


def test_before_the_hello_nothing_else_is_listened_to() -> None:
    half = Half("b", [], 0.0)
    half.take(steps.LinkUp())
    half.read_lines()
    half.take(steps.Received(Append(half.replica.link.session, (), 0)))
    assert half.read_lines() == []
    assert isinstance(half.sent[0], Hello)
