"""An archive whose whole truth is known, and two hundred ways to damage a copy of it."""

import dataclasses
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from server.archive.blocks import TimelineRow
from server.archive.confirmed import ConfirmedMark
from server.archive.disk import SqliteDisk
from server.archive.record import GENESIS_HASH, Draft, Epoch, Record, epoch_draft, make_records
from server.archive.salvage import wal_path
from server.archive.store import SnapshotRow, Store, StoreReader, Write
from server.state.bodies import DeviceBody, MemberBody, MessageBody, RoomBody
from server.state.fold import fold
from server.state.state import State

EPOCH: Final = Epoch(1, "a" * 16, "n" * 16)
DEVICES: Final = tuple(f"{place:032x}" for place in range(6))
# One on overflow pages, one on none: the files hold every kind of page.
LONG, SHORT = "lang " * 1_500, "kurz"
_encode: Final = msgspec.msgpack.Encoder().encode


@dataclasses.dataclass(frozen=True)
class Truth:
    """All that an undamaged archive says."""

    hashes: list[bytes]
    ids: dict[tuple[str, int], int]
    numbers: list[int]
    timelines: dict[str, list[tuple[int, int]]]
    snapshot: bytes


def drafts() -> list[Draft]:
    """Six people, two rooms, messages long and short."""
    found = [epoch_draft(EPOCH, (EPOCH.server,), 0)]
    for place, device in enumerate(DEVICES):
        found.append(Draft("device", device, 0, 0, _encode(DeviceBody(f"u{place}", f"P{place}", b"s" * 32))))
    found.append(Draft("room", DEVICES[0], 1, 0, _encode(RoomBody("garden", "garden"))))
    found += [Draft("member", device, 1, 0, _encode(MemberBody("garden"))) for device in DEVICES[1:]]
    for place in range(150):
        text = LONG if place % 29 == 7 else f"{SHORT} {place} " * (1 + place % 5)
        body = _encode(MessageBody("garden" if place % 3 else "general", text))
        found.append(Draft("message", DEVICES[place % 6], 2 + place // 6, place, body))
    return found


def make_archive(path: Path, *, is_crashed: bool) -> Truth:
    """Make it with its mark. Stopped cleanly: one file; crashed: the last third is in the WAL only."""
    records = make_records(drafts(), EPOCH, 0, GENESIS_HASH)
    disk = SqliteDisk(path)
    store = Store(disk)
    state = State()
    for first in range(0, len(records), 10):
        part = records[first : first + 10]
        rows = []
        for record in part:
            told = fold(state, record).told
            if told is not None:
                rows.extend(told.rows(record.index))
        is_snapshot_due = first in {50, 90}
        store.commit(
            [
                Write(
                    records=tuple(part),
                    timeline=tuple(rows),
                    derived_index=state.index,
                    snapshot=SnapshotRow(state.index, state.snapshot()) if is_snapshot_due else None,
                )
            ]
        )
        if first == 100:
            disk._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    mark = ConfirmedMark(path.with_name("confirmed.json"))
    mark.begin(records[-1].index, records[-1].hash, is_held=False)
    mark.keep(state.index)
    if is_crashed:
        for name in (path, wal_path(path)):
            shutil.copyfile(name, name.with_name(name.name + ".crashed"))
    store.close()
    if is_crashed:
        for name in (path, wal_path(path)):
            name.with_name(name.name + ".crashed").replace(name)
    return Truth(
        [record.hash for record in records],
        {record.id: record.index for record in records},
        [row.index for row in timeline_of(records) if row.number],
        {
            audience: [(row.index, row.number) for row in timeline_of(records) if row.audience == audience]
            for audience in {row.audience for row in timeline_of(records)}
        },
        state.snapshot(),
    )


def timeline_of(records: list[Record]) -> list[TimelineRow]:
    """What the fold tells, from the first record on."""
    state, rows = State(), []
    for record in records:
        told = fold(state, record).told
        if told is not None:
            rows.extend(told.rows(record.index))
    return rows


def truth_of(reader: StoreReader) -> Truth:
    """All that an archive says. Raises `DiskError`."""
    records = list(reader.all_records())
    state = State()
    for record in records:
        fold(state, record)
    audiences = {row.audience for row in timeline_of(records)}
    numbers = []
    for number in range(1, reader.last_number() + 1):
        index = reader.index_of_number(number)
        assert index is not None
        numbers.append(index)
    pages = {audience: reader.page(audience, 0, 2**62, 10**6, is_backwards=False) for audience in audiences}
    return Truth(
        [record.hash for record in records],
        {record.id: reader.index_of_id(*record.id) or 0 for record in records},
        numbers,
        {audience: [(row.index, row.number) for row in rows] for audience, rows in pages.items()},
        state.snapshot(),
    )


# --- damage

Damage = Callable[[random.Random, Path], str]


def _choose(rng: random.Random, archive: Path) -> Path:
    """The database or its WAL, as large as each is."""
    files = [path for path in (archive, wal_path(archive)) if path.exists() and path.stat().st_size]
    return rng.choices(files, [path.stat().st_size for path in files])[0]


def flip_bit(rng: random.Random, archive: Path) -> str:
    """One bit."""
    path = _choose(rng, archive)
    content = bytearray(path.read_bytes())
    at, bit = rng.randrange(len(content)), rng.randrange(8)
    content[at] ^= 1 << bit
    path.write_bytes(content)
    return f"bit {bit} of byte {at} of {path.name}"


def flip_head_bit(rng: random.Random, archive: Path) -> str:
    """One bit where it says what everything else means: the head of the file, or of a page."""
    path = _choose(rng, archive)
    content = bytearray(path.read_bytes())
    at = rng.randrange(0, len(content), 4096) + rng.randrange(32)
    at = min(at, len(content) - 1) if rng.random() < 0.7 else rng.randrange(100)
    content[at] ^= 1 << rng.randrange(8)
    path.write_bytes(content)
    return f"a bit of byte {at} of {path.name}"


def overwrite(rng: random.Random, archive: Path) -> str:
    """A run of rubbish, or of zeros, up to two pages long."""
    path = _choose(rng, archive)
    content = bytearray(path.read_bytes())
    at = rng.randrange(len(content))
    length = min(rng.choice([2, 16, 512, 4096, 8192]), len(content) - at)
    content[at : at + length] = bytes(length) if rng.random() < 0.5 else rng.randbytes(length)
    path.write_bytes(content)
    return f"{length} bytes from {at} of {path.name}"


def cut_tail(rng: random.Random, archive: Path) -> str:
    """The end of a file is gone."""
    path = _choose(rng, archive)
    size = rng.randrange(path.stat().st_size)
    with path.open("r+b") as file:
        file.truncate(size)
    return f"{path.name} cut to {size}"


def lose_wal(rng: random.Random, archive: Path) -> str:
    """The WAL is not there, or empty."""
    path = wal_path(archive)
    path.unlink(missing_ok=True)
    if rng.random() < 0.5:
        path.touch()
    return f"{path.name} lost"


def lose_database(rng: random.Random, archive: Path) -> str:
    """The database is not there, or empty, or something else."""
    how = rng.choice(["missing", "empty", "rubbish", "text"])
    archive.unlink()
    if how != "missing":
        archive.write_bytes(
            {"empty": b"", "rubbish": rng.randbytes(9_000), "text": b"no archive " * 900}[how]
        )
    return f"{archive.name} {how}"


# Each with its weight.
DAMAGES: Final[dict[Damage, int]] = {
    flip_bit: 10,
    flip_head_bit: 6,
    overwrite: 5,
    cut_tail: 4,
    lose_wal: 1,
    lose_database: 1,
}


def damage(rng: random.Random, archive: Path) -> str:
    """Do one of them; what was done, in words."""
    done = rng.choices(list(DAMAGES), list(DAMAGES.values()))[0]
    return done(rng, archive)
