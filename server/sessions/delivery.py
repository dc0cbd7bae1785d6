"""The law of cursors: one log, one cursor a connection.

The archive is one sequence with an index. A connection holds no queue of messages; it holds a
cursor: how far it has been sent (MT) against how far the archive reaches (MA). Delivering means:
join the already encoded frames between the two, hand them to the socket in one call, move the
cursor to the end. Four things follow:

1. A message is encoded once; receivers at the same cursor share the very same joined bytes.
2. Work is paid per flush, not per delivery: when the load rises, each flush carries more.
3. A slow reader costs its cursor and nothing else; nobody waits for it.
4. Resuming after a failover is the same operation as delivering.

Audiences (a room, everybody) keep the property: each has its own frames in order of the log. A
publication marks the readers of the touched audiences; a reader that is not marked stands at the
end by definition. What is no longer in memory is read from the store, off the loop.
"""

import asyncio
import heapq
import itertools
import logging
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Final

from server.engine.round import Position, Published
from server.protocol import events
from server.protocol.changes import AnyChange
from server.protocol.frames import encode_frame
from server.protocol.requests import Cursor
from server.sessions.ahead import ReadersAhead
from server.sessions.feed import Feed, decode_frame
from server.sessions.history import PIECE_BYTES, Recent
from server.sessions.reader import NOTHING, Reader
from server.sessions.telling import frames_of, run_until
from server.state.state import State
from server.state.told import EVERYBODY

_log = logging.getLogger(__name__)

# Frames kept in memory; a reader further behind is served from the store.
MEMORY_BYTES: Final = 32 * 1024 * 1024


