"""A peer that proved itself and talks nonsense: refused with an alarm; nothing is lost, nothing breaks."""

import hashlib

import msgspec
import pytest

from server.archive.record import (
    DamagedRecordError,
    Draft,
    Epoch,
    PackedRecord,
    Record,
    Span,
    epoch_draft,
    make_record,
)
from server.cluster.peer_frames import PeerFrameReader, encode_peer_frame
from server.protocol.errors import RemoteProtocolError
from server.replication import messages, steps
from server.sessions.facts import PeerFacts
from tests.engine.test_engine import device, message
from tests.replication.pair import Half, chain, draft, hello_of
from tests.replication.servers import Server, Servers, dual_pair

A1, B2, B3 = Epoch(1, "a", "1"), Epoch(2, "b", "2"), Epoch(3, "b", "3")
BOTH = ("a", "b")
SHARED = (A1, (B2, BOTH), draft(1))
HUGE = Epoch(messages.EPOCH_COUNTER_MAX + 1, "b", "n")


def following(*records: Record) -> Half:
    """Server a, which follows b."""
    half = Half("a", list(records), 0.0)
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("b", [*records, *chain(*SHARED, B3)[3:]], is_leader=True)))
    assert half.shown.startswith("follower")
    half.read_lines()
    return half


def append(half: Half, *records: Record) -> None:
    packed = tuple(record.packed for record in records)
    half.take(steps.Received(messages.Append(half.replica.link.session, packed, 2**53)))


def after_shared(part: Draft, epoch: Epoch) -> Record:
    last = chain(*SHARED)[-1]
    return make_record(part, epoch, last.index + 1, last.hash)


def with_other_past(record: Record) -> Record:
    """The same record, which says that another hash stands before it."""
    header = msgspec.msgpack.decode(record.packed.header)
    place = header.index(chain(*SHARED)[-1].hash)
    header[place] = bytes(32)
    return Record(PackedRecord(msgspec.msgpack.encode(header), record.packed.body))


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(chain(A1, (B2, BOTH), draft(7))[2], id="a held index with other bytes"),
        pytest.param(with_other_past(after_shared(draft(2), B2)), id="a broken hash"),
        pytest.param(
            Record(PackedRecord(after_shared(draft(2), B2).packed.header, b"other")), id="another body"
        ),
        pytest.param(chain(*SHARED, draft(2), draft(3))[4], id="a gap"),
        pytest.param(chain(*SHARED)[2], id="an old one"),
        pytest.param(chain(A1, (B2, BOTH), draft(7), draft(8))[3], id="of another chain"),
        pytest.param(after_shared(draft(2), A1), id="of an epoch that is over"),
        pytest.param(after_shared(draft(2), B3), id="of an epoch that did not begin"),
        pytest.param(after_shared(epoch_draft(A1, BOTH, 0), A1), id="an epoch that goes back"),
        pytest.param(after_shared(epoch_draft(B2, BOTH, 0), B2), id="an epoch once more"),
        pytest.param(after_shared(epoch_draft(B3, ("a",), 0), B3), id="an epoch without its leader"),
        pytest.param(after_shared(epoch_draft(HUGE, BOTH, 0), HUGE), id="an epoch that leaves none"),
    ],
)
def test_a_record_that_does_not_fit_ends_the_link_and_changes_nothing(record: Record) -> None:
    half = following(*chain(*SHARED))
    append(half, record)
    assert half.read_lines() == ["alarm damaged_link", "drop link: damaged_link"]
    half.sync()
    assert half.stored == half.stored[:3]
    assert half.replica.log.last_index == half.replica.durable == 3


def test_what_fits_before_a_record_that_does_not_is_kept() -> None:
    half = following(*chain(*SHARED))
    good, _, gap = chain(*SHARED, draft(2), draft(3), draft(4))[3:]
    append(half, good, gap)
    half.sync()
    assert half.replica.log.last_index == half.replica.durable == len(half.stored) == 4


def test_a_hello_with_an_epoch_that_leaves_none_is_refused() -> None:
    half = Half("a", chain(*SHARED), 0.0)
    half.take(steps.LinkUp())
    hello = hello_of("b", chain(*SHARED), is_leader=True)
    spans = (*hello.spans, Span(HUGE, 4, ("b",)))
    half.take(steps.Received(msgspec.structs.replace(hello, spans=spans, last_index=4)))
    assert half.read_lines()[-2:] == ["alarm damaged_link", "drop link: damaged_link"]
    assert half.replica.new_epoch().counter == 3


def test_a_confirmation_of_what_was_never_sent_commits_nothing() -> None:
    half = Half("a", chain(*SHARED), 0.0)
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("b", chain(A1))))
    half.sync()
    session = half.replica.link.session
    half.take(steps.Received(messages.Confirm(session, 2**53)))
    half.take(steps.Received(messages.Match(session, 2**53, bytes(32), 2**53)))
    assert not half.did(steps.CopiesKnown)
    assert half.read_lines()[-2:] == ["alarm damaged_link", "drop link: damaged_link"]


