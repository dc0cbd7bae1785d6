"""People: the real client conversation, over the real protocol, with the real sessions of the servers.

A person's program keeps on its disk what a program must keep: the outbox, the cursor, and the messages
that it was given. It is killed now and then, and goes on from there.
"""

import hashlib
import random
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from server.archive.record import Draft as Archived
from server.client.conversation import Conversation
from server.client.effects import Close, Dial, KeepPiece, ReadPiece, Write
from server.client.identity import Identity
from server.client.notices import (
    AnyNotice,
    Arrived,
    Connected,
    CopiesRaised,
    Delayed,
    Disconnected,
    Diverged,
    PositionMoved,
    Refused,
    RoomsChanged,
    SignInRefused,
    Stored,
)
from server.client.outbox import Draft
from server.client.reading import START_OF_ARCHIVE
from server.client.settings import ConversationSettings
from server.protocol.facts import FileFacts
from server.sessions.signing_in import id_from
from server.state.bodies import DeviceBody, FileBody, MessageBody
from server.state.state import GENERAL
from tests.simulation.front import ADDRESSES, NEW_ADDRESSES
from tests.simulation.history import PromiseError
from tests.simulation.kept import Kept
from tests.simulation.line import Line
from tests.simulation.sending import Sending

if TYPE_CHECKING:
    from tests.simulation.world import World

# Waits are shorter than the product's, so that a run meets more of them.
_SETTINGS: Final = ConversationSettings(
    client="simulated",
    ping_every_s=1.0,
    standby_ping_every_s=1.0,
    dead_after_s=4.0,
    back_off_cap_s=0.8,
    declined_s=0.5,
    delay_s=0.3,
    welcome_s_max=2.0,
)
# A machine without power answers no dial: this long (s).
_DIAL_S: Final = 0.7
# How much of what it writes is for all, as soon as it is in a group.
_FOR_EVERYBODY: Final = 0.6
_NAMES: Final = ("anna", "bert")
_NAMES_OF_SERVERS: Final = {address: name for name, address in (ADDRESSES | NEW_ADDRESSES).items()}

_encode: Final = msgspec.msgpack.Encoder().encode


