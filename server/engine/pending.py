"""The engine's requests without an answer: who waits for which of them, and for how long yet (pure)."""

import itertools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from server.archive.record import Draft
from server.engine.round import Answer, Ask, Asker
from server.protocol import limits
from server.protocol.errors import ERRORS, Refusal
from server.replication import steps

Identity = tuple[str, int]

# Of all clients together; beyond it they are told to ask again.
PENDING_BYTES_MAX: Final = 256 * 1024 * 1024
# What ends a connection and says something about the one who asked.
_FATAL_VERDICTS: Final = frozenset({"device_revoked", "account_disabled"})
# A client that reads no answers may go on sending ahead for so long before its connection is closed.
BEHIND_S: Final = limits.BLOCKED_READER_S_MAX + 10.0
# Connections of which it is remembered what a full disk refused: more than a server has in its worst minutes.
_CONNECTIONS_MAX: Final = 20_000


@dataclass(slots=True)
class Pending:
    """A request of an own client that has no answer yet."""

    draft: Draft
    digest: bytes
    askers: list[Asker]
    # How many were asked before it.
    number: int

    @property
    def size_bytes(self) -> int:
        """What it takes in memory, about."""
        return len(self.draft.body) + 500


class PendingRequests:
    """In the order in which they were asked."""

    def __init__(self) -> None:
        # Two under one id are a client's mistake, and the fold says which of them was it.
        self._by_id: dict[Identity, list[Pending]] = {}
        # Of the askers that still wait, the oldest first.
        self._deadlines: dict[Asker, tuple[float, Identity]] = {}
        self._bytes = 0
        self._last_number = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing new can be kept: without a leader nothing is settled, and people go on writing."""
        return self._bytes >= PENDING_BYTES_MAX

    def __len__(self) -> int:
        return sum(map(len, self._by_id.values()))

    def add(self, ask: Ask, now: float) -> Pending | None:
        """Keep it; None when the very same is asked already, and the asker waits with the others."""
        draft = ask.draft
        digest = draft.digest
        self._deadlines[ask.asker] = now + limits.ANSWER_S_MAX, draft.id
        rivals = self._by_id.setdefault(draft.id, [])
        for pending in rivals:
            # What a retired server brings was accepted once: it is not the same as a client's wish.
            if pending.digest == digest and (pending.draft.origin is None) == (draft.origin is None):
                pending.askers.append(ask.asker)
                return None
        self._last_number += 1
        rivals.append(pending := Pending(draft, digest, [ask.asker], self._last_number))
        self._bytes += pending.size_bytes
        return pending

    def under(self, identity: Identity) -> tuple[Pending, ...]:
        """All under one id."""
        return tuple(self._by_id.get(identity, ()))

    def waits(self, pending: Pending) -> bool:
        """Whether it has no answer yet."""
        return any(other is pending for other in self.under(pending.draft.id))

    def all(self) -> list[Pending]:
        """All of them, in the order in which they were asked."""
        found = [pending for rivals in self._by_id.values() for pending in rivals]
        return sorted(found, key=lambda pending: pending.number)

    def settle(self, pending: Pending) -> list[Asker]:
        """It has its answer: who is to be told."""
        identity = pending.draft.id
        rivals = [other for other in self._by_id.pop(identity) if other is not pending]
        if rivals:
            self._by_id[identity] = rivals
        self._bytes -= pending.size_bytes
        for asker in pending.askers:
            del self._deadlines[asker]
        return pending.askers

    def expire(self, now: float) -> list[Answer]:
        """Nobody waits for ever: an honest `unknown` after the time limit.

        The request itself stays: were it dropped, one that was written after it could overtake it.
        """
        late = itertools.takewhile(lambda item: item[1][0] <= now, self._deadlines.items())
        found = [(asker, identity) for asker, (_, identity) in late]
        for asker, identity in found:
            del self._deadlines[asker]
            for pending in self._by_id[identity]:
                if asker in pending.askers:
                    pending.askers.remove(asker)
        return [Answer(asker, *identity, refusal=Refusal("unknown")) for asker, identity in found]


class TurnedAway:
    """What a full disk refused for now: nothing that was sent behind it on the same connection overtakes it.

    A client sends ahead, hears of the refusal later, and then asks again, in order, for what it still wants.
    So what comes for the first time behind a refused request was sent ahead: it is refused as well, though
    there is room again. What comes again was sent by somebody who had heard of it, and of all before it.
    A client may also ask for nothing of that again, and only for something new, as people do with commands:
    nothing that it sends `BEHIND_S` after the disk was full was sent ahead.
    """

    def __init__(self) -> None:
        # By connection: the counters that were refused and have not come again, and until when they count;
        # the last refusal last.
        self._refused: OrderedDict[int, tuple[set[int], float]] = OrderedDict()

    def turns_away(
        self, ask: Ask, now: float, is_known: Callable[[Identity], bool], *, is_full: bool
    ) -> bool:
        """Whether a request is to be asked again later; what is known already never is."""
        if not is_full and ask.connection not in self._refused:
            return False
        if is_known(ask.draft.id):
            return False
        if not ask.connection:
            return is_full
        counter = ask.draft.counter
        refused, until = self._refused.pop(ask.connection, (set[int](), now))
        if is_full:
            until = now + BEHIND_S
        elif now >= until:
            return False
        if counter in refused:
            # What lay before it came again as well, or was given up.
            refused = {other for other in refused if other > counter}
        is_ahead = any(other < counter for other in refused)
        if is_full and not is_ahead:
            # What was sent ahead once more comes for the first time behind this refusal.
            refused.clear()
        if (is_full or is_ahead) and len(refused) < limits.REQUESTS_IN_FLIGHT_MAX:
            refused.add(counter)
        if refused:
            self._refused[ask.connection] = refused, until
            if len(self._refused) > _CONNECTIONS_MAX:
                self._refused.popitem(last=False)
        return is_full or is_ahead


def refusal_told(refused: steps.RefusedByLeader) -> Refusal:
    """What the leader says of a request; of another version it may say what is not known here."""
    kind = ERRORS.get(refused.code)
    is_verdict = kind is not None and (not kind.is_fatal or refused.code in _FATAL_VERDICTS)
    if kind is None or not is_verdict or set(kind.arguments) != set(refused.arguments):
        return Refusal("bad_request", {"reason": refused.code})
    return Refusal(refused.code, refused.arguments)
