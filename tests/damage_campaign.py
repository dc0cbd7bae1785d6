"""A server's life with a damaged disk: `python -m tests.damage_campaign --places 2000` tries thousands."""

import random
import shutil
import sys
import tempfile
from pathlib import Path

import click

from server.archive.confirmed import ConfirmedMark
from server.archive.disk import DamagedDiskError
from server.archive.record import GENESIS_HASH
from server.mending import note_damage
from server.opening import Opened, open_archive
from tests.damaged_archives import Truth, damage, make_archive, truth_of

CLUSTER = "c" * 16


def copy(archive: Path, folder: Path) -> Path:
    shutil.copytree(archive.parent, folder)
    return folder / archive.name


def opened(archive: Path) -> Opened:
    return open_archive(archive, CLUSTER, ConfirmedMark(archive.with_name("confirmed.json")))


def close(found: Opened) -> None:
    found.store.close()


def says_the_truth(found: Opened, truth: Truth) -> None:
    """Everything is there, or the server knows that it is not, and what is there is right."""
    said = truth_of(found.reader)
    count = len(said.hashes)
    assert said.hashes == truth.hashes[:count]
    assert said.ids == {identity: index for identity, index in truth.ids.items() if index <= count}
    assert found.log.last_index == count
    assert found.log.last_hash == (truth.hashes[count - 1] if count else GENESIS_HASH)
    reach = found.reader.derived_index()
    assert found.state.index == reach <= count
    assert said.numbers == [index for index in truth.numbers if index <= reach]
    for audience, rows in truth.timelines.items():
        assert said.timelines.get(audience, []) == [row for row in rows if row[0] <= reach]
    assert found.lacks_confirmed == (count < len(truth.hashes))
    if count == len(truth.hashes):
        assert found.state.snapshot() == truth.snapshot


def lives_with(archive: Path, truth: Truth) -> None:
    """A server with this disk: it starts, reads everything, and starts again when it finds damage."""
    found = opened(archive)
    try:
        says_the_truth(found, truth)
    except DamagedDiskError:
        close(found)
        note_damage(archive)
        found = opened(archive)
        assert found.mended is not None
        says_the_truth(found, truth)
    close(found)
    again = opened(archive)
    assert again.mended is None
    says_the_truth(again, truth)
    close(again)


@click.command()
@click.option("--places", default=2_000, show_default=True, help="How many damages.")
@click.option("--seed", default=0, show_default=True, help="The first seed; each damage has its own.")
def main(places: int, seed: int) -> None:
    """Damage copies of two archives, one place after the other; say which ones a server cannot live with."""
    folder = Path(tempfile.mkdtemp())
    archives = []
    for is_crashed in (False, True):
        path = folder / f"crashed-{is_crashed}" / "archive.sqlite"
        path.parent.mkdir()
        archives.append((path, make_archive(path, is_crashed=is_crashed)))
    failed = 0
    for number in range(seed, seed + places):
        path, truth = archives[number % 2]
        archive = copy(path, folder / f"copy-{number}")
        done = damage(random.Random(number), archive)
        try:
            lives_with(archive, truth)
        except Exception as error:
            failed += 1
            click.echo(f"--seed {number} --places 1: after {done}: {error!r}")
        shutil.rmtree(archive.parent)
    shutil.rmtree(folder)
    click.echo(f"{places} damages, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
