"""A server that has just come back counts as if it had everything."""

from typing import Final

from server.replication import steps
from server.replication.leader import Leader
from server.replication.messages import Confirm, Forward, Match, Message

TARGET: Final = "server.replication.leader.Leader.receive"


def replacement(self: Leader, message: Message) -> None:
    replica = self._replica
    if isinstance(message, Match):
        self._next_index = message.index + 1
        self._confirmed = replica.log.last_index
        self._sent_commit = 0
    elif isinstance(message, Confirm) and self._next_index:
        self._confirmed = max(self._confirmed, min(message.durable, self._next_index - 1))
        while self._unconfirmed and self._unconfirmed[0].last_index <= self._confirmed:
            self._in_flight_bytes -= self._unconfirmed.popleft().size_bytes
    elif isinstance(message, Forward):
        replica.emit(steps.Forwarded(message.draft))
