"""People on real connections: the shipped client conversation with a memory of all it was told."""

import itertools
import random
import secrets
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from server.client.conversation import Conversation
from server.client.identity import Identity
from server.client.notices import (
    Answered,
    AnyNotice,
    Arrived,
    Connected,
    CopiesRaised,
    Diverged,
    PositionMoved,
    PresenceChanged,
    QuestionFailed,
    ReceiptsChanged,
    Stored,
)
from server.client.outbox import Draft
from server.client.settings import ConversationSettings
from server.names.invite_links import InviteLink
from server.network.client_links import ClientLinks
from server.network.clock import SystemClock
from server.network.loop_thread import LoopThread
from server.network.tls import Trust
from server.protocol.events import HistoryPage, Message
from server.protocol.facts import MemberMark
from server.protocol.requests import Cursor
from tests.waiting import DeadlineError, wait_until

N = TypeVar("N", bound=AnyNotice)


class Person:
    """One person on one device."""

    def __init__(
        self,
        thread: LoopThread,
        invite: InviteLink,
        name: str,
        *,
        cursor: Cursor | None = None,
        again: "Person | None" = None,
    ) -> None:
        """`again`: the program of this person is started once more, on the same device."""
        self.name = name
        self.device: str = again.device if again else secrets.token_hex(16)
        self.secret: str = again.secret if again else secrets.token_hex(32)
        self.notices: list[AnyNotice] = []
        # The counter of the last message, for those who write all the time.
        self.last = 0
        self._counters: Iterator[int] = again._counters if again else itertools.count(1)
        conversation = Conversation(
            Identity(name, self.device, self.secret),
            [str(address) for address in invite.addresses],
            cursor=cursor,
            settings=ConversationSettings(),
            rng=random.Random(name),
        )
        trust = None if invite.plain else Trust(fingerprint=invite.fingerprint)
        self.links = ClientLinks(thread, conversation, self.notices.extend, clock=SystemClock(), trust=trust)
        self.links.connect()

    def mark(self) -> int:
        """Keep and read all that came so far; gives the index of the last message."""
        messages, cursor = self.messages, self.all_of(PositionMoved)[-1].cursor
        last = max((message.index for message in messages if message.index <= cursor.index), default=0)
        self.links.mark(cursor, {"general": last})
        return last

    def receipts(self) -> dict[str, MemberMark]:
        """The marks of the watched room, by person."""
        told = self.all_of(ReceiptsChanged)
        return {mark.user: mark for mark in told[-1].marks} if told else {}

    def all_of(self, kind: type[N]) -> list[N]:
        """Every notice of a kind, in order."""
        return [notice for notice in list(self.notices) if isinstance(notice, kind)]

    def wait_for(self, kind: type[N], is_right: Callable[[N], bool] = lambda _: True) -> N:
        """The first right notice of a kind, waited for."""
        found = wait_until(
            lambda: [notice for notice in self.all_of(kind) if is_right(notice)],
            what=f"{self.name}: {kind.__name__}",
        )
        return found[0]

    def connected(self) -> Connected:
        """Signed in."""
        return self.wait_for(Connected)

    def say(self, text: str, room: str = "general") -> int:
        """Write a message; gives its counter."""
        counter = next(self._counters)
        self.links.send(Draft(counter, room, text, int(time.time() * 1000)))
        return counter

    def next_counter(self) -> int:
        """A counter for something else that is archived."""
        return next(self._counters)

    def stored(self, counter: int) -> Stored:
        """The acknowledgement of a message, waited for."""
        return self.wait_for(Stored, lambda notice: notice.counter == counter)

    def on_both(self, counter: int) -> Stored:
        """Wait until a message is on both disks. A pair on a busy machine may be one server for a moment."""
        stored = self.stored(counter)
        if stored.copies == 1:
            self.wait_for(CopiesRaised, lambda raised: raised.index >= stored.index)
        return stored

    def is_told_online(self, count: int) -> None:
        """Wait until the last news is that so many people are online."""
        wait_until(
            lambda: [told.online for told in self.all_of(PresenceChanged)[-1:]] == [count],
            what=f"{self.name} is told of {count} people online",
        )

    def page(self, ticket: int) -> HistoryPage:
        """The answer to a question for a page."""
        page = self.wait_for(Answered, lambda answered: answered.ticket == ticket).answer
        assert isinstance(page, HistoryPage)
        return page

    @property
    def messages(self) -> list[Message]:
        """Everything that arrived and was not taken back by a merge, in order."""
        held: list[Message] = []
        for notice in list(self.notices):
            if isinstance(notice, Arrived):
                held += notice.messages
            elif isinstance(notice, Diverged):
                held = [message for message in held if message.index <= notice.index]
        return held

    @property
    def texts(self) -> list[str]:
        """The texts that arrived, in order."""
        return [message.text for message in self.messages]

    def reads(self, *texts: str) -> None:
        """Wait until exactly these texts arrived, in this order."""
        try:
            wait_until(lambda: self.texts == list(texts), what=f"{self.name} reads {texts[-3:]}")
        except DeadlineError:
            # What is missing, doubled or out of order.
            assert self.texts == list(texts)
            raise

    def wait_for_texts(self, texts: set[str]) -> None:
        """Wait until it holds these texts, each once, in whatever order."""
        wait_until(
            lambda: sorted(self.texts) == sorted(texts),
            what=f"{self.name} holds {texts}, not {self.texts}",
        )

    def reads_any_order(self, *texts: str) -> None:
        """Wait until exactly these texts arrived, by several writers."""
        wait_until(lambda: sorted(self.texts) == sorted(texts), what=f"{self.name} reads {texts[-3:]}")

    def wait_for_answers(self, count: int) -> None:
        """Wait until so many questions were answered, by a yes or a no."""
        wait_until(
            lambda: len(self.all_of(Stored)) + len(self.all_of(QuestionFailed)) == count,
            what=f"{self.name} has {count} answers",
        )


class People:
    """A loop for everybody; all are stopped at the end."""

    def __init__(self) -> None:
        self._thread = LoopThread("people")
        self._thread.start()
        self._all: list[Person] = []

    def person(
        self,
        invite: InviteLink,
        name: str = "",
        *,
        cursor: Cursor | None = None,
        again: Person | None = None,
    ) -> Person:
        """A new person with a device of its own; or one who was here before, `again`."""
        name = name or f"Person {len(self._all) + 1}"
        person = Person(self._thread, invite, name, cursor=cursor, again=again)
        self._all.append(person)
        return person

    def leave(self, person: Person) -> None:
        """One person signs out."""
        self._all.remove(person)
        person.links.stop()

    def stop(self) -> None:
        """Everybody leaves."""
        for person in self._all:
            person.links.stop()
        self._thread.stop()
