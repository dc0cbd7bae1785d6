"""Asking and being answered: drafts and questions on the active link, and what each answer means."""

from collections.abc import Callable, Iterable
from typing import Final

from msgspec import structs

from server.client.effects import LinkEffect
from server.client.link import Link
from server.client.links import Links
from server.client.notices import (
    Answered,
    AnyNotice,
    Delayed,
    QuestionFailed,
    Refused,
    Stored,
)
from server.client.outbox import Draft, Outbox
from server.client.questions import AnyQuestion, Asked, Questions
from server.protocol import events, limits
from server.protocol.errors import Refusal
from server.protocol.events import Failed
from server.protocol.frames import encode_frame
from server.protocol.requests import Send

# A send that is refused with one of these may be stored later: it stays in the outbox.
_PASSING_FOR_SENDS: Final = frozenset(
    {
        "unknown",
        "disk_full",
        "too_many_requests",
        "shutting_down",
        "internal",
        "hello_first",
        "not_signed_in",
        "on_standby",
        # It waits for the person to sign in anew.
        "device_revoked",
        "device_expired",
        "account_disabled",
    }
)


def refusal_of(text: str, *, has_file: bool = False) -> Refusal | None:
    """Why no server would store this text; None when nothing is known against it."""
    if not text.strip() and not has_file:
        return Refusal("empty_message")
    if len(text) > limits.MESSAGE_CHARACTERS_MAX:
        return Refusal("message_too_long", {"limit": limits.MESSAGE_CHARACTERS_MAX})
    try:
        text.encode()
    except UnicodeEncodeError:
        return Refusal("bad_utf8")
    return None


class Exchange:
    """The outbox and the questions of a conversation, as far as the active link carries them."""

    def __init__(
        self, links: Links, drafts: Iterable[Draft], emit: Callable[[LinkEffect | AnyNotice], None]
    ) -> None:
        self._links = links
        self._settings = links.settings
        self._emit = emit
        self._outbox = Outbox(links.settings.window, drafts)
        self._questions = Questions()
        # The link that what is in flight went out on, and the counters of the sends by request id.
        self._served_by: Link | None = None
        self._sends: dict[int, int] = {}
        # After a refusal that passes, nothing is sent before this.
        self._sends_from = 0.0
        # When a send was last answered, or the first of those in flight went out.
        self._progress_at = 0.0

    def send(self, draft: Draft) -> None:
        """Take a draft. One that no server would store is refused here, so that none is troubled."""
        self._outbox.put(draft)
        refusal = refusal_of(draft.text, has_file=draft.file is not None)
        if refusal is not None:
            self._refuse(draft.counter, refusal.code, refusal.arguments)

    def ask(self, ticket: int, question: AnyQuestion, now: float) -> None:
        """Take a question."""
        self._questions.ask(Asked(ticket, question, now + self._settings.answer_s_max))

    def next_wake(self) -> float | None:
        """When one of the methods below has something new to do at the earliest."""
        times = [self._questions.next_deadline()]
        if self._outbox.in_flight_count:
            times.append(self._progress_at + self._settings.answer_s_max)
        if self._sends_from and self._links.active is not None:
            times.append(self._sends_from)
        return min((time for time in times if time is not None), default=None)

    def expire(self, now: float) -> None:
        """End questions whose time is up, and the link when no send is answered any more."""
        for asked in self._questions.expire(now):
            self._emit(QuestionFailed(ticket=asked.ticket, code="unknown"))
        active = self._links.active
        is_late = now >= self._progress_at + self._settings.answer_s_max
        if active is not None and active is self._served_by and self._outbox.in_flight_count and is_late:
            # It lives but answers nothing: ask the other one. The counters make that safe.
            self._emit(Delayed(retry_in_s=0.0, code="unknown"))
            self._links.give_up(active, "unknown", now)

    def write(self, now: float) -> None:
        """Send what waits, in one write. On a new link that is everything without an answer, in order."""
        active = self._links.active
        if active is not self._served_by:
            self._served_by = active
            self._outbox.recall()
            self._questions.recall()
            self._sends.clear()
        if active is None:
            return
        frames = [*self._question_frames(), *self._draft_frames(now)]
        if frames:
            self._links.write(active, b"".join(frames), now)

    def stored(self, event: events.Stored, now: float) -> None:
        """Archived; "already stored" is answered alike."""
        self._progress_at = now
        self._sends.pop(event.answer, None)
        asked = self._questions.answer(event.answer)
        if self._outbox.settle(event.counter) is not None or asked is not None:
            facts = {name: getattr(event, name) for name in ("counter", "index", "number", "copies", "room")}
            self._emit(Stored(**facts, ticket=asked.ticket if asked else 0))

    def failed(self, event: Failed, now: float) -> None:
        """A request was refused."""
        counter = self._sends.pop(event.answer, None)
        asked = self._questions.answer(event.answer)
        if asked is not None:
            failed = QuestionFailed(ticket=asked.ticket, code=event.code, arguments=event.arguments)
            self._emit(failed)
        elif counter is not None:
            self._progress_at = now
            if event.code in _PASSING_FOR_SENDS:
                self._postpone(counter, event, now)
                if event.code == "disk_full":
                    self._go_to_other(now)
            else:
                self._refuse(counter, event.code, event.arguments)

    def answered(self, event: events.AnyAnswer) -> None:
        """What was asked for."""
        asked = self._questions.answer(event.answer)
        if asked is not None:
            self._emit(Answered(ticket=asked.ticket, answer=event))

    def ticket_of(self, event: events.RoomList) -> int | None:
        """Of the question of ours that this answers."""
        asked = self._questions.answer(event.answer)
        return asked.ticket if asked is not None else None

    def _go_to_other(self, now: float) -> None:
        """This server takes nothing new for now: what waits goes out at the one that stands by, if it may."""
        active, other = self._links.active, self._links.standby
        choice = self._links.choice
        if active is None or other is None or choice.place(other.address).declined_until > now:
            return
        choice.declined(active.address, other.address, now)
        self._links.give_up(active, "disk_full", now)
        self._sends_from = 0.0

    def _question_frames(self) -> Iterable[bytes]:
        for asked in self._questions.take_waiting():
            request_id = self._links.next_request_id()
            self._questions.sent(request_id, asked)
            yield encode_frame(structs.replace(asked.question, id=request_id))

    def _draft_frames(self, now: float) -> Iterable[bytes]:
        if now < self._sends_from:
            return
        self._sends_from = 0.0
        if not self._outbox.in_flight_count:
            self._progress_at = now
        for draft in self._outbox.take_sendable():
            request_id = self._links.next_request_id()
            self._sends[request_id] = draft.counter
            request = Send(
                id=request_id,
                counter=draft.counter,
                room=draft.room,
                text=draft.text,
                time_ms=draft.time_ms,
                file=draft.file,
                reply=draft.reply,
            )
            yield encode_frame(request)

    def _refuse(self, counter: int, code: str, arguments: dict[str, str | int | float]) -> None:
        self._outbox.settle(counter)
        self._emit(Refused(counter=counter, code=code, arguments=arguments))

    def _postpone(self, counter: int, event: Failed, now: float) -> None:
        self._outbox.postpone(counter)
        if now >= self._sends_from:
            delay_s = self._settings.delay_s
            self._sends_from = now + delay_s
            self._emit(Delayed(retry_in_s=delay_s, code=event.code, arguments=event.arguments))
