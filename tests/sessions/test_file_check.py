"""The check of every file: what is damaged is set aside and comes again, and nothing else is touched."""

import os
from functools import partial
from pathlib import Path

import pytest

from server.state.files import FileUses
from tests.cluster.file_sides import CONTENT, KEY, SHA256, Side, run, until
from tests.sessions.scene import Scene
from tests.sessions.test_files import CONTENT as PLAIN
from tests.sessions.test_files import TEXT, sha256_of, signed_in, uploaded


def change(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.expected_errors("is damaged")
@pytest.mark.parametrize("place", [0, 20, -1])
def test_what_is_not_what_its_name_says_is_set_aside(scene: Scene, tmp_path: Path, place: int) -> None:
    anna = signed_in(scene)
    for content in (PLAIN, TEXT):
        uploaded(scene, anna, content)
    check, store = scene.hub._file_check, scene.hub.files
    assert check is not None
    assert store is not None
    scene._loop.run_sync(check.look_at_all(), 10)
    assert set(store.blobs.hashes()) == {sha256_of(PLAIN), sha256_of(TEXT)}
    folder = tmp_path / "blobs"
    damaged = list(folder.glob("[0-9a-f][0-9a-f]/*"))
    assert len(damaged) == 2
    for path in damaged:
        change(path, place)
    scene._loop.run_sync(check.look_at_all(), 10)
    assert list(store.blobs.hashes()) == []
    assert {path.name for path in (folder / "damaged").iterdir()} == {path.name for path in damaged}
    # Erased is erased, damaged or not.
    for content in (PLAIN, TEXT):
        store.blobs.remove(sha256_of(content))
    assert list((folder / "damaged").iterdir()) == []


def test_it_comes_from_the_other_server_again(tmp_path: Path) -> None:
    async def script(a: Side, b: Side) -> None:
        await a.files.begin(KEY, len(CONTENT))
        await a.receive(0, len(CONTENT))
        await until(lambda: b.blobs.has(SHA256) and not b.copying._copies)
        for side in (a, b):
            side.uses.add(SHA256, "general", "anna", len(CONTENT))
        await b.files.set_aside(SHA256)
        assert not b.blobs.has(SHA256)
        # Whoever looks at everything once a minute does so now.
        b.uses = FileUses(b.uses.all())
        await until(lambda: b.blobs.has(SHA256))
        assert b.read() == CONTENT

    run(tmp_path, script)


def spoilt(side: Side, times: int) -> bool:
    return side.copying._spoilt.get(SHA256, (0, 0.0))[0] == times


def test_what_is_damaged_over_there_is_not_fetched_again_and_again(tmp_path: Path) -> None:
    async def script(a: Side, b: Side) -> None:
        b.is_linked = a.is_linked = False
        await a.files.begin(KEY, len(CONTENT))
        await a.receive(0, len(CONTENT))
        (path,) = (tmp_path / "a").glob("[0-9a-f][0-9a-f]/*")
        change(path, 1000)
        os.utime(path)
        b.is_linked = a.is_linked = True
        for times in (1, 2):
            b.uses = FileUses()
            b.uses.add(SHA256, "general", "anna", len(CONTENT))
            await until(partial(spoilt, b, times))
            await until(lambda: not b.copying._copies)
        wanted = len(b.sent)
        await b.copying._copy_missing(SHA256)
        assert len(b.sent) == wanted
        assert not b.blobs.has(SHA256)

    run(tmp_path, script)
