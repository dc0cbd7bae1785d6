"""Senders and readers: real clients over real sockets, all on one loop thread.

A sender writes at a steady rate whether or not earlier messages were acknowledged, so that a
stalled server shows in the gaps and does not slow its own measurement down.
"""

import dataclasses
import random
import secrets
from collections.abc import Callable
from typing import Final

from server.client.conversation import Conversation
from server.client.identity import Identity
from server.client.notices import (
    AnyNotice,
    Arrived,
    CertificateChanged,
    Connected,
    Diverged,
    Refused,
    ServersChanged,
    SignInRefused,
    StandbyChanged,
    Stored,
)
from server.client.outbox import Draft
from server.client.settings import ConversationSettings
from server.network.client_links import ClientLinks
from server.network.clock import Clock
from server.network.loop_thread import LoopThread
from server.network.tls import Trust
from server.torture.history import MessageId, ReaderHistory, SenderHistory

ROOM: Final = "general"


@dataclasses.dataclass(frozen=True, slots=True)
class Way:
    """How clients reach the pair: both addresses, the first server first, and how they know it."""

    addresses: tuple[str, str]
    trust: Trust | None
    thread: LoopThread
    clock: Clock


class Client:
    """One person with a device; the server at `home` (0 or 1) is the first one that it tries."""

    def __init__(self, name: str, device: str, way: Way, home: int) -> None:
        identity = Identity(name=name, device=device, secret=secrets.token_hex(32))
        conversation = Conversation(
            identity,
            way.addresses if home == 0 else way.addresses[::-1],
            cursor=None,
            settings=ConversationSettings(client="torture"),
            rng=random.Random(device),
        )
        self.name: Final = name
        self.way: Final = way
        self.links: Final = ClientLinks(
            way.thread, conversation, self._take, clock=way.clock, trust=way.trust
        )
        self.is_connected = False
        self.standby = ""
        self.servers: ServersChanged | None = None
        # Why it cannot go on; nothing but a defect brings it there.
        self.problem = ""

    def take(self, notice: AnyNotice) -> None:
        """What else is told; for senders and readers."""

    def _take(self, notices: list[AnyNotice]) -> None:
        for notice in notices:
            match notice:
                case Connected():
                    self.is_connected = True
                case StandbyChanged(server=server):
                    self.standby = server
                case ServersChanged():
                    self.servers = notice
                case SignInRefused() | CertificateChanged():
                    self.problem = f"{self.name} cannot sign in: {notice}"
                case _:
                    self.take(notice)


class Sender(Client):
    """Writes into its history what was sent and what was acknowledged."""

    def __init__(self, history: SenderHistory, way: Way, home: int) -> None:
        super().__init__(history.name, history.device, way, home)
        self.history: Final = history
        self._begin_s = 0.0
        self._rate_per_s = 0.0
        self._is_sending = False

    def begin(self, begin_s: float, rate_per_s: float) -> None:
        """Write `rate_per_s` messages a second from `begin_s` (monotonic) on; on the loop."""
        self._begin_s, self._rate_per_s = begin_s, rate_per_s
        self._is_sending = True
        self._send_due()

    def end(self) -> None:
        """Write no more; on the loop."""
        self._is_sending = False

    def take(self, notice: AnyNotice) -> None:
        """Answers."""
        match notice:
            case Stored(counter=counter, copies=copies):
                self.history.stored(counter, copies, self.way.clock.monotonic_s())
            case Refused(counter=counter, code=code):
                self.history.refusals.append(f"message {counter}: {code}")
            case _:
                pass

    def _send_due(self) -> None:
        """Write what is due by now, also what a busy loop made late, and wake for the next one."""
        if not self._is_sending:
            return
        now = self.way.clock.monotonic_s()
        due = int((now - self._begin_s) * self._rate_per_s) + 1 if now >= self._begin_s else 0
        history = self.history
        while history.sent < due:
            history.sent += 1
            text = history.text(history.sent)
            self.links.send(Draft(history.sent, ROOM, text, self.way.clock.wall_ms()))
        next_s = self._begin_s + due / self._rate_per_s
        self.way.thread.loop.call_later(max(next_s - now, 0.0), self._send_due)


class Reader(Client):
    """Writes into its history what it was shown."""

    def __init__(
        self, history: ReaderHistory, is_ours: Callable[[MessageId, str], bool], way: Way, home: int
    ) -> None:
        super().__init__(history.name, secrets.token_hex(16), way, home)
        self.history: Final = history
        self._is_ours: Final = is_ours

    def take(self, notice: AnyNotice) -> None:
        """Messages, each in its place."""
        match notice:
            case Arrived(messages=messages):
                self.history.shown += [
                    (message.index, (message.device, message.counter))
                    for message in messages
                    if self._is_ours((message.device, message.counter), message.text)
                ]
            case Diverged(index=index):
                self.history.diverged(index)
            case _:
                pass
