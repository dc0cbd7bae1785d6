"""The broom: what no message carries is gone from the disk, and nothing else."""

import os
import threading
from pathlib import Path

import pytest

from server.archive.blobs import KEPT_S
from server.engine.round import Output, PairState
from server.protocol import events, requests
from server.protocol.frames import encode_frame
from server.sessions.files import Broom
from tests.sessions.scene import Scene
from tests.sessions.test_files import (
    CONTENT,
    TEXT,
    begun,
    expect,
    facts,
    refused,
    sent,
    sha256_of,
    signed_in,
    uploaded,
)
from tests.waiting import DEADLINE_S, wait_until

MERGING = PairState("follower", "dual", "1.a.0", "slow_peer", 0, is_merging=True)


def test_the_file_of_a_deleted_message_is_erased(scene: Scene) -> None:
    anna = signed_in(scene)
    for content in (CONTENT, TEXT):
        uploaded(scene, anna, content)
    expect(events.Stored, sent(scene, anna, 1, facts(CONTENT)))
    expect(events.Stored, sent(scene, anna, 2, facts(TEXT)))
    store, person = scene.hub.files, next(iter(scene.state.users))
    assert store is not None
    scene.state.files.drop(sha256_of(CONTENT), "general", person)
    wait_until(lambda: not store.blobs.has(sha256_of(CONTENT)))
    assert store.blobs.has(sha256_of(TEXT))