class Delivery:
    """All readers of this server. On the io thread only.

    `read_store(audiences, cursor, last)` gives the frames between, and the index they reach; it
    runs in a worker thread.
    `durable_end()` is how far the store's own tables reach: what lies behind stays in memory.
    `is_leader()` tells whether this server's log is the measure; `log_end()` where the log ends of which
    it has all (None: it may lack something); `now()` is monotonic time (s).
    """

    def __init__(
        self,
        position: Position,
        *,
        state: Callable[[], State],
        read_store: Callable[[frozenset[str], int, int], tuple[bytes, int]],
        durable_end: Callable[[], int],
        is_leader: Callable[[], bool],
        now: Callable[[], float],
        log_end: Callable[[], int | None] = lambda: None,
    ) -> None:
        self.position = position
        self._state: Final = state
        self._read_store: Final = read_store
        self._durable_end: Final = durable_end
        self._feeds: dict[str, Feed] = {}
        self._bytes = 0
        # Everything behind this index is in memory.
        self._memory_start = position.index
        self._readers: dict[str, set[Reader]] = {}
        self._by_user: dict[str, set[Reader]] = {}
        # Readers that have read more, or in another epoch, than this server has yet.
        self._ahead: Final = ReadersAhead(state, is_leader, log_end, now)
        self._cursors_ahead: Final = self._ahead.cursors
        # How often the log was cut; what was read from the store meanwhile is not to be sent.
        self.merges = 0
        # Since a cut, until what it took away was judged again.
        self._is_unsettled = False
        self._end_frame = _position_frame(position)
        # What one round joined, and how far it reaches, for all who stand at the same place.
        self._joined: dict[
            tuple[frozenset[str], int, tuple[tuple[str, int], ...]], tuple[bytes, int | None]
        ] = {}
        self._is_publishing = False
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self, reader: Reader, resumed: Cursor | None = None) -> None:
        """A reader starts behind its cursor; `resumed`, what it came with, may be ahead of this server."""
        if resumed is not None:
            self._ahead.take(reader, resumed, self.position)
        for audience in reader.audiences:
            self._readers.setdefault(audience, set()).add(reader)
        self._by_user.setdefault(reader.user, set()).add(reader)
        reader.touched = frozenset(reader.audiences)
        self.flush(reader)

    def detach(self, reader: Reader) -> None:
        """A reader is gone."""
        self._ahead.forget(reader)
        for audience in reader.audiences:
            self._readers.get(audience, set()).discard(reader)
        mine = self._by_user.get(reader.user, set())
        mine.discard(reader)
        if not mine:
            self._by_user.pop(reader.user, None)
        reader.audiences = set()

    def readers_of(self, audience: str) -> set[Reader]:
        """Who reads it here."""
        return self._readers.get(audience, set())

    def number_of(self, reader: Reader) -> int:
        """MT of a reader."""
        return reader.number if reader.touched else self.position.number

    def recent(self, room: str, first: int) -> Recent:
        """What a room was told, as far as it is in memory, from an index on."""
        feed = self._feeds.get(room, Feed())
        start = bisect_left(feed.indices, first)
        recent = Recent([], {})
        for event in map(decode_frame, feed.frames[start:]):
            if isinstance(event, events.Messages):
                recent.messages.extend(message for message in event.messages if message.index >= first)
            elif isinstance(event, AnyChange):
                recent.changes.setdefault(event.target, []).append(event)
        return recent

    def publish(self, published: list[Published], position: Position) -> None:
        """Once a batch: take the new frames in, and flush the readers they concern.

        Who leaves a room is sent what it has up to there, and nothing of what comes behind.
        """
        part: list[Published] = []
        for item in published:
            part.append(item)
            if item.told.left:
                number = next((each.told.number for each in reversed(part) if each.told.number), 0)
                header = item.record.header
                end = Position(header.index, str(header.epoch), number or self.position.number)
                self._publish(part, end)
                part = []
                for room, user in item.told.left:
                    self._leave(room, user)
        self._publish(part, position)

    def _publish(self, published: list[Published], position: Position) -> None:
        touched: set[str] = set()
        if position.index < self.position.index:
            self._rewind(position)
        for item in published:
            for room, user in item.told.joined:
                self._join(room, user, before=item.record.index)
            change = item.told.change
            if change is not None and change.kind == "delete":
                # No reader gets its text any more, however far behind it stands.
                feed = self._feeds.get(item.told.audience, Feed())
                self._bytes -= feed.forget(change.device, change.counter)
        told = (
            (item.record, audience, item.told.number)
            for item in published
            for audience in item.told.audiences
        )
        for audience, index, frame in frames_of(told, self._state()):
            feed = self._feeds.setdefault(audience, Feed())
            feed.indices.append(index)
            feed.frames.append(frame)
            self._bytes += len(frame)
            touched.add(audience)
        end_before, self.position = min(self.position.index, position.index), position
        self._end_frame = _position_frame(position)
        self._joined.clear()
        self._is_publishing = True
        marked = self._mark(touched, end_before)
        # Behind that: a room that somebody was taken into meanwhile is due from there on as well.
        self.verify_ahead()
        for reader in marked:
            self.flush(reader)
        self._is_publishing = False
        self._joined.clear()
        if self._bytes > MEMORY_BYTES:
            self._trim()

    def _rewind(self, position: Position) -> None:
        """The log was cut: what comes next stands at indices that some readers had reached already.

        They keep their rooms: who joined one behind the cut is a member again when that is re-submitted,
        and must not miss what the other server's people wrote there in between. Whether it is, is looked at
        when all of it is back: `settle`.
        """
        self.merges += 1
        self._is_unsettled = True
        for feed in self._feeds.values():
            keep = bisect_right(feed.indices, position.index)
            dropped = feed.frames[keep:]
            del feed.indices[keep:], feed.frames[keep:]
            self._bytes -= sum(map(len, dropped))
            kept = run_until(decode_frame(dropped[0]), position.index) if dropped else None
            if kept is not None:
                feed.indices.append(kept.last_index)
                feed.frames.append(kept.data)
                self._bytes += len(kept.data)
        self._memory_start = min(self._memory_start, position.index)
        told = encode_frame(events.Diverged(index=position.index)) + _position_frame(position)
        for reader in {reader for mine in self._by_user.values() for reader in mine}:
            reader.joins = tuple((room, min(last, position.index)) for room, last in reader.joins)
            if reader.cursor > position.index and reader not in self._cursors_ahead:
                reader.cursor = position.index
                reader.outlet.write(told)
        self._take_back()

    def settle(self) -> None:
        """All that a cut took away was judged again: nobody reads a room who is not back in it."""
        if not self._is_unsettled:
            return
        self._is_unsettled = False
        users = self._state().users
        for user, mine in self._by_user.items():
            kept = {EVERYBODY, user, *(users[user].rooms if user in users else ())}
            for room in set().union(*(reader.audiences for reader in mine)) - kept:
                self._leave(room, user)

    def verify_ahead(self) -> None:
        """Cursors that this server could not know at first: it knows them now, or never will."""
        for reader, diverged_at in self._ahead.found(self.position):
            if diverged_at is not None:
                reader.cursor = diverged_at
                reader.touched = frozenset(reader.audiences)
                reader.outlet.write(encode_frame(events.Diverged(index=diverged_at)))
            self.flush(reader)

    def knows(self, cursor: Cursor) -> bool:
        """Whether the cursor's epoch is one of this log."""
        return self._ahead.knows(cursor)

    def _mark(self, touched: set[str], end_before: int) -> set[Reader]:
        """The readers of these audiences; who was not marked stood at the end, so its cursor goes there.

        So all of them have the same few cursors, and the same joined bytes.
        """
        marked: set[Reader] = set()
        for audience in touched:
            only = frozenset([audience])
            readers = self._readers.get(audience, set())
            for reader in readers:
                if reader.touched:
                    reader.touched |= only
                else:
                    reader.touched = only
                    reader.cursor = max(reader.cursor, end_before)
            marked |= readers
        return marked

    def flush(self, reader: Reader) -> None:
        """Send a reader everything up to the end, in one write, unless it takes nothing now.

        Who is far behind gets it piece by piece, as fast as it takes them.
        """
        if reader.is_reading_store or not reader.touched or reader.outlet.is_paused:
            return
        if reader in self._cursors_ahead and not self.knows(self._cursors_ahead[reader]):
            # Where it goes on is not known yet.
            return
        if reader.cursor < self._memory_start:
            # At once, not when the task begins: the same turn may flush this reader again.
            reader.is_reading_store = True
            task = asyncio.get_running_loop().create_task(self._serve_from_store(reader))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        position = self.position
        while not reader.outlet.is_paused:
            key = reader.touched, reader.cursor, reader.joins
            joined, reach = self._joined.get(key) or self._join_for(*key)
            if reach is None:
                reader.touched, reader.joins = NOTHING, ()
                reader.cursor = max(reader.cursor, position.index)
                reader.number = position.number
                reader.outlet.write(joined)
                return
            reader.cursor = reach
            reader.outlet.write(joined)

    def _join_for(
        self, audiences: frozenset[str], cursor: int, joins: tuple[tuple[str, int], ...]
    ) -> tuple[bytes, int | None]:
        """As `_join_frames`, and kept for all who stand at the same place, until the end of the round."""
        found = self._join_frames(audiences, cursor, joins)
        if self._is_publishing:
            # Between two batches hardly anybody else stands at this place, and the bytes would stay for long.
            self._joined[audiences, cursor, joins] = found
        return found

    def _join_frames(
        self, audiences: frozenset[str], cursor: int, joins: tuple[tuple[str, int], ...]
    ) -> tuple[bytes, int | None]:
        """The frames behind a cursor, in order of the log, and the position they lead to.

        Where they are more than a piece, only those of the first one, and the index they reach.
        """
        not_before = dict(joins)
        feeds = [
            self._feeds[audience].behind(max(cursor, not_before.get(audience, 0)))
            for audience in audiences
            if audience in self._feeds
        ]
        frames: list[bytes] = []
        size_bytes, reach = 0, cursor
        # One by one: a piece must not cost what lies behind it, which may be all that is in memory.
        for index, frame in heapq.merge(*feeds) if len(feeds) > 1 else itertools.chain(*feeds):
            if size_bytes >= PIECE_BYTES:
                return b"".join(frames), reach
            frames.append(frame)
            size_bytes += len(frame)
            reach = index
        return b"".join(frames) + self._end_frame, None

    def _join(self, room: str, user: str, before: int) -> None:
        """Somebody became a member: the own connections read the room from here on."""
        for reader in self._by_user.get(user, ()):
            if room not in reader.audiences:
                # Not by moving the cursor: what the batch has of other rooms before this is still due.
                reader.joins += ((room, before - 1),)
                reader.audiences.add(room)
                self._readers.setdefault(room, set()).add(reader)

    def _leave(self, room: str, user: str) -> None:
        """Somebody is a member no more: the own connections read nothing of the room any longer."""
        for reader in self._by_user.get(user, ()):
            reader.audiences.discard(room)
            reader.touched -= {room}
            reader.joins = tuple(join for join in reader.joins if join[0] != room)
            self._readers.get(room, set()).discard(reader)

    def _take_back(self) -> None:
        """Who left a room behind a cut is in it until that is re-submitted."""
        users = self._state().users
        for user, mine in self._by_user.items():
            for reader in mine:
                for room in set(users[user].rooms if user in users else ()) - reader.audiences:
                    reader.audiences.add(room)
                    self._readers.setdefault(room, set()).add(reader)

    async def _serve_from_store(self, reader: Reader) -> None:
        """A reader far behind gets its past from the store, in pieces, as fast as it takes them."""
        try:
            while reader.cursor < self._memory_start and reader.audiences:
                if reader.outlet.is_paused:
                    # `flush` is called again when it takes more.
                    return
                merges = self.merges
                # A room that was joined behind the cursor is read from there on.
                joins = {room: last for room, last in reader.joins if last > reader.cursor}
                audiences = frozenset(reader.audiences - joins.keys())
                last = min([self._memory_start, *joins.values()])
                frames, end = await asyncio.to_thread(self._read_store, audiences, reader.cursor, last)
                if not reader.audiences:
                    return
                if merges != self.merges:
                    continue
                # Not behind the end: the log may have been cut meanwhile.
                reader.cursor = min(end, self.position.index)
                reader.outlet.write(frames)
        except Exception:
            _log.exception("the archive could not be read for a client")
        finally:
            reader.is_reading_store = False
        if reader.audiences and reader.cursor >= self._memory_start:
            self.flush(reader)

    def _trim(self) -> None:
        """Let the older half go, as far as the store has it in its tables."""
        indices = sorted(index for feed in self._feeds.values() for index in feed.indices)
        start = min(indices[len(indices) // 2], self._durable_end())
        for feed in self._feeds.values():
            count = bisect_right(feed.indices, start)
            self._bytes -= sum(map(len, feed.frames[:count]))
            del feed.indices[:count], feed.frames[:count]
        self._memory_start = max(self._memory_start, start)


def _position_frame(position: Position) -> bytes:
    cursor = Cursor(epoch=position.epoch, index=position.index)
    return encode_frame(events.PositionMoved(cursor=cursor, number=position.number))