class Person:
    """Somebody who writes and reads."""

    def __init__(self, world: "World", number: int) -> None:
        self._world: Final = world
        self.rng: Final = random.Random(world.rng.getrandbits(64))
        self.name: Final = f"p{number}"
        self.device: Final = f"{number:032x}"
        self._secret: Final = f"{number:064x}"
        self._name = self.rng.choice(_NAMES)
        addresses = list(ADDRESSES.values())
        self._addresses: Final = addresses if number % 2 else addresses[::-1]
        is_from_start = self.rng.random() < 0.7
        self._marks: Final = self.rng.random() < 0.7
        self._settings: Final = structs.replace(_SETTINGS, begins_at_mark=self.rng.random() < 0.5)
        self.kept: Final = Kept(
            cursor=START_OF_ARCHIVE if is_from_start else None, held_from=0 if is_from_start else None
        )
        self.left = world.weather.requests_each
        self.stored: dict[int, Stored] = {}
        self.refused: dict[int, str] = {}
        # Messages that were on its disk at any time, beside the position behind them.
        self.had: Final[set[tuple[str, int]]] = set()
        self._files: Final = Sending(world, self)
        self._has_news = False
        # Those that it was ever told to be in.
        self._groups: list[str] = []
        self.is_reading = True
        self.is_connected = False
        self._conversation: Conversation | None = None
        self._lines: dict[int, Line] = {}
        self._alarm_at = 0.0
        world.clock.after(self._draw_coming(), self.start)
        world.clock.after(self.rng.uniform(0.0, 0.5), self._write)

    def _draw_coming(self) -> float:
        """At the beginning; namesakes come to both servers, when these are cut off from each other."""
        splits = [fault for fault in self._world.plan if fault.kind in ("cut", "one_way", "flap")]
        if not splits or not self._world.weather.has_namesakes:
            return self.rng.uniform(0.0, 0.5)
        self._name = "cleo"
        safety_s, silence_s = self._world.weather.safety_s, self._world.weather.settings.silence_s
        longest = max(splits, key=lambda fault: min(fault.for_s, safety_s - fault.at))
        # Most of them between the moment when both servers have noticed and the end of it.
        lasts_s = min(longest.for_s, safety_s - longest.at)
        return longest.at + self.rng.uniform(silence_s, max(lasts_s, 1.5 * silence_s))

    @property
    def user(self) -> str:
        """Who it is, unless somebody had the name before."""
        return id_from("user", self.device, 0)

    @property
    def is_done(self) -> bool:
        """Whether all it wrote has its answer, and it reads."""
        is_idle = not self.left and not self.kept.outbox and self._files.is_done
        return is_idle and self.is_connected

    @property
    def shown(self) -> str:
        """Where it stands, for a message."""
        state = "is connected" if self.is_connected else "is not connected"
        waits = f"waits for {list(self.kept.outbox)}, {self._files.shown}"
        return f"{state}, reads up to {self.kept.cursor}, {waits}"

    # --- the program

    def start(self) -> None:
        """Start the program with what is on the disk."""
        if self._conversation is not None:
            return
        kept = self.kept
        self.remember("device", DeviceBody(self.user, self._name, self._secret_hash))
        self._conversation = Conversation(
            Identity(self._name, self.device, self._secret),
            self._addresses,
            cursor=kept.cursor,
            settings=self._settings,
            rng=self.rng,
            drafts=kept.outbox.values(),
            cluster=kept.cluster,
            since=kept.since,
        )
        self._note("starts", kept.cursor)
        self._files.started(self._conversation)
        self._conversation.connect(self._world.clock.now)
        self.turn()

    def end(self) -> None:
        """It is killed. What came behind the last position is not on its disk for sure."""
        self._conversation, self.is_connected = None, False
        self._note("is killed")
        for line in list(self._lines.values()):
            line.hang_up()
        self._lines.clear()
        if self.kept.cursor is not None:
            self.kept.drop_behind(self.kept.cursor.index)

    def finish(self) -> None:
        """Write nothing new."""
        self.left = 0

    def stop_reading(self) -> None:
        """Take nothing from any connection."""
        self.is_reading = False

    def read_on(self) -> None:
        """Take everything that waited."""
        if self.is_reading:
            return
        self.is_reading = True
        if self._conversation is not None:
            self._conversation.excuse_silence(self._world.clock.now)
        for line in list(self._lines.values()):
            line.read_on()

    def _write(self) -> None:
        if self.left and self._conversation is not None:
            self.left -= 1
            if self.rng.random() >= self._world.weather.files:
                self.say()
            else:
                self._files.want(self._conversation)
                self.turn()
        if self.left:
            self._world.clock.after(self.rng.uniform(0.5, 1.5) * self._world.weather.think_s, self._write)

    def say(self, file: FileFacts | None = None) -> None:
        """Write a message, with a file that was sent before."""
        kept, conversation = self.kept, self._conversation
        assert conversation is not None
        text, room = f"{self._name} says {kept.counter + 1}", self._draw_room()
        carried = FileBody(*structs.astuple(file)) if file is not None else None
        counter = self.remember("message", MessageBody(room, text, carried))
        kept.outbox[counter] = draft = Draft(counter, room, text, self._world.wall_ms(), file)
        if file is not None:
            self._files.wrote(counter, room, file.sha256)
        conversation.send([draft], self._world.clock.now)
        self.turn()

    def _draw_room(self) -> str:
        """For everybody, or in one of the own groups, of which it hears from the server."""
        if not self._groups or self.rng.random() < _FOR_EVERYBODY:
            return GENERAL
        return self.rng.choice(self._groups)

    def remember(self, kind: str, body: msgspec.Struct) -> int:
        """It asks for something under its next counter; a device comes first."""
        self.kept.counter += kind != "device"
        counter = 0 if kind == "device" else self.kept.counter
        self._world.history.ask(Archived(kind, self.device, counter, self._world.wall_ms(), _encode(body)))
        return counter

    def is_at(self, conversation: Conversation) -> bool:
        """Whether this is what the program runs on now."""
        return conversation is self._conversation

    @property
    def _secret_hash(self) -> bytes:
        return hashlib.sha256(bytes.fromhex(self._secret)).digest()

    # --- what the lines bring

    def heard(self, line: Line, data: bytes) -> None:
        """Bytes of a server."""
        if self._conversation is not None and line.link_id in self._lines:
            self._conversation.link_bytes(line.link_id, data, self._world.clock.now)
            self.turn()

    def lost(self, line: Line) -> None:
        """A connection ended."""
        if self._conversation is not None and self._lines.pop(line.link_id, None) is not None:
            self._conversation.link_closed(line.link_id, "lost", self._world.clock.now)
            self.turn()

    # --- what the conversation wants

    def turn(self) -> None:
        """Do what the conversation wants, and hear what it tells."""
        conversation = self._conversation
        if conversation is None:
            return
        for effect in conversation.take_effects():
            if isinstance(effect, Dial):
                self._dial(conversation, effect)
            elif isinstance(effect, Write):
                if effect.link_id in self._lines:
                    self._lines[effect.link_id].send(effect.data)
            elif isinstance(effect, Close):
                if effect.link_id in self._lines:
                    self._lines.pop(effect.link_id).hang_up()
            else:
                if not isinstance(effect, ReadPiece | KeepPiece):
                    self._take(effect)
                self._files.take(conversation, effect)
        if self._has_news and self.kept.cursor is not None:
            self._has_news = False
            cursor = self.kept.cursor
            conversation.mark(cursor, self._world.clock.now, {GENERAL: cursor.index})
            self.turn()
        self._set_alarm()

    def _set_alarm(self) -> None:
        wake = self._conversation.next_wake() if self._conversation is not None else None
        now = self._world.clock.now
        if wake is not None and not now < self._alarm_at <= wake:
            self._alarm_at = max(wake, now + 0.0005)
            self._world.clock.at(self._alarm_at, partial(self._ring, self._alarm_at))

    def _ring(self, at: float) -> None:
        if self._conversation is not None and at == self._alarm_at:
            self._conversation.tick(self._world.clock.now)
            self.turn()

    def _dial(self, conversation: Conversation, effect: Dial) -> None:
        machine = self._world.by_name[_NAMES_OF_SERVERS[effect.address]]

        def fail(code: str) -> None:
            if conversation is self._conversation:
                conversation.dial_failed(effect.link_id, code, self._world.clock.now)
                self.turn()

        def arrive() -> None:
            process = machine.process
            if conversation is not self._conversation:
                return
            if machine.is_dark:
                self._world.clock.after(_DIAL_S, partial(fail, "timeout"))
            elif process is None:
                fail("refused")
            else:
                self._lines[effect.link_id] = Line(self._world, process, self, effect.link_id)
                conversation.link_opened(effect.link_id, self._world.clock.now)
                self.turn()

        self._world.clock.after(2 * self._world.client_s(), arrive)

    # --- what it tells

    def _take(self, notice: AnyNotice) -> None:
        match notice:
            case Connected():
                self.is_connected = True
                self._files.connected()
                self.kept.cluster = notice.cluster
                self._note("is connected to", notice.server)
            case Disconnected():
                self.is_connected = False
            case Stored():
                if not notice.ticket:
                    self._settle(notice.counter)
                self.stored[notice.counter] = notice
                assert self._conversation is not None
                self._files.stored(self._conversation, notice.counter)
            case Delayed(code="unknown"):
                # What was written behind it may be archived before it.
                self._world.history.unordered.add(self.device)
            case Refused():
                self._settle(notice.counter)
                self.refused[notice.counter] = notice.code
            case SignInRefused() if notice.retry_in_s is None:
                self._take_another_name(notice.code)
            case _:
                self._read(notice)

    def _read(self, notice: AnyNotice) -> None:
        kept = self.kept
        match notice:
            case Arrived():
                for message in notice.messages:
                    place = message.index, (message.device, message.counter)
                    self._note("reads", *place)
                    kept.hold(self.device, place)
            case Diverged(index=index):
                self._note("hears that all diverged behind", index)
                self._world.history.seen["streams taken back"] += 1
                kept.drop_behind(index)
                if kept.held_from is not None:
                    kept.held_from = min(kept.held_from, index)
            case PositionMoved():
                kept.cursor, kept.since = notice.cursor, notice.since
                self.had.update(identity for index, identity in kept.held if index <= notice.cursor.index)
                self._has_news = self._marks
                if kept.held_from is None:
                    kept.held_from = notice.cursor.index
            case RoomsChanged():
                mine = (room.room for room in notice.rooms if room.kind == "group" and room.is_member)
                self._groups += [room for room in mine if room not in self._groups]
            case CopiesRaised():
                self._world.history.seen["second ticks"] += 1
            case _:
                pass

    def _settle(self, counter: int) -> None:
        if self.kept.outbox.pop(counter, None) is None:
            raise PromiseError("one answer", f"{self.device} was answered twice for {counter}")

    def _take_another_name(self, code: str) -> None:
        self._note("is refused:", code)
        self._name = f"{self._name}-{self.device[-2:]}"
        self._world.history.seen[f"sign-ins refused: {code}"] += 1
        self.end()
        self.start()

    def _note(self, what: str, *facts: object) -> None:
        self._world.note(self.name, what, *facts)
