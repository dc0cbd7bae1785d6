"""An archive as a stopped server left it in its data folder: read, verified, folded from the start."""

import dataclasses
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from server.archive.disk import DiskError, SqliteDisk
from server.archive.record import GENESIS_HASH, DamagedRecordError, Record
from server.archive.store import Store
from server.state.bodies import MessageBody
from server.state.fold import decode_body, fold
from server.state.state import State
from server.torture.history import MessageId


@dataclasses.dataclass(frozen=True, slots=True)
class Lead:
    """An epoch: where it begins, when (Unix time, ms), whose it is (server id)."""

    index: int
    at_ms: int
    server: str


@dataclasses.dataclass(slots=True)
class ArchiveFacts:
    """What was found: the hash of each record, the accepted messages of this run, who led when.

    `merged` are those of the messages that moved behind a fork when both sides had written, each
    with the Unix time (ms) at which it was first accepted. `damage` says what is wrong, or nothing.
    """

    hashes: list[bytes] = dataclasses.field(default_factory=list)
    messages: list[MessageId] = dataclasses.field(default_factory=list)
    merged: dict[MessageId, int] = dataclasses.field(default_factory=dict)
    leads: list[Lead] = dataclasses.field(default_factory=list)
    damage: str = ""

    def promotions(self, since_index: int) -> list[Lead]:
        """When another server than the one before acquired the lead, behind an index."""
        return [
            after
            for before, after in pairwise(self.leads)
            if after.server != before.server and after.index > since_index
        ]


def read_archive(path: Path, is_ours: Callable[[MessageId, str], bool]) -> ArchiveFacts:
    """Read a whole archive; verdicts come from the fold alone, nothing derived is trusted.

    `is_ours(id, text)` tells the messages of this run, by what they say.
    """
    facts = ArchiveFacts()
    try:
        store = Store(SqliteDisk(path))
        try:
            _read_records(store, facts, is_ours)
        finally:
            store.close()
    except (DiskError, DamagedRecordError) as error:
        facts.damage = str(error)
    return facts


def last_index(path: Path) -> int:
    """Where an archive ends; 0 when there is none yet. Raises DiskError, DamagedRecordError."""
    if not path.exists():
        return 0
    store = Store(SqliteDisk(path))
    try:
        record = store.last_record()
        return 0 if record is None else record.index
    finally:
        store.close()


def _read_records(store: Store, facts: ArchiveFacts, is_ours: Callable[[MessageId, str], bool]) -> None:
    state = State()
    previous_hash = GENESIS_HASH
    for record in store.all_records():
        record.check_follows(len(facts.hashes), previous_hash)
        previous_hash = record.hash
        facts.hashes.append(record.hash)
        if record.is_epoch:
            facts.leads.append(Lead(record.index, record.header.time_ms, record.header.epoch.server))
        outcome = fold(state, record)
        if outcome.refusal is None and is_ours(record.id, _text_of(record)):
            facts.messages.append(record.id)
            if record.header.origin is not None:
                facts.merged[record.id] = record.header.time_ms


def _text_of(record: Record) -> str:
    body = decode_body(record.header.kind, record.body)
    return body.text if isinstance(body, MessageBody) else ""
