"""The shell of a client conversation: runs it on an event loop, with real links, trust and timers.

Everything happens on the thread of the given loop; many conversations may share one loop. The
methods that an app calls may be called from any thread and return at once. Notices come in
batches, on the loop's thread: hand them on, do not work there.

Inputs of one turn of the loop are brought on together: a burst of sends leaves in one write, and
what one read brought comes as one batch.

An app that falls behind (a slow disk, a pipe that nobody empties) is waited for: nothing more is read
until it has caught up, so that no server can fill its memory.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from server.client.conversation import Conversation
from server.client.effects import Close, Dial, KeepPiece, LinkEffect, ReadPiece, Write
from server.client.notices import AnyNotice, TransferEnded, TransferFailed
from server.client.outbox import Draft
from server.client.questions import AnyQuestion
from server.names.addresses import AddressError, parse_address
from server.network.channel import Channel
from server.network.client_files import ClientFiles
from server.network.clock import Clock
from server.network.dialer import dial
from server.network.errors import ClosedReason, DialCode, DialError
from server.network.loop_thread import LoopThread
from server.network.tls import Trust
from server.protocol.facts import FileFacts
from server.protocol.requests import Cursor

_log = logging.getLogger(__name__)

# Batches that the app may be behind: each is one read, up to 256 KiB of the wire.
BACKLOG_MAX: Final = 32
# How often an app that is behind is looked at.
_LOOK_S: Final = 0.01


class ClientLinks:
    """One conversation on a loop. `trust` None means plain TCP.

    Call `connect` once it is made, and `stop` exactly once at the end, before the loop stops.
    """

    def __init__(
        self,
        loop_thread: LoopThread,
        conversation: Conversation,
        on_notices: Callable[[list[AnyNotice]], None],
        *,
        clock: Clock,
        trust: Trust | None,
        backlog: Callable[[], int] = lambda: 0,
        dial_timeout_s: float = 5.0,
    ) -> None:
        """`backlog` tells how many batches wait in the app; it is called on the loop's thread."""
        self._loop_thread = loop_thread
        self._loop = loop_thread.loop
        self._conversation = conversation
        self._on_notices = on_notices
        self._clock = clock
        self._trust = trust
        self._dial_timeout_s = dial_timeout_s
        self._tickets = itertools.count(1)
        self._last_ticket = 0
        self._drafts: list[Draft] = []
        self._links: dict[int, _Link] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_turn_due = False
        self._has_stopped = False
        self._wake: asyncio.TimerHandle | None = None
        self._backlog = backlog
        self._look: asyncio.TimerHandle | None = None
        # What the app is told with the next turn.
        self._news: list[AnyNotice] = []
        self._files = ClientFiles(
            conversation, loop_thread, now=self._now, tell=self._tell_soon, turn=self._turn_soon
        )

    # For the app, from any thread.

    def connect(self) -> None:
        """Connect, now: at the start, when the person does not want to wait, after a refusal."""
        self._loop_thread.call(self._connect)

    def trust(self, trust: Trust) -> None:
        """The person vouches for a certificate: use it and connect."""
        self._loop_thread.call(self._set_trust, trust)

    def send(self, draft: Draft) -> None:
        """A message that is on disk; counters rise from call to call."""
        self._loop_thread.call(self._take_draft, draft)

    @property
    def last_ticket(self) -> int:
        """That of the question that was asked last, 0 before the first one; tickets rise."""
        return self._last_ticket

    def ask(self, question: AnyQuestion) -> int:
        """Ask: `Answered`, `Stored` (what is archived) or `QuestionFailed` comes with the ticket."""
        self._last_ticket = ticket = next(self._tickets)
        self._loop_thread.call(self._put_question, ticket, question)
        return ticket

    def upload(self, path: Path) -> int:
        """Send a file: `TransferMoved`, then `TransferEnded` or `TransferFailed` come with the ticket."""
        ticket = next(self._tickets)
        self._loop_thread.call(self._files.upload, ticket, path)
        return ticket

    def download(self, room: str, file: FileFacts, folder: Path) -> int:
        """Fetch a file that a message of a room carries into a folder; as `upload`."""
        ticket = next(self._tickets)
        self._loop_thread.call(self._files.download, ticket, room, file, folder)
        return ticket

    def cancel(self, ticket: int) -> None:
        """Give a transfer up."""
        self._loop_thread.call(self._files.cancel, ticket)

    def mark(self, cursor: Cursor, read: dict[str, int] | None = None) -> None:
        """What the app keeps, and its person has read: see `Conversation.mark`."""
        self._loop_thread.call(self._take_mark, cursor, read)

    def typing(self, room: str) -> None:
        """The person types; as often as a key is pressed."""
        self._loop_thread.call(self._take_typing, room)

    def watch(self, room: str) -> None:
        """From now on tell who has what in a room."""
        self._loop_thread.call(self._watch, room)

    def stop(self, timeout_s: float = 5.0) -> None:
        """Sign out, and wait until the links are closed. Any thread but the loop's own."""
        self._loop_thread.run_sync(self.stopped(timeout_s), timeout_s + 1.0)

    async def stopped(self, timeout_s: float = 5.0) -> None:
        """As `stop`, for code on the loop."""
        self._conversation.stop(self._now())
        self._has_stopped = True
        if self._look is not None:
            self._look.cancel()
        self._turn()
        self._files.stop()
        links = [link.ended.wait() for link in self._links.values()]
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.gather(*links)
        except TimeoutError:
            for link in self._links.values():
                link.abort()

    # What the links bring, on the loop.

    def link_received(self, link_id: int, data: bytes) -> None:
        """Bytes came."""
        self._conversation.link_bytes(link_id, data, self._now())
        self._turn_soon()

    def link_closed(self, link_id: int, reason: ClosedReason | None) -> None:
        """A link ended, from whichever side."""
        self._links.pop(link_id, None)
        code = str(reason.code) if reason is not None else "closed"
        self._conversation.link_closed(link_id, code, self._now())
        self._turn_soon()

    # Inside, on the loop.

    def _now(self) -> float:
        return self._clock.monotonic_s()

    def _connect(self) -> None:
        self._conversation.connect(self._now())
        self._turn_soon()

    def _set_trust(self, trust: Trust) -> None:
        self._trust = trust
        self._connect()

    def _take_draft(self, draft: Draft) -> None:
        self._drafts.append(draft)
        self._turn_soon()

    def _put_question(self, ticket: int, question: AnyQuestion) -> None:
        self._conversation.ask(ticket, question, self._now())
        self._turn_soon()

    def _tell_soon(self, notice: AnyNotice) -> None:
        self._news.append(notice)
        self._turn_soon()

    def _take_mark(self, cursor: Cursor, read: dict[str, int] | None) -> None:
        self._conversation.mark(cursor, self._now(), read)
        self._turn_soon()

    def _take_typing(self, room: str) -> None:
        self._conversation.typing(room, self._now())
        self._turn_soon()

    def _watch(self, room: str) -> None:
        self._conversation.watch(room, self._now())
        self._turn_soon()

    def _turn_soon(self) -> None:
        if not self._is_turn_due:
            self._is_turn_due = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Do what the conversation wants, tell the app, and set the alarm for the next time."""
        self._is_turn_due = False
        self._excuse_silence()
        if self._drafts:
            drafts, self._drafts = self._drafts, []
            self._conversation.send(drafts, self._now())
        notices, self._news = self._news, []
        writes: dict[int, list[bytes]] = {}
        for effect in self._conversation.take_effects():
            if isinstance(effect, Write):
                writes.setdefault(effect.link_id, []).append(effect.data)
            elif isinstance(effect, Dial | Close):
                self._flush(writes)
                self._do(effect)
            elif isinstance(effect, ReadPiece | KeepPiece):
                self._files.do(effect)
            elif isinstance(effect, TransferEnded | TransferFailed):
                self._files.ended(effect)
            else:
                notices.append(effect)
        self._flush(writes)
        self._set_alarm()
        if notices:
            self._on_notices(notices)
            self._wait_for_app()

    def _wait_for_app(self) -> None:
        """Read nothing while the app is behind."""
        if self._backlog() <= BACKLOG_MAX or self._has_stopped:
            return
        for link in self._links.values():
            link.pause_reading()
        if self._look is None:
            self._look = self._loop.call_later(_LOOK_S, self._look_at_app)

    def _look_at_app(self) -> None:
        self._look = None
        if self._backlog() > BACKLOG_MAX // 2:
            self._look = self._loop.call_later(_LOOK_S, self._look_at_app)
            return
        self._conversation.excuse_silence(self._now())
        for link in self._links.values():
            link.resume_reading()

    def _excuse_silence(self) -> None:
        if self._look is not None:
            self._conversation.excuse_silence(self._now())

    def _flush(self, writes: dict[int, list[bytes]]) -> None:
        for link_id, parts in writes.items():
            link = self._links.get(link_id)
            if link is not None:
                link.write(b"".join(parts))
        writes.clear()

    def _do(self, effect: LinkEffect) -> None:
        if isinstance(effect, Dial):
            link = self._links[effect.link_id] = _Link(effect.link_id, self)
            link.dialling = self._loop.create_task(self._dial(effect, link))
            self._tasks.add(link.dialling)
            link.dialling.add_done_callback(self._tasks.discard)
        elif effect.link_id in self._links:
            self._links[effect.link_id].close()

    async def _dial(self, effect: Dial, link: "_Link") -> None:
        address = parse_address(effect.address)
        if isinstance(address, AddressError):
            self._dial_failed(link, DialError(DialCode.UNREACHABLE, effect.address, 0))
            return
        try:
            found = await dial(
                address.host, address.port, lambda: link, tls=self._trust, timeout_s=self._dial_timeout_s
            )
        except asyncio.CancelledError:
            self._links.pop(link.link_id, None)
            link.ended.set()
            raise
        if isinstance(found, DialError):
            self._dial_failed(link, found)
            return
        if found.ca_pem is not None:
            # From here on OpenSSL enforces it, for the other server too.
            self._trust = Trust(ca_pem=found.ca_pem)
        self._conversation.link_opened(effect.link_id, self._now(), found.ca_pem or "")
        self._turn_soon()

    def _dial_failed(self, link: "_Link", error: DialError) -> None:
        self._links.pop(link.link_id, None)
        link.ended.set()
        _log.debug("dialling %s:%s failed: %s %s", error.host, error.port, error.code, error.detail)
        fingerprint = error.fingerprint.hex() if error.fingerprint is not None else ""
        self._conversation.dial_failed(link.link_id, str(error.code), self._now(), fingerprint)
        self._turn_soon()

    def _set_alarm(self) -> None:
        now = self._now()
        wake = self._conversation.next_wake()
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        if wake is not None and not self._has_stopped:
            self._wake = self._loop.call_later(max(wake - now, 0.0), self._ring)

    def _ring(self) -> None:
        self._wake = None
        self._excuse_silence()
        self._conversation.tick(self._now())
        self._turn()


class _Link:
    """One dial and, when it succeeds, its channel (a `ChannelHandler`)."""

    __slots__ = ("_channel", "_owner", "dialling", "ended", "link_id")

    def __init__(self, link_id: int, owner: ClientLinks) -> None:
        self.link_id = link_id
        self.dialling: asyncio.Task[None] | None = None
        self.ended = asyncio.Event()
        self._owner = owner
        self._channel: Channel | None = None

    def opened(self, channel: Channel) -> None:
        """The conversation hears of it when the dial returns, with what the dial learned."""
        self._channel = channel

    def received(self, data: bytes) -> None:
        """Bytes came."""
        self._owner.link_received(self.link_id, data)

    def resumed(self) -> None:
        """The window bounds what is written; nobody waits for this."""

    def closed(self, reason: ClosedReason | None) -> None:
        """It is over."""
        self.ended.set()
        self._owner.link_closed(self.link_id, reason)

    def write(self, data: bytes) -> None:
        """Send."""
        if self._channel is not None:
            self._channel.write(data)

    def pause_reading(self) -> None:
        """Take nothing more."""
        if self._channel is not None:
            self._channel.pause_reading()

    def resume_reading(self) -> None:
        """Go on."""
        if self._channel is not None:
            self._channel.resume_reading()

    def close(self) -> None:
        """Give up the dial, or end the link politely."""
        if self._channel is not None:
            self._channel.close()
        elif self.dialling is not None:
            self.dialling.cancel()

    def abort(self) -> None:
        """End the link at once."""
        if self._channel is not None:
            self._channel.abort()
