"""A record counts as durable when it is handed to the disk."""

from typing import Final

from server.archive.record import Record
from server.replication import steps
from server.replication.replica import Replica

TARGET: Final = "server.replication.replica.Replica.persist"


def replacement(self: Replica, records: tuple[Record, ...], cut_to: int | None = None) -> None:
    self._last_ticket += 1
    self._tickets[self._last_ticket] = self.log.last_index
    self.durable = self.log.last_index
    self.emit(steps.Persist(self._last_ticket, records, cut_to))
