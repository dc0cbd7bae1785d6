"""A session: one client's connection, from its greeting to its goodbye.

Everything here runs on the io thread. What is to be archived is asked of the engine and answered
when its record is committed; reading goes to worker threads.
"""

import logging
import secrets
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from server.archive.record import Draft
from server.engine.round import Answer
from server.network.channel import Channel
from server.network.errors import ClosedReason
from server.protocol import events, limits, requests
from server.protocol.connection import BadFrame, ServerConnection
from server.protocol.errors import Refusal
from server.protocol.frames import encode_frame
from server.sessions.command_table import find_command
from server.sessions.reader import Reader
from server.sessions.stages import Stage
from server.sessions.throttle import Throttle
from server.state.state import Device, User

if TYPE_CHECKING:
    from server.sessions.hub import Hub

_log = logging.getLogger(__name__)

# Answers of one turn leave in one write; more than this at once leaves earlier, so that a client
# that reads none of them is noticed before the next request is served.
_HELD_BYTES_MAX: Final = 64 * 1024


class Session:
    """The handler of one channel (`ChannelHandler`).

    There are thousands, and nearly all of them wait: what an idle one holds is kept small.
    """

    __slots__ = (
        "_asked", "_channel", "_connection", "_held", "_held_bytes", "_hub", "_is_reading", "_is_too_fast",
        "_is_waiting", "_number", "_reads_in_flight", "_search_throttle", "_throttle", "_waiting",
        "blocked_at", "device", "frame_at", "heard_at", "is_ending", "is_signing_in", "nonce", "opened_at",
        "reader", "stage", "user",
    )  # fmt: skip

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._number = hub.next_number()
        self._connection = ServerConnection()
        self._channel: Channel | None = None
        # What is to be archived and has no answer yet; empty, a dictionary takes a third of a set.
        self._asked: dict[int, None] = {}
        self._held: list[bytes] = []
        self._held_bytes = 0
        # That of the person, once it is known who this is.
        self._throttle: Throttle | None = None
        # Made with the first search.
        self._search_throttle: Throttle | None = None
        self._is_too_fast = False
        # Its last message waits for what it carries, and what it asked behind that waits, too.
        self._is_waiting = False
        self._is_reading = True
        self._reads_in_flight = 0
        self.is_ending = False
        self.is_signing_in = False
        # What was read and is not served yet: at most one read's worth.
        self._waiting: deque[requests.AnyRequest | BadFrame] | None = None
        self.stage = Stage.CONNECTED
        self.nonce = secrets.token_hex(16)
        self.user: User | None = None
        self.device: Device | None = None
        self.reader: Reader | None = None
        self.opened_at = self.heard_at = hub.now()
        self.frame_at = 0.0
        self.blocked_at = 0.0

    # --- the channel

    def opened(self, channel: Channel) -> None:
        """A client connected."""
        self._channel = channel
        self._hub.enter(self)

    def received(self, data: bytes) -> None:
        """Bytes came: serve each request in them, or have them wait for the throttle."""
        self.heard_at = self._hub.now()
        given = self._connection.receive(data)
        is_inside = self._connection.is_inside_frame
        # The time counts for one frame: where one ended, the next one has just begun.
        started_at = self.heard_at if given else self.frame_at or self.heard_at
        self.frame_at = started_at if is_inside else 0.0
        if self._waiting is None:
            self._waiting = deque(given)
        else:
            self._waiting.extend(given)
        self._serve_waiting()
        self._hub.flush_all()

    @property
    def is_held(self) -> bool:
        """Whether nothing is read or served: it is too fast for the throttle, or for its own reading.

        Were a client served that takes no answers, they would fill our memory.
        """
        if self._is_waiting:
            return True
        return self._is_too_fast or self.is_paused or self._reads_in_flight >= limits.READS_IN_FLIGHT_MAX

    def _serve_waiting(self) -> None:
        """Serve in order, until the client is held."""
        while self._waiting and not self.is_held and not self.is_ending:
            given = self._waiting.popleft()
            if isinstance(given, BadFrame):
                self.refuse(given.answer, given.refusal)
            else:
                self._serve(given)
            if self._held_bytes > _HELD_BYTES_MAX:
                self.flush()
        if not self._waiting:
            self._waiting = None
        self._read_on(self.is_ending or not self.is_held)

    def _read_on(self, is_reading: bool) -> None:
        if self._channel is None or is_reading is self._is_reading:
            return
        self._is_reading = is_reading
        if is_reading:
            self._channel.resume_reading()
        else:
            self._channel.pause_reading()

    def _slow_down(self, pause_s: float) -> None:
        """The sender is too fast: hold it for a while (0: it is not)."""
        if pause_s:
            self._is_too_fast = True
            self._hub.call_later(pause_s, self._end_pause)

    def _end_pause(self) -> None:
        self._is_too_fast = False
        self._go_on()

    def hold(self) -> None:
        """Serve nothing more before `go_on`."""
        self._is_waiting = True

    def go_on(self) -> None:
        """Go on behind a `hold`."""
        self._is_waiting = False
        self.flush()
        self._go_on()

    def _go_on(self) -> None:
        """A reason to hold it is gone: what waited comes first."""
        if not self._is_reading:
            # Time in which nothing was read counts for nobody.
            self.heard_at = self._hub.now()
            if self.frame_at:
                self.frame_at = self.heard_at
        self._serve_waiting()
        self._hub.flush_all()

    def resumed(self) -> None:
        """The client takes data again: its cursor runs on."""
        if self.reader is not None:
            self._hub.delivery.flush(self.reader)
        self._hub.announcements.catch_up(self)
        self._go_on()

    def read_began(self) -> None:
        """A worker reads something for this client: `read_ended` follows."""
        self._reads_in_flight += 1

    def read_ended(self) -> None:
        """What a worker read for this client is told."""
        self._reads_in_flight -= 1
        self.flush()
        self._go_on()

    def closed(self, reason: ClosedReason | None) -> None:
        """The connection ended, from whichever side."""
        _log.debug("session of %s ended: %s", self.user and self.user.id, reason)
        self.is_ending = True
        self._detach()
        self._hub.leave(self, self._asked)

    # --- what the hub looks at

    @property
    def address(self) -> str:
        """Where the client is, as host:port."""
        return "{}:{}".format(*self._channel.peer_address) if self._channel else ""

    @property
    def host(self) -> str:
        """The address of its computer, without the port."""
        return self._channel.peer_address[0] if self._channel else ""

    @property
    def is_paused(self) -> bool:
        """Whether the client takes nothing at the moment."""
        return self._channel is not None and self._channel.is_paused

    @property
    def buffered_bytes(self) -> int:
        """What waits in its socket's buffer."""
        return self._channel.buffered_bytes if self._channel else 0

    @property
    def frame_s_max(self) -> float:
        """How long the started frame may take."""
        kib4 = self._connection.buffered_bytes / 4096
        return limits.FRAME_S_BASE + limits.FRAME_S_PER_4_KIB * kib4

    # --- speaking

    def tell(self, event: events.AnyEvent) -> None:
        """Send one event, together with all others of this turn of the loop."""
        self._hold(encode_frame(event))
        self._hub.flush_later(self)

    def write(self, frames: bytes) -> None:
        """Send encoded frames now, behind what was told."""
        self._hold(frames)
        self.flush()

    def _hold(self, frames: bytes) -> None:
        self._held.append(frames)
        self._held_bytes += len(frames)

    def outlet(self) -> Channel:
        """Where a reader's frames go from here on, without a step between: there are many of them.

        What was told before is sent first; later nothing is held back when frames are delivered, for
        every turn of the loop ends with a flush.
        """
        assert self._channel is not None, "only a connected client signs in"
        self.flush()
        return self._channel

    def flush(self) -> None:
        """Send what was told, in one write."""
        if self._held and self._channel is not None:
            held, self._held, self._held_bytes = self._held, [], 0
            self._channel.write(held[0] if len(held) == 1 else b"".join(held))

    def refuse(self, answer: int, refusal: Refusal) -> None:
        """Say why not; a fatal refusal ends the connection."""
        self.tell(events.Failed(answer=answer, code=refusal.code, arguments=refusal.arguments))
        if refusal.is_fatal:
            self.end()

    def say_goodbye(self, code: str, address: str = "", **arguments: str | int | float) -> None:
        """End the connection for a reason, perhaps with an address where to go on."""
        if not self.is_ending:
            self.tell(events.Goodbye(code=code, arguments=arguments, address=address))
            self.end()

    def end(self) -> None:
        """Close politely: what was written still arrives."""
        self.is_ending = True
        self._detach()
        self.flush()
        if self._channel is not None:
            self._channel.close()

    def abort(self) -> None:
        """Drop a client that takes nothing."""
        self.is_ending = True
        if self._channel is not None:
            self._channel.abort()

    # --- what the commands do with it

    def _serve(self, request: requests.AnyRequest) -> None:
        command = find_command(request, self.stage)
        if isinstance(command, Refusal):
            self.refuse(request.id, command)
        else:
            command.serve(self._hub, self, request)

    def signed_in(self, device: Device, user: User, stage: Stage) -> None:
        """It is known who this is: long frames are taken, and nothing is half-open any more."""
        self.device, self.user, self.stage = device, user, stage
        self._hub.presence.connect(user.id)
        self._throttle = self._hub.throttles.of(user.id, self._hub.send_rate_per_s, self._hub.now())
        self._connection.allow_long_frames()
        if self._channel is not None:
            self._channel.established()

    # --- the engine

    def ask_and_answer(self, request_id: int, draft: Draft, room: str = "") -> None:
        """Have it archived, and tell what became of it; `room` is the one that it makes or enters."""
        self.ask(draft, lambda given: self._answer(request_id, given, room))
        if self._throttle is not None:
            # Sending again what is archived is how clients make sure: it costs next to nothing.
            is_repeated = self._hub.state.has_seen(*draft.id)
            amount = limits.SENDS_PER_REPEAT if is_repeated else 1.0
            self._slow_down(self._throttle.take(self._hub.now(), amount))

    def listed(self, rows: int) -> None:
        """So many rows were looked through for an answer: a long list costs as much as a search."""
        self.searched(rows / limits.ROWS_PER_SEARCH)

    def looked(self) -> None:
        """Something small was looked for, and nothing is archived of it, which would have a price."""
        self.searched(limits.SEARCHES_PER_LOOK)

    def searched(self, searches: float = 1.0) -> None:
        """Something is looked for, which costs more than a message."""
        assert self.user is not None
        now = self._hub.now()
        if self._search_throttle is None:
            rate_per_s = limits.SEARCH_RATE_PER_S if self._hub.send_rate_per_s else 0.0
            self._search_throttle = self._hub.search_throttles.of(self.user.id, rate_per_s, now)
        self._slow_down(self._search_throttle.take(now, searches))

    @property
    def is_asking(self) -> bool:
        """Whether something that was to be archived has no answer yet."""
        return bool(self._asked)

    def ask(self, draft: Draft, answered: Callable[[Answer], None]) -> None:
        """Have something archived; `answered` is called once, unless the connection ends before."""
        if len(self._asked) >= limits.REQUESTS_IN_FLIGHT_MAX:
            refusal = Refusal("too_many_requests", {"limit": limits.REQUESTS_IN_FLIGHT_MAX})
            answered(Answer(0, *draft.id, refusal=refusal))
            return
        asker = self._hub.ask(draft, lambda given: self._answered(asker, given, answered), self._number)
        self._asked[asker] = None

    def _answered(self, asker: int, answer: Answer, answered: Callable[[Answer], None]) -> None:
        self._asked.pop(asker, None)
        answered(answer)

    def _answer(self, request_id: int, answer: Answer, room: str) -> None:
        if answer.refusal is not None:
            self.refuse(request_id, answer.refusal)
            return
        self.tell(
            events.Stored(
                answer=request_id,
                counter=answer.counter,
                index=answer.index,
                number=answer.number,
                copies=answer.copies,
                room=room,
            )
        )

    def _detach(self) -> None:
        if self.reader is not None:
            self._hub.delivery.detach(self.reader)
            self._hub.presence.leave(self.reader.user)
            self.reader = None
            self._hub.announcements.people_changed()
