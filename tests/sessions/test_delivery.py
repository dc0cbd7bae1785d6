"""Delivery: shared bytes, cursors that never lose or repeat, slow readers, and the store for the past."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.archive.disk import SqliteDisk
from server.archive.record import Epoch, epoch_draft
from server.archive.store import Store
from server.network.loop_thread import LoopThread
from server.protocol import events
from server.protocol.requests import Cursor, EpochEnd
from server.sessions import delivery as delivery_module
from server.sessions.delivery import Delivery
from server.sessions.history import ROWS_MAX
from server.sessions.reader import Reader
from server.state.bodies import DeviceBody, MemberBody
from server.state.state import GENERAL
from tests.sessions.reading_stage import FIRST, SECOND, Sink, Stage, sink
from tests.waiting import DEADLINE_S, wait_until


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A real store."""
    store = Store(SqliteDisk(tmp_path / "archive.sqlite"))
    yield store
    store.close()


@pytest.fixture
def stage(loop: LoopThread, store: Store) -> Stage:
    """A server's delivery."""
    return Stage(loop, store)


def test_readers_at_the_same_place_share_the_very_same_bytes(stage: Stage) -> None:
    readers = [stage.attach(who) for who in ("ben", "cleo", "ben")]
    stage.say("one", "two")
    first, *others = (sink(reader).written[-1] for reader in readers)
    assert all(other is first for other in others)
    assert sink(readers[0]).texts == ["one", "two"]


def test_a_batch_is_one_write_that_ends_with_the_position(stage: Stage) -> None:
    reader = stage.attach()
    before = len(sink(reader).written)
    stage.say(*(str(n) for n in range(50)))
    assert len(sink(reader).written) == before + 1
    last = sink(reader).events[-1]
    assert isinstance(last, events.PositionMoved)
    assert (last.cursor.index, last.number) == (stage.log.state.index, 50)
    assert stage.delivery.number_of(reader) == 50


def test_a_slow_reader_costs_nobody_anything_and_gets_it_all_in_one_write(stage: Stage) -> None:
    slow, quick = stage.attach("ben"), stage.attach("cleo")
    stage.pause(slow, is_paused=True)
    for n in range(30):
        stage.say(str(n))
    assert sink(quick).texts == [str(n) for n in range(30)]
    assert sink(slow).texts == []
    assert stage.delivery.number_of(slow) == 0
    before = len(sink(slow).written)
    stage.pause(slow, is_paused=False)
    assert len(sink(slow).written) == before + 1
    assert sink(slow).texts == [str(n) for n in range(30)]
    assert stage.delivery.number_of(slow) == 30


def test_who_is_far_behind_in_memory_is_written_a_piece_at_a_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_module, "PIECE_BYTES", 2_000)
    texts = [f"{n} {'x' * 300}" for n in range(40)]
    slow, quick = stage.attach("ben"), stage.attach("cleo")
    stage.pause(slow, is_paused=True)
    for text in texts:
        stage.say(text)
    written = sink(slow).written
    before = len(written)
    # It takes one piece, and is full again.
    monkeypatch.setattr(Sink, "write", take_once)
    while sink(slow).texts != texts:
        behind = len(written)
        stage.pause(slow, is_paused=False)
        assert len(written) == behind + 1
        assert len(written[-1]) < 2 * 2_000
    assert before + 5 < len(written)
    assert isinstance(sink(slow).events[-1], events.PositionMoved)
    assert stage.delivery.number_of(slow) == stage.delivery.number_of(quick) == len(texts)
    monkeypatch.undo()
    stage.pause(slow, is_paused=False)
    stage.say("last")
    assert sink(slow).texts == sink(quick).texts == [*texts, "last"]


def test_a_piece_costs_what_it_carries_not_what_lies_behind_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_module, "PIECE_BYTES", 2_000)
    slow = stage.attach("ben")
    stage.pause(slow, is_paused=True)
    for n in range(200):
        stage.say(f"{n} {'x' * 300}")
    feed = stage.delivery._feeds[GENERAL]
    feed.frames = counted = Counted(feed.frames)
    monkeypatch.setattr(Sink, "write", take_once)
    stage.pause(slow, is_paused=False)
    assert 0 < counted.looked_at < 10


def test_what_was_joined_for_one_who_came_back_is_not_kept(stage: Stage) -> None:
    before = stage.log.state.index
    stage.say("one", "two")
    assert sink(stage.attach("ben", cursor=before)).texts == ["one", "two"]
    assert not stage.delivery._joined


def test_who_joined_a_room_and_reads_from_the_store_gets_nothing_older_of_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = stage.attach("ben")
    stage.pause(slow, is_paused=True)
    monkeypatch.setattr(delivery_module, "MEMORY_BYTES", 0)
    stage.say("first")
    stage.log.say("older", "tea")
    stage.publish()
    stage.log.act("member", "ben", MemberBody("tea"))
    stage.log.say("newer", "tea")
    stage.publish()
    for _ in range(12):
        stage.say("later")
    stage.pause(slow, is_paused=False)
    wait_until(lambda: len(sink(slow).texts) >= 14, what="the past")
    assert sink(slow).texts == ["first", "newer", *["later"] * 12]