def test_what_the_last_life_did_not_come_to_is_erased_at_the_start(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = signed_in(scene)
    uploaded(scene, anna, CONTENT)
    expect(events.Stored, sent(scene, anna, 1, facts(CONTENT)))
    store, person, broom = scene.hub.files, next(iter(scene.state.users)), scene.hub._broom
    assert store is not None
    assert broom is not None
    # It dies here.
    monkeypatch.setattr(broom, "_look", lambda: None)
    monkeypatch.setattr(broom, "_knows_all", lambda: False)
    scene.state.files.drop(sha256_of(CONTENT), "general", person)
    scene.do(lambda: Broom(scene.hub, store))
    wait_until(lambda: not store.blobs.has(sha256_of(CONTENT)))


def test_what_cannot_be_erased_now_is_tried_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = signed_in(scene)
    for content in (CONTENT, TEXT):
        uploaded(scene, anna, content)
    expect(events.Stored, sent(scene, anna, 1, facts(CONTENT)))
    expect(events.Stored, sent(scene, anna, 2, facts(TEXT)))
    store, person, broom = scene.hub.files, next(iter(scene.state.users)), scene.hub._broom
    assert store is not None
    assert broom is not None
    remove = store.blobs.remove

    def refuse(sha256: str) -> bool:
        if sha256 == sha256_of(CONTENT):
            raise OSError("not now")
        return remove(sha256)

    monkeypatch.setattr(store.blobs, "remove", refuse)
    for content in (CONTENT, TEXT):
        scene.state.files.drop(sha256_of(content), "general", person)
    wait_until(lambda: not store.blobs.has(sha256_of(TEXT)))
    wait_until(lambda: broom._put_off == [sha256_of(CONTENT)])
    monkeypatch.undo()
    wait_until(lambda: not store.blobs.has(sha256_of(CONTENT)))


def test_a_file_stays_while_another_message_is_about_to_carry_it(scene: Scene) -> None:
    anna = signed_in(scene)
    uploaded(scene, anna, CONTENT)
    expect(events.Stored, sent(scene, anna, 1, facts(CONTENT)))
    store, person, sha256 = scene.hub.files, next(iter(scene.state.users)), sha256_of(CONTENT)
    assert store is not None
    broom = scene.hub._broom
    assert broom is not None
    message = anna.request(requests.Send, counter=2, room="general", text="", time_ms=1, file=facts(CONTENT))
    anna.send(encode_frame(message))
    wait_until(lambda: scene.asked)
    # The other one is deleted while this one waits for its place in the log.
    scene.state.files.drop(sha256, "general", person)
    wait_until(lambda: broom._put_off == [sha256])
    assert store.blobs.has(sha256)
    scene.commit()
    wait_until(lambda: broom._put_off == [])
    assert scene.state.files.is_carried(sha256)
    assert store.blobs.has(sha256)
    # What is refused holds nothing.
    assert refused(sent(scene, anna, 3, facts(TEXT))) == "unknown_file"
    assert not store.is_held(sha256_of(TEXT), scene.state.has_seen)


def test_nothing_is_erased_before_all_that_a_merge_moves_is_in_the_log_again(scene: Scene) -> None:
    anna = signed_in(scene)
    uploaded(scene, anna, CONTENT)
    expect(events.Stored, sent(scene, anna, 1, facts(CONTENT)))
    store, person, sha256 = scene.hub.files, next(iter(scene.state.users)), sha256_of(CONTENT)
    broom = scene.hub._broom
    assert store is not None
    assert broom is not None
    scene.hub.pair = MERGING
    scene.state.files.drop(sha256, "general", person)
    scene.do(broom._look)
    scene._loop.run_sync(broom.sweep(), 10)
    assert broom._put_off == []
    assert store.blobs.has(sha256)
    scene.hub.pair = PairState("follower", "dual", "1.a.0", "slow_peer", 0)
    wait_until(lambda: not store.blobs.has(sha256))


def test_a_cut_between_two_files_keeps_the_second_one(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = signed_in(scene)
    for counter, content in enumerate((CONTENT, TEXT), 1):
        uploaded(scene, anna, content)
        expect(events.Stored, sent(scene, anna, counter, facts(content)))
    store, person, broom = scene.hub.files, next(iter(scene.state.users)), scene.hub._broom
    assert store is not None
    assert broom is not None
    remove, is_removing, goes_on = store.blobs.remove, threading.Event(), threading.Event()

    def remove_slowly(sha256: str) -> bool:
        is_removing.set()
        assert goes_on.wait(DEADLINE_S)
        return remove(sha256)

    monkeypatch.setattr(store.blobs, "remove", remove_slowly)
    for content in (CONTENT, TEXT):
        scene.state.files.drop(sha256_of(content), "general", person)
    wait_until(is_removing.is_set)
    # What carries the second one waits for its place from here on.
    scene.hub.pair = MERGING
    goes_on.set()
    wait_until(lambda: broom._put_off == [sha256_of(TEXT)])
    assert store.blobs.has(sha256_of(TEXT))
    scene.state.files.add(sha256_of(TEXT), "general", person, len(TEXT))
    scene.hub.pair = PairState("follower", "dual", "1.a.0", "slow_peer", 0)
    wait_until(lambda: broom._put_off == [])
    assert store.blobs.has(sha256_of(TEXT))
    assert not store.blobs.has(sha256_of(CONTENT))


def test_an_old_file_that_a_message_is_about_to_carry_is_not_swept(scene: Scene, tmp_path: Path) -> None:
    anna = signed_in(scene)
    uploaded(scene, anna, CONTENT)
    message = anna.request(requests.Send, counter=1, room="general", text="", time_ms=1, file=facts(CONTENT))
    anna.send(encode_frame(message))
    wait_until(lambda: scene.asked)
    grow_old(scene, tmp_path)
    store, broom = scene.hub.files, scene.hub._broom
    assert store is not None
    assert broom is not None
    scene._loop.run_sync(broom.sweep(), 10)
    assert store.blobs.has(sha256_of(CONTENT))
    scene.commit()
    scene._loop.run_sync(broom.sweep(), 10)
    assert store.blobs.has(sha256_of(CONTENT))


def test_what_is_begun_again_is_kept_for_another_day(scene: Scene, tmp_path: Path) -> None:
    anna = signed_in(scene)
    uploaded(scene, anna, CONTENT)
    grow_old(scene, tmp_path)
    assert begun(scene, anna, CONTENT).received == len(CONTENT)
    broom = scene.hub._broom
    assert broom is not None
    scene._loop.run_sync(broom.sweep(), 10)
    expect(events.Stored, sent(scene, anna, 1, facts(CONTENT)))


def grow_old(scene: Scene, folder: Path) -> list[Path]:
    """All that is on the disk, a day and a second later."""
    paths = [path for path in (folder / "blobs").rglob("*") if path.is_file()]
    for path in paths:
        old_s = scene.clock.wall_ms() / 1000 - KEPT_S - 1
        os.utime(path, (old_s, old_s))
    return paths


def test_what_nobody_goes_on_with_is_swept_after_a_day(scene: Scene, tmp_path: Path) -> None:
    anna = signed_in(scene)
    uploaded(scene, anna, CONTENT)
    expect(events.Stored, sent(scene, anna, 1, facts(CONTENT)))
    uploaded(scene, anna, TEXT)
    begun(scene, anna, b"never sent")
    paths = grow_old(scene, tmp_path)
    assert len(paths) == 5
    broom, loop = scene.hub._broom, scene._loop
    assert broom is not None
    for not_yet in (PairState("recovering", "waiting", "", "", 0), MERGING):
        scene.hub.pair = not_yet
        loop.run_sync(broom.sweep(), 10)
        assert all(path.exists() for path in paths)
    scene.do(lambda: scene.hub.deliver(Output(pair=PairState("leader", "solo", "1.a.0", "", 0))))
    scene.clock.now_s += 100
    wait_until(lambda: scene.hub.files is not None and not scene.hub.files.coming())
    loop.run_sync(broom.sweep(), 10)
    left = [path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert left == [sha256_of(CONTENT)]