def test_what_is_committed_here_and_lost_at_the_peer_is_cut_to_be_kept_for_its_re_submission() -> None:
    # The peer's disk was put back to an older copy, and it took something alone since.
    half = Half("a", chain(*SHARED, draft(2), draft(3)), 0.0)
    half.replica.commit = 5
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("b", chain(*SHARED, B3, draft(9)), is_leader=True)))
    assert half.did(steps.Rewound) == [steps.Rewound(3, ())]
    assert [effect.cut_to for effect in half.did(steps.Persist)] == [3]


# --- with the engine


@pytest.fixture
def pair() -> Servers:
    """Two servers in dual mode; device `d` is signed in; a leads."""
    return dual_pair(device())


def say(server: Server, said: messages.Message) -> None:
    server.give(steps.Received(said))


@pytest.mark.parametrize(
    ("code", "arguments"),
    [("no_such_code", {}), ("message_too_long", {}), ("internal", {}), ("empty_message", {"x": 1})],
)
def test_a_refusal_in_words_that_are_not_known_here_is_still_a_refusal(
    pair: Servers, code: str, arguments: dict[str, str | int | float]
) -> None:
    follower = pair.running["b"]
    pair.is_linked = False
    (asker,) = follower.ask(message(1))
    digest = hashlib.sha256(message(1).body).digest()
    session = follower.engine.replica.link.session
    say(follower, messages.Refuse(session, "d", 1, digest, code, arguments))
    assert follower.verdict(asker) == "bad_request"


@pytest.mark.parametrize(
    "forwarded",
    [
        pytest.param(epoch_draft(HUGE, ("b",), 0), id="an epoch"),
        pytest.param(Draft("device", "d", 0, 0, device("other").body), id="a known device anew"),
        pytest.param(message(1, name="nobody"), id="of a device that is not known"),
        pytest.param(message(1, "x" * 5_000_000), id="a giant"),
        pytest.param(Draft("message", "d", 1, 0, b"\xc1"), id="no body"),
        pytest.param(Draft("", "", 0, 0, b""), id="nothing"),
    ],
)
def test_nonsense_that_is_forwarded_is_not_archived(pair: Servers, forwarded: Draft) -> None:
    leader = pair.running["a"]
    before = leader.engine.replica.log.last_index
    say(leader, messages.Forward(leader.engine.replica.link.session, forwarded))
    assert leader.engine.replica.log.last_index == before
    (asker,) = leader.ask(message(2))
    pair.settle()
    assert leader.verdict(asker).startswith("stored")


def test_a_flood_of_requests_of_nobody_fills_nothing(pair: Servers) -> None:
    leader = pair.running["a"]
    before = leader.engine.replica.log.last_index
    session = leader.engine.replica.link.session
    for counter in range(10, 3_010):
        say(leader, messages.Forward(session, message(counter, "x" * 1_000, name="nobody")))
    assert leader.engine.replica.log.last_index == before
    (asker,) = leader.ask(message(2))
    pair.settle()
    assert leader.verdict(asker).startswith("stored")
    assert leader.engine.replica.log.last_index == before + 1


# --- the frames


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(messages.Forward("s", Draft("message", "d", -1, 0, b"")), id="a negative counter"),
        pytest.param(messages.Forward("s", Draft("message", "d", 2**63, 0, b"")), id="a giant counter"),
        pytest.param(messages.Forward("s", Draft("message", "d\0", 1, 0, b"")), id="a zero in a name"),
        pytest.param(messages.Forward("s", Draft("message", "d" * 200, 1, 0, b"")), id="a long name"),
        pytest.param(messages.Heartbeat("s", True, 0, 0, bytes(32), -10_000), id="heard in the future"),
        pytest.param(messages.Match("s", -1, bytes(32), 0), id="a negative index"),
        pytest.param(messages.Match("", 1, bytes(32), 0), id="no session"),
        pytest.param(messages.Match("s", 1, b"", 0), id="no hash"),
        pytest.param(messages.Confirm("s", 2**63), id="a giant index"),
        pytest.param(PeerFacts("b", "b:1", "leader", 2**60), id="more people than there are"),
    ],
)
def test_a_frame_with_an_impossible_value_ends_the_link(said: messages.Message) -> None:
    reader = PeerFrameReader()
    reader.feed(encode_peer_frame(said))
    with pytest.raises(RemoteProtocolError):
        reader.next_message()


def test_a_record_with_an_impossible_value_is_damaged() -> None:
    good = msgspec.msgpack.decode(chain(A1, draft(1))[1].packed.header)
    for place, value in ((1, -1), (4, "d" * 200), (5, -1), (5, 2**60), (6, 2**60)):
        bad = [*good[:place], value, *good[place + 1 :]]
        with pytest.raises(DamagedRecordError):
            Record(PackedRecord(msgspec.msgpack.encode(bad), b""))