class Counted(list[bytes]):
    """Frames that count how many of them were looked at."""

    looked_at = 0

    def __getitem__(self, place: Any) -> Any:
        self.looked_at += len(range(len(self))[place]) if isinstance(place, slice) else 1
        return super().__getitem__(place)


def take_once(outlet: Sink, data: bytes) -> None:
    outlet.written.append(data)
    outlet.is_paused = True


def test_who_is_not_in_a_room_hears_nothing_of_it(stage: Stage) -> None:
    member, stranger = stage.attach("anna"), stage.attach("ben")
    stage.say("secret tea", room="tea")
    assert sink(member).texts == ["secret tea"]
    assert sink(stranger).texts == []
    # Nothing of the rest was kept from it, so it stands at the end.
    assert stage.delivery.number_of(stranger) == 1


def test_messages_of_several_rooms_come_in_the_order_of_the_log(stage: Stage) -> None:
    reader = stage.attach("anna")
    for n, room in enumerate([GENERAL, "tea", "chess", "tea", GENERAL]):
        stage.log.say(str(n), room)
    stage.publish()
    assert sink(reader).texts == ["0", "1", "2", "3", "4"]


def test_who_joins_a_room_reads_it_from_there_on(stage: Stage) -> None:
    reader = stage.attach("ben")
    stage.say("before", room="tea")
    stage.log.say("same batch, before", "tea")
    stage.log.act("member", "ben", MemberBody("tea"))
    stage.log.say("same batch, after", "tea")
    stage.publish()
    stage.say("after", room="tea")
    assert sink(reader).texts == ["same batch, after", "after"]


def test_who_left_is_written_to_no_more(stage: Stage) -> None:
    reader = stage.attach()
    stage.delivery.detach(reader)
    before = len(sink(reader).written)
    stage.say("late")
    assert len(sink(reader).written) == before


def test_the_past_comes_from_the_store_and_then_the_present(loop: LoopThread, store: Store) -> None:
    stage = Stage(loop, store)
    texts = [str(n) for n in range(2 * ROWS_MAX + 7)]
    for text in texts:
        stage.log.say(text)
    stage.log.fresh()
    # A server that starts now has nothing of it in memory.
    restarted = Stage.__new__(Stage)
    restarted.__dict__.update(stage.__dict__)
    restarted.delivery = Delivery(
        stage.log.position,
        state=lambda: stage.log.state,
        read_store=stage.delivery._read_store,
        durable_end=store.derived_index,
        is_leader=lambda: True,
        now=lambda: 0.0,
    )
    reader = restarted.attach("ben", cursor=0)
    restarted.say("live")
    wait_until(lambda: sink(reader).texts[-1:] == ["live"], what="the live message")
    assert sink(reader).texts == [*texts, "live"]
    assert restarted.delivery.number_of(reader) == len(texts) + 1


def test_a_reader_of_the_past_that_takes_nothing_goes_on_when_it_does(stage: Stage) -> None:
    texts = [str(n) for n in range(20)]
    for text in texts:
        stage.log.say(text)
    stage.log.fresh()
    stage.delivery._memory_start = stage.log.state.index
    stage.delivery.position = stage.log.position
    reader = Reader(Sink(), "ben", [GENERAL], 0)
    sink(reader).is_paused = True
    stage.flush(reader)
    assert sink(reader).written == []
    reader.touched = frozenset(reader.audiences)
    stage.pause(reader, is_paused=False)
    wait_until(lambda: sink(reader).texts == texts, what="the past")


def test_a_reader_of_the_past_that_is_flushed_twice_in_a_turn_gets_it_once(
    stage: Stage, loop: LoopThread
) -> None:
    # Found by the simulator (seed 20851): a cursor that turned out to be of a lost epoch, in a batch of news.
    texts = [str(n) for n in range(20)]
    for text in texts:
        stage.log.say(text)
    stage.log.fresh()
    stage.delivery._memory_start = stage.log.state.index
    stage.delivery.position = stage.log.position
    reader = Reader(Sink(), "ben", [GENERAL], 0)
    reader.touched = frozenset(reader.audiences)

    async def flush_twice() -> None:
        stage.delivery.flush(reader)
        stage.delivery.flush(reader)
        await asyncio.gather(*stage.delivery._tasks)

    loop.run_sync(flush_twice(), DEADLINE_S)
    assert sink(reader).texts == texts


def test_old_frames_leave_the_memory_and_still_arrive(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "MEMORY_BYTES", 4_000)
    slow = stage.attach("ben")
    stage.pause(slow, is_paused=True)
    texts = [f"{n} {'x' * 50}" for n in range(200)]
    for text in texts:
        stage.say(text)
    assert stage.delivery._bytes <= 4_000
    assert stage.delivery._memory_start > slow.cursor
    stage.pause(slow, is_paused=False)
    wait_until(lambda: len(sink(slow).texts) == 200, what="all of it")
    assert sink(slow).texts == texts


