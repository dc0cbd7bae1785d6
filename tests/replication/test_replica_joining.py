"""The replica that comes back: what is cut, what is kept, who yields, and when it refuses to join."""

from server.archive.record import Epoch
from server.replication import steps
from server.replication.messages import Append
from server.replication.settings import Settings
from tests.replication.pair import Half, Pair, chain, draft, hello_of

A1, A2, A4 = Epoch(1, "a", "1"), Epoch(2, "a", "2"), Epoch(4, "a", "4")
B4, B9 = Epoch(4, "b", "4"), Epoch(9, "b", "9")
BOTH = ("a", "b")
SHARED = (A1, (A2, BOTH), draft(1))


def counters(half: Half) -> list[int]:
    """What clients asked for, in the order of the disk."""
    return [record.header.counter for record in half.stored if not record.is_epoch]


def test_the_return_of_the_old_leader_brings_dual_back() -> None:
    pair = Pair()
    pair.become_dual()
    pair.kill("a")
    pair.b.take(steps.Propose((draft(1),)))
    pair.settle()
    pair.restart("a")
    pair.connect()
    assert (pair.a.shown, pair.b.shown) == ("follower dual", "leader dual")
    assert [record.hash for record in pair.a.stored] == [record.hash for record in pair.b.stored]
    assert pair.a.replica.commit == pair.b.replica.commit == 5


def test_what_was_never_confirmed_is_cut_when_the_old_leader_comes_back() -> None:
    pair = Pair()
    pair.become_dual()
    pair.muted = {"a"}
    pair.a.take(steps.Propose((draft(1), draft(2))))
    pair.settle()
    pair.kill("a")
    pair.muted = set()
    pair.restart("a")
    pair.connect()
    assert pair.a.read_lines()[:4] == ["→ hello 4", "rewound to 2", "persist cut to 2", "→ match 2"]
    assert counters(pair.a) == counters(pair.b) == []


def test_what_arrived_at_the_follower_outlives_a_leader_that_lost_it() -> None:
    pair = Pair()
    pair.become_dual()
    pair.a.is_disk_stuck = True
    pair.a.take(steps.Propose((draft(1),)))
    pair.settle()
    pair.kill("a", is_refused=False)
    pair.restart("a")
    pair.connect()
    assert counters(pair.a) == counters(pair.b) == [1]
    assert pair.b.shown == "leader dual"


def test_the_log_is_unfolded_before_the_cut_goes_to_the_disk() -> None:
    # The write of a cut carries what is derived: of the records behind the cut there must be nothing left.
    half = Half("a", chain(*SHARED, draft(2)), 0.0)
    half.take(steps.LinkUp())
    half.read_lines()
    half.take(steps.Received(hello_of("b", chain(*SHARED, B4), is_leader=True)))
    assert half.read_lines() == ["rewound to 3", "persist cut to 3", "→ match 3", "→ confirm 3"]


def test_a_sync_from_before_the_cut_does_not_count_behind_it() -> None:
    half = Half("a", chain(*SHARED), 0.0)
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("b", chain(*SHARED, B4), is_leader=True)))
    records = chain(*SHARED, B4, draft(2))[3:]
    packed = tuple(record.packed for record in records)
    half.take(steps.Received(Append(half.replica.link.session, packed, 0)))
    half.take(steps.LinkDown())
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("b", chain(*SHARED, B9), is_leader=True)))
    assert half.replica.log.last_index == 3
    half.sync()
    assert half.replica.durable == 3
    assert half.stored == half.stored[:3]


def test_a_server_that_has_nothing_to_lose_yields_to_one_that_has() -> None:
    pair = Pair(chain(*SHARED, A4, draft(2)), chain(*SHARED, B9))
    pair.connect()
    pair.wait(0.1)
    assert (pair.a.shown, pair.b.shown) == ("leader dual", "follower dual")
    assert counters(pair.a) == counters(pair.b) == [1, 2]


def test_what_only_one_of_two_members_has_is_nothing_to_keep() -> None:
    pair = Pair(chain(*SHARED, draft(2), draft(3)), chain(*SHARED, B4))
    pair.connect()
    pair.wait(0.1)
    assert (pair.a.shown, pair.b.shown) == ("follower dual", "leader dual")
    assert counters(pair.a) == counters(pair.b) == [1]


def test_a_new_epoch_lies_above_all_that_the_peer_told_of() -> None:
    # Clients may stand in the epoch that the peer gives up: it must not look newer than what follows.
    pair = Pair(chain(*SHARED, A4, draft(2)), chain(*SHARED, B9))
    pair.connect()
    pair.wait(0.1)
    assert pair.b.replica.log.epoch.counter > 9


def test_of_two_sides_that_both_acknowledged_alone_the_lower_epoch_goes_on_behind_the_fork() -> None:
    pair = Pair(chain(*SHARED, A4, draft(2)), chain(*SHARED, B9, draft(3), draft(4)))
    pair.connect()
    assert [rewound.index for rewound in pair.a.did(steps.Rewound)] == [3]
    assert not pair.b.did(steps.Rewound)
    pair.wait(0.1)
    assert (pair.a.shown, pair.b.shown) == ("follower dual", "leader dual")
    assert counters(pair.a) == counters(pair.b) == [1, 3, 4]


def test_what_nobody_folded_yet_is_handed_over_with_the_cut() -> None:
    half = Half("a", chain(*SHARED, A4, draft(2), draft(3)), 0.0)
    half.replica.commit = 5
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("b", chain(*SHARED, B9, draft(4)), is_leader=True)))
    (rewound,) = half.did(steps.Rewound)
    assert [record.index for record in rewound.uncommitted] == [6]


def test_two_archives_that_share_nothing_become_one() -> None:
    pair = Pair(chain(A1, draft(1)), chain(B9, draft(2)))
    pair.connect()
    assert [rewound.index for rewound in pair.a.did(steps.Rewound)] == [0]
    pair.wait(0.1)
    assert counters(pair.a) == counters(pair.b) == [2]


def test_a_founder_that_lost_its_archive_gets_it_back_from_the_one_who_kept_it() -> None:
    # The follower had the founder's record, and more, before the founder's own disk had it.
    pair = Pair([], chain(A1, draft(1)))
    pair.wait(0.05)
    assert pair.a.shown == "leader solo"
    pair.connect()
    pair.wait(0.1)
    assert (pair.a.shown, pair.b.shown) == ("follower dual", "leader dual")
    assert counters(pair.a) == [1]


def test_a_follower_is_behind_until_it_has_what_the_leader_had() -> None:
    many = [draft(counter) for counter in range(2, Settings().behind_records + 10)]
    theirs = chain(*SHARED, B4, *many)
    half = Half("a", chain(*SHARED), 0.0)
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("b", theirs, is_leader=True)))
    assert half.replica.role.is_behind
    pair = Pair(chain(*SHARED), theirs)
    pair.connect()
    pair.wait(1.0)
    assert pair.a.shown == "follower dual"
    assert not pair.a.replica.role.is_behind
