"""Archives made beforehand: real records, judged by the real fold, written by the real store.

Only the way there is left out: no sockets, and a transaction holds thousands of records in place of
what came in one moment. A server cannot tell such an archive from one that it wrote itself.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec

from benchmarks.people import device, name, secret
from benchmarks.rival import TEXT
from server.archive.belonging import CLUSTER_FACT
from server.archive.blocks import TimelineRow
from server.archive.disk import SqliteDisk
from server.archive.record import Draft, Epoch, Record, epoch_draft, make_record
from server.archive.store import SnapshotRow, Store, Write
from server.cluster.data_folder import DataFolder
from server.cluster.founding import DEFAULT_CHAT, found_cluster
from server.protocol import limits
from server.sessions.signing_in import id_from
from server.state.bodies import DeviceBody, MemberBody, MessageBody, RoomBody
from server.state.fold import fold
from server.state.state import GENERAL, State

# What a killed server may have to fold at its start: one less than brings the next snapshot.
TAIL_RECORDS: Final = 49_999
TRANSACTION_RECORDS: Final = 10_000
TIME_MS: Final = 1_700_000_000_000
AUTHORS: Final = 10


class Archive:
    """Writes into a fresh data folder; use it as a context manager, then start a server on the folder."""

    def __init__(self, folder: DataFolder, *, is_plain: bool = True) -> None:
        if not folder.is_made:
            found_cluster(folder, name="A", chat=DEFAULT_CHAT, is_plain=is_plain, now_ms=TIME_MS)
        kept = folder.read()
        self._store = Store(SqliteDisk(folder.archive))
        self._store.commit([Write(facts=((CLUSTER_FACT, kept.cluster.encode()),))])
        self._epoch: Final = Epoch(1, kept.server, "be9c")
        self._counters: dict[str, int] = {}
        self.state: Final = State()
        self.record_bytes = 0
        self.write([epoch_draft(self._epoch, (kept.server,), TIME_MS)])

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()

    def write(self, drafts: Iterable[Draft]) -> None:
        """Append them, in transactions of many; each must be accepted."""
        drafts = iter(drafts)
        while batch := list(itertools.islice(drafts, TRANSACTION_RECORDS)):
            self._commit(batch)

    def snapshot(self) -> None:
        """Write the state down as it is now, as a server does now and then."""
        self._store.commit([Write(snapshot=SnapshotRow(self.state.index, self.state.snapshot()))])

    def people(self, count: int) -> Iterator[Draft]:
        """The first sign-ins of persons 0 to `count` - 1."""
        for number in range(count):
            own = device(number)
            secret_hash = hashlib.sha256(bytes.fromhex(secret(number))).digest()
            yield self._draft(
                "device", number, DeviceBody(id_from("user", own, 0), name(number), secret_hash)
            )

    def rooms(self, count: int, first_maker: int = 0) -> Iterator[Draft]:
        """Rooms 0 to `count` - 1; each maker is in as many of them as one person may make."""
        for number in range(count):
            maker = first_maker + number // limits.ROOMS_PER_PERSON_MAX
            yield self._draft("room", maker, RoomBody(room(number), f"room-{number}"))

    def joins(self, members: Iterable[tuple[int, int]]) -> Iterator[Draft]:
        """Each (person, room)."""
        for person, number in members:
            yield self._draft("member", person, MemberBody(room(number)))

    def messages(self, count: int, text: Callable[[], str] = lambda: TEXT) -> Iterator[Draft]:
        """Messages of the first few persons behind person 0 for the room that everybody is in."""
        for number in range(count):
            yield self._draft("message", 1 + number % AUTHORS, MessageBody(GENERAL, text()))

    def next_counter(self, person: int) -> int:
        """The first counter that the device of a person has not used."""
        return self._counters[device(person)] + 1

    def _draft(self, kind: str, person: int, body: msgspec.Struct) -> Draft:
        own = device(person)
        # A device's record has the counter 0, its requests count from 1.
        counter = self._counters[own] = self._counters.get(own, -1) + 1
        return Draft(kind, own, counter, TIME_MS + self.state.index, msgspec.msgpack.encode(body))

    def _commit(self, drafts: list[Draft]) -> None:
        records: list[Record] = []
        timeline: list[TimelineRow] = []
        for draft in drafts:
            record = make_record(draft, self._epoch, self.state.index + 1, self.state.hash)
            outcome = fold(self.state, record)
            assert outcome.refusal is None, (draft, outcome)
            if outcome.told is not None:
                timeline += outcome.told.rows(record.index)
            records.append(record)
        self.record_bytes += sum(record.size_bytes for record in records)
        self._store.commit(
            [Write(records=tuple(records), timeline=tuple(timeline), derived_index=self.state.index)]
        )


def room(number: int) -> str:
    """The id of a room."""
    return f"{number:016x}"


def with_messages(folder: DataFolder, count: int) -> int:
    """An archive of so many messages, as a server leaves it that is killed at the worst moment.

    Gives the size of all records in bytes.
    """
    with Archive(folder) as archive:
        archive.write(archive.people(1 + AUTHORS))
        archive.write(archive.messages(max(count - TAIL_RECORDS, 0)))
        archive.snapshot()
        archive.write(archive.messages(min(count, TAIL_RECORDS)))
        return archive.record_bytes


def with_people(path: Path, people: int, *, is_plain: bool) -> None:
    """An archive that knows persons 0 to `people`, who never wrote."""
    with Archive(folder_at(path), is_plain=is_plain) as archive:
        archive.write(archive.people(people + 1))
        archive.snapshot()


def folder_at(path: Path) -> DataFolder:
    """A data folder that may be written into."""
    path.mkdir(parents=True, exist_ok=True)
    folder = DataFolder(path)
    folder.make()
    return folder