def test_a_cut_log_is_told_to_those_who_had_read_further(stage: Stage) -> None:
    stage.say("shared")
    fork = stage.log.state.index
    before = stage.attach("cleo")
    stage.log.append(epoch_draft(Epoch(2, "a", "0f"), ("a",), 1))
    stage.publish()
    behind = stage.attach("ben")
    stage.log.cut(fork, SECOND)
    stage.publish()
    stage.log.append(epoch_draft(SECOND, ("b",), 1))
    stage.say("of the other server")
    assert [e.index for e in sink(behind).events if isinstance(e, events.Diverged)] == [fork]
    assert sink(behind).texts == ["of the other server"]
    # Nothing that this one had read was cut.
    assert not [e for e in sink(before).events if isinstance(e, events.Diverged)]
    assert sink(before).texts == ["of the other server"]


def test_who_signed_up_behind_a_cut_reads_the_room_of_all_without_a_gap(stage: Stage) -> None:
    # Found by the simulator (seed 5260): the winner's messages before the own name came again were left out.
    fork = stage.log.state.index
    stage.log.act("device", "dora", DeviceBody("dora", "dora", b""))
    stage.publish()
    reader = stage.attach("dora")
    stage.log.cut(fork, SECOND)
    stage.publish()
    stage.log.append(epoch_draft(SECOND, ("b",), 1))
    stage.say("of the other server")
    stage.log.act("device", "dora", DeviceBody("dora", "dora", b""))
    stage.say("after the merge")
    assert sink(reader).texts == ["of the other server", "after the merge"]


def test_a_slow_reader_that_joined_a_room_behind_a_cut_misses_nothing_that_takes_its_place(
    stage: Stage,
) -> None:
    fork = stage.log.state.index
    reader = stage.attach("ben")
    stage.pause(reader, is_paused=True)
    stage.say("cut away", "cut away too", room="tea")
    stage.log.act("member", "ben", MemberBody("tea"))
    stage.publish()
    stage.log.cut(fork, SECOND)
    stage.publish()
    stage.log.append(epoch_draft(SECOND, ("b",), 1))
    stage.say("of the other server", room="tea")
    stage.log.act("member", "ben", MemberBody("tea"))
    stage.say("after the merge", room="tea")
    stage.pause(reader, is_paused=False)
    assert sink(reader).texts == ["of the other server", "after the merge"]


def test_a_cursor_of_an_epoch_that_never_comes_is_told_as_diverged_later(stage: Stage) -> None:
    stage.say("shared")
    fork = stage.log.state.index
    # Two records of the other server's solo time, which this one has never seen.
    cursor = Cursor(epoch=str(Epoch(2, "b", "0f")), index=fork + 2, trail=(EpochEnd(str(FIRST), fork),))
    reader = stage.attach("ben", cursor=fork + 2, resumed=cursor)
    stage.log.epoch = Epoch(3, "a", "0f")
    stage.log.append(epoch_draft(stage.log.epoch, ("a",), 1))
    stage.say("one", "two", "three")
    assert [e.index for e in sink(reader).events if isinstance(e, events.Diverged)] == [fork]
    assert sink(reader).texts == ["one", "two", "three"]


def test_a_cursor_that_this_server_catches_up_with_goes_on_without_a_gap(stage: Stage) -> None:
    stage.say("shared")
    cursor = Cursor(epoch=str(FIRST), index=stage.log.state.index + 2)
    reader = stage.attach("ben", cursor=cursor.index, resumed=cursor)
    stage.say("read before 1")
    stage.say("read before 2", "new")
    assert sink(reader).texts == ["new"]
    assert not [e for e in sink(reader).events if isinstance(e, events.Diverged)]


def test_who_joined_a_room_where_this_server_was_behind_reads_it_on(stage: Stage) -> None:
    # Found by the simulator (seed 92000483): all of it came in one batch, with what was written behind.
    cursor = Cursor(epoch=str(FIRST), index=stage.log.state.index + 1)
    reader = stage.attach("ben", cursor=cursor.index, resumed=cursor)
    stage.log.act("member", "ben", MemberBody("tea"))
    stage.log.say("for all")
    stage.say("in the room", room="tea")
    assert sink(reader).texts == ["for all", "in the room"]


def test_a_cut_in_the_middle_of_a_run_keeps_what_lies_before_it(stage: Stage) -> None:
    # The store's tables may not have it yet, so it must stay in memory.
    start = stage.log.state.index
    stage.say("shared 1", "shared 2", "cut away")
    reader = stage.attach("ben", cursor=start)
    assert sink(reader).texts == ["shared 1", "shared 2", "cut away"]
    stage.log.cut(stage.log.state.index - 1, SECOND)
    stage.publish()
    late = stage.attach("cleo", cursor=start)
    stage.log.append(epoch_draft(SECOND, ("b",), 1))
    stage.say("of the other server")
    assert sink(reader).texts[3:] == ["of the other server"]
    assert sink(late).texts == ["shared 1", "shared 2", "of the other server"]
    assert [message.text for message in stage.delivery.recent(GENERAL, 0).messages] == sink(late).texts
