"""A leader whose link is gone, if only for a moment, counts its own disk alone, without a new epoch."""

from typing import Final

from server.replication.leader import Leader

TARGET: Final = "server.replication.leader.Leader._committed_index"
_real: Final = Leader._committed_index


def replacement(self: Leader) -> int:
    replica = self._replica
    return _real(self) if replica.link.is_greeted or not self.is_serving else replica.durable
