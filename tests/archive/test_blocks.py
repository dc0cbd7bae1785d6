"""The derived tables lie in blocks, and answer like a plain list, whatever is written, cut and asked for."""

import random
from dataclasses import dataclass, field

import pytest

from server.archive import blocks
from server.archive.blocks import TimelineRow
from server.archive.disk import Disk
from server.archive.record import GENESIS_HASH, Draft, Epoch, Record, make_records
from server.archive.store import Store, Write

AUDIENCES = ["*", "general", "general 2", "tea", "é"]
LAST = 2**62


@dataclass
class Model:
    """The log and what is derived from it, as plain lists."""

    store: Store
    rng: random.Random
    records: list[Record] = field(default_factory=list)
    rows: list[TimelineRow] = field(default_factory=list)

    @property
    def numbers(self) -> list[int]:
        """The index of each message."""
        return [row.index for row in self.rows if row.number]

    def write(self, cut_to: int | None = None) -> Write:
        """A few more records; after a cut they take the place of what was there."""
        if cut_to is not None:
            del self.records[cut_to:]
            self.rows = [row for row in self.rows if row.index <= cut_to]
        last = self.records[-1] if self.records else None
        count = self.rng.randrange(1, 12)
        drafts = [Draft("message", "d", self.rng.randrange(2**50), 0, b"") for _ in range(count)]
        place = (last.index, last.hash) if last else (0, GENESIS_HASH)
        made = make_records(drafts, Epoch(1 + self.rng.randrange(9), "a", "0f"), *place)
        number, rows = len(self.numbers), []
        for record in made:
            kind = self.rng.choice(["message", "message", "message", "event", "void"])
            number += kind == "message"
            if kind != "void":
                audience = self.rng.choice(AUDIENCES)
                rows.append(TimelineRow(record.index, audience, number if kind == "message" else 0))
        self.records += made
        self.rows += rows
        return Write(records=tuple(made), cut_to=cut_to, timeline=tuple(rows), derived_index=made[-1].index)

    def step(self) -> None:
        """One transaction of one to three writes."""
        writes = []
        for _ in range(self.rng.randrange(1, 4)):
            cut = self.records and self.rng.random() < 0.3
            writes.append(self.write(self.rng.randrange(len(self.records)) if cut else None))
        for write in writes:
            # A cut looks at what is durable before it.
            self.store.commit([write])

    def compare(self) -> None:
        """Everything that can be asked."""
        store, numbers = self.store, self.numbers
        assert store.last_number() == len(numbers)
        for number in range(len(numbers) + 2):
            expected = numbers[number - 1] if 0 < number <= len(numbers) else None
            assert store.index_of_number(number) == expected or number == 0
        for index in range(len(self.records) + 2):
            assert store.number_at(index) == sum(place <= index for place in numbers)
        for _ in range(30):
            self.compare_page()

    def compare_page(self) -> None:
        """One page, somewhere."""
        audience, reach = self.rng.choice(AUDIENCES), len(self.records) + 2
        first, last = self.rng.randrange(reach), self.rng.choice([LAST, self.rng.randrange(reach)])
        limit, is_backwards = self.rng.randrange(1, 20), self.rng.random() < 0.5
        only_messages = self.rng.random() < 0.5
        expected = [
            row
            for row in self.rows
            if row.audience == audience and first <= row.index <= last and (row.number or not only_messages)
        ]
        found = self.store.page(
            audience, first, last, limit, is_backwards=is_backwards, only_messages=only_messages
        )
        assert found == (expected[::-1] if is_backwards else expected)[:limit]


@pytest.mark.parametrize("entries_max", [1, 2, 5, 256])
def test_blocks_answer_like_a_plain_list(
    disk: Disk, rng: random.Random, monkeypatch: pytest.MonkeyPatch, entries_max: int
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ENTRIES_MAX", entries_max)
    model = Model(Store(disk), rng)
    for _ in range(30):
        model.step()
        model.compare()


def test_a_block_of_one_is_what_a_row_was_before_there_were_blocks() -> None:
    row = TimelineRow(7, "tea", 3)
    ((key, value),) = blocks.timeline_blocks([row])
    assert (key, value) == (b"tea\0" + bytes(7) + b"\x07", bytes(7) + b"\x03")
    assert list(blocks.number_blocks([row])) == [(3, bytes(7) + b"\x07")]
