"""The log in memory: its end, its epochs, its cache, and the cut."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest

from server.archive.record import GENESIS_HASH, DamagedRecordError, Epoch, Record
from server.replication.log import Log
from tests.replication.pair import chain, draft, log_of

A1, A2, B3 = Epoch(1, "a", "1"), Epoch(2, "a", "2"), Epoch(3, "b", "3")
BOTH = ("a", "b")
RECORDS = chain(A1, draft(1), draft(2), (A2, BOTH), draft(3), B3, draft(4))


@contextmanager
def small_cache(size_bytes: int) -> Iterator[None]:
    """A cache of this size, trimmed at every chance."""
    with (
        mock.patch("server.replication.log.CACHE_BYTES", size_bytes),
        mock.patch("server.replication.log.TRIM_RECORDS", 1),
    ):
        yield


def test_it_knows_its_end_its_epoch_and_its_members() -> None:
    log = log_of(RECORDS)
    assert (log.last_index, log.last_hash) == (7, RECORDS[-1].hash)
    assert (log.epoch, log.members) == (B3, ("b",))


def test_an_empty_log_has_no_epoch_and_the_hash_of_the_beginning() -> None:
    log = log_of([])
    assert (log.last_index, log.members, log.newest_spans()) == (0, (), ())
    assert log.hash_at(0) == GENESIS_HASH
    assert log.epoch < A1


def test_it_knows_the_epoch_of_every_index() -> None:
    log = log_of(RECORDS)
    assert [log.epoch_at(index) for index in range(1, 8)] == [A1, A1, A1, A2, A2, B3, B3]
    assert log.epoch_at(0) < A1


def test_what_does_not_follow_is_not_taken() -> None:
    log = log_of(RECORDS[:3])
    with pytest.raises(DamagedRecordError):
        log.append(RECORDS[4])
    with pytest.raises(DamagedRecordError):
        log.append(chain(A2, draft(1), draft(2), draft(3))[3])
    assert log.last_index == 3


def test_a_cut_forgets_records_and_epochs_behind_it() -> None:
    log = log_of(RECORDS)
    log.cut(4)
    assert (log.last_index, log.last_hash, log.epoch, log.members) == (4, RECORDS[3].hash, A2, BOTH)
    assert log.record(5) is None
    log.append(RECORDS[4])
    assert log.last_index == 5


def test_a_cut_to_nothing_is_an_empty_log() -> None:
    log = log_of(RECORDS)
    log.cut(0)
    assert (log.last_index, log.last_hash, log.spans) == (0, GENESIS_HASH, [])


def test_old_records_leave_the_memory_and_are_looked_up() -> None:
    with (
        mock.patch("server.replication.log.CACHE_BYTES", 0),
        mock.patch("server.replication.log.TRIM_RECORDS", 1),
    ):
        log = Log([], [], 0, GENESIS_HASH, lambda index: RECORDS[index - 1])
        for record in RECORDS:
            log.append(record)
        log.forget_before(5)
    assert log.first_cached_index == 5
    assert log.record(2) is RECORDS[1]
    assert log.hash_at(2) == RECORDS[1].hash
    assert log.cached(2, 10**6) == []
    assert log.cached(5, 10**6) == RECORDS[4:]


def test_what_is_asked_for_comes_in_pieces_of_about_the_size() -> None:
    log = log_of(RECORDS)
    assert log.cached(3, 1) == RECORDS[2:3]
    assert log.cached(3, RECORDS[2].size_bytes + 1) == RECORDS[2:4]
    assert log.cached(3, 10**6, last=5) == RECORDS[2:5]
    assert log.cached(8, 10**6) == []


def test_whatever_is_done_to_it_the_cache_is_a_piece_of_the_log(rng: random.Random) -> None:
    with (
        mock.patch("server.replication.log.CACHE_BYTES", 400),
        mock.patch("server.replication.log.TRIM_RECORDS", 2),
    ):
        stored: list[Record] = []
        log = Log([], [], 0, GENESIS_HASH, lambda index: stored[index - 1])
        source = chain(A1, *[draft(counter) for counter in range(1, 60)])
        for _ in range(300):
            action = rng.random()
            if action < 0.6 and log.last_index < len(source):
                log.append(source[log.last_index])
                stored.append(source[log.last_index - 1])
            elif action < 0.9:
                log.forget_before(rng.randint(0, log.last_index))
            elif log.last_index > 3:
                keep = rng.randint(log.last_index - 3, log.last_index)
                log.cut(keep)
                del stored[keep:]
            assert [log.record(i) for i in range(1, log.last_index + 1)] == stored
            assert log.cached(log.first_cached_index, 10**9) == stored[log.first_cached_index - 1 :]
