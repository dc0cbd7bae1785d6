"""The pretended disk: what was written, and what of it would survive a crash.

`commit` reaches the written image only. `sync` makes all of it durable, as the end of a real commit
does. A crash keeps any prefix of the transactions that were handed over and not synced (a torn one is
none: that is what the checksums of a write-ahead log are for). A disk that lies reports a sync and
keeps the data in its memory: then a crash may take what was reported as synced, too.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

from server.archive.disk import TABLES, DamagedDiskError, DiskError, Key, Transaction


class Image:
    """Ordered tables of (key, value)."""

    def __init__(self) -> None:
        self._values: dict[str, dict[Key, bytes]] = {table: {} for table in TABLES}
        self._keys: dict[str, list[Key]] = {table: [] for table in TABLES}

    def damaged(self, what: str) -> DamagedDiskError:
        """The error to raise."""
        return DamagedDiskError(what)

    def read(self, table: str, key: Key) -> bytes | None:
        """One value."""
        return self._values[table].get(key)

    def scan(
        self, table: str, first: Key, last: Key, *, is_backwards: bool = False
    ) -> Iterator[tuple[Key, bytes]]:
        """The pairs from `first` to `last`, both included, in order."""
        values = self._values[table]
        start, stop = self._range(table, first, last)
        keys = self._keys[table][start:stop]
        return ((key, values[key]) for key in (reversed(keys) if is_backwards else keys))

    def last_key(self, table: str) -> Key | None:
        """The highest key."""
        keys = self._keys[table]
        return keys[-1] if keys else None

    def apply(self, transaction: Transaction) -> None:
        """Deletes first, then puts."""
        for table, first, last in transaction.deletes:
            start, stop = self._range(table, first, last)
            values = self._values[table]
            for key in self._keys[table][start:stop]:
                del values[key]
            del self._keys[table][start:stop]
        for table, pairs in transaction.puts.items():
            values, keys = self._values[table], self._keys[table]
            for key, value in pairs:
                if key not in values:
                    insort(keys, key)
                values[key] = value
        for table, pairs in transaction.new_puts.items():
            values, keys = self._values[table], self._keys[table]
            for key, value in pairs:
                if key not in values:
                    insort(keys, key)
                    values[key] = value

    def copy(self) -> "Image":
        """An image of its own."""
        new = Image()
        new._values = {table: dict(values) for table, values in self._values.items()}
        new._keys = {table: list(keys) for table, keys in self._keys.items()}
        return new

    def become(self, other: "Image") -> None:
        """Hold what another image holds."""
        self._values, self._keys = other._values, other._keys

    def _range(self, table: str, first: Key, last: Key) -> tuple[int, int]:
        keys = self._keys[table]
        return bisect_left(keys, first), bisect_right(keys, last)


class SimulatedDisk:
    """A `server.archive.disk.Disk` in memory."""

    def __init__(self) -> None:
        self.durable = Image()
        self._written = Image()
        self._unsynced: list[Transaction] = []
        # The next commit fails when this is set; every one while it is full.
        self.is_broken = False
        self.is_full = False
        # What really survives while the disk lies, and what it has only said to have synced.
        self._platter: Image | None = None
        self._lied: list[Transaction] = []

    @property
    def unsynced(self) -> int:
        """How many transactions a crash may lose."""
        return len(self._lied) + len(self._unsynced)

    @property
    def is_lying(self) -> bool:
        """Whether it reports syncs that it does not do."""
        return self._platter is not None

    def lie(self) -> None:
        """From here on nothing that is reported as synced is."""
        self._platter = self.durable.copy()

    def heal(self) -> None:
        """It works, and has all it said it had."""
        self.is_broken = self.is_full = False
        self._platter = None
        self._lied.clear()

    def commit(self, transaction: Transaction) -> None:
        """Write; durable is it after `sync`. Raises `DiskError` when the disk is broken."""
        if self.is_broken or self.is_full:
            raise DiskError("the simulated disk is broken")
        self._written.apply(transaction)
        self._unsynced.append(transaction)

    def sync(self) -> None:
        """What was written is durable."""
        for transaction in self._unsynced:
            self.durable.apply(transaction)
        if self._platter is not None:
            self._lied.extend(self._unsynced)
        self._unsynced.clear()

    def crash(self, kept: int) -> bool:
        """The first `kept` unsynced transactions survive; True when a lie came out."""
        has_lied = kept < len(self._lied)
        if self._platter is not None:
            for transaction in (self._lied + self._unsynced)[:kept]:
                self._platter.apply(transaction)
            self.durable.become(self._platter)
        else:
            for transaction in self._unsynced[:kept]:
                self.durable.apply(transaction)
        self._unsynced.clear()
        self._platter = None
        self._lied.clear()
        self._written = self.durable.copy()
        self.is_broken = False
        return has_lied

    def damaged(self, what: str) -> DamagedDiskError:
        """The error to raise."""
        return DamagedDiskError(what)

    def read(self, table: str, key: Key) -> bytes | None:
        """One value, for the writer."""
        return self._written.read(table, key)

    def scan(
        self, table: str, first: Key, last: Key, *, is_backwards: bool = False
    ) -> Iterator[tuple[Key, bytes]]:
        """Pairs in order, for the writer."""
        return self._written.scan(table, first, last, is_backwards=is_backwards)

    def reader(self) -> Image:
        """Everybody else sees what is committed, that is: synced."""
        return self.durable

    def scrub(self) -> bool:
        """What is deleted here is gone at once."""
        return True

    def close(self) -> None:
        """A last sync."""
        self.sync()
