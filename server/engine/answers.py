"""What own clients are told of their requests: place, refusal, and on how many disks it is (pure)."""

from collections.abc import Iterable
from typing import Final

from server.engine.archived import Place
from server.engine.pending import Pending, PendingRequests
from server.engine.round import Answer, Ask
from server.protocol.errors import Refusal


class Answers:
    """Who waits, and what was said in this round.

    `single_index`: up to here anybody may have been told "one copy".
    """

    def __init__(self, single_index: int, *, is_strict: bool) -> None:
        self.pending: Final = PendingRequests()
        # Everything up to here is known to be on both disks.
        self.copies_index = 0
        self._single_index = single_index
        self._is_strict: Final = is_strict
        self._held: list[Pending] = []
        self._said: list[Answer] = []

    def give(self, pending: Pending, verdict: Place | Refusal) -> None:
        """There is a verdict on a request: tell everybody who asked, or hold it until it may be told."""
        if isinstance(verdict, Refusal):
            self._said.extend(
                Answer(asker, *pending.draft.id, refusal=verdict) for asker in self.pending.settle(pending)
            )
            return
        copies = 2 if verdict.index <= self.copies_index else 1
        if copies == 1 and self._is_strict:
            # Asked again, for something that this server does not know to be on both disks yet.
            self._held.append(pending)
            return
        if copies == 1:
            self._single_index = max(self._single_index, verdict.index)
        self._said.extend(
            Answer(asker, *pending.draft.id, index=verdict.index, number=verdict.number, copies=copies)
            for asker in self.pending.settle(pending)
        )

    def turn_away(self, ask: Ask, refusal: Refusal) -> None:
        """It is not even kept."""
        self._said.append(Answer(ask.asker, *ask.draft.id, refusal=refusal))

    def expire(self, now: float) -> None:
        """Nobody waits for ever."""
        self._said.extend(self.pending.expire(now))

    def know_copies(self, index: int) -> bool:
        """So much is on both disks; whether anybody was told "one copy" of what has two now."""
        was, self.copies_index = self.copies_index, max(self.copies_index, index)
        return self._single_index > was

    def copies_lost(self) -> None:
        """What was on two disks is on one again."""
        self.copies_index = 0

    def forget_held(self) -> None:
        """All that waits is admitted anew."""
        self._held = []

    def freed(self) -> Iterable[Pending]:
        """What was held for its second copy: to be looked up again."""
        held, self._held = self._held, []
        return held

    def rewind(self, index: int) -> None:
        """What this round was about to tell of records behind a cut is not so any more."""
        self.copies_index = min(self.copies_index, index)
        self._held = []
        self._said = [
            answer
            if answer.index <= index
            else Answer(answer.asker, answer.device, answer.counter, refusal=Refusal("unknown"))
            for answer in self._said
        ]

    def take(self) -> list[Answer]:
        """All that was said since the last time."""
        said, self._said = self._said, []
        return said
