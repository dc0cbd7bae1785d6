"""A promoted server goes on at once, before the record of its epoch is synced."""

from typing import Final

from server.replication.leader import Leader

TARGET: Final = "server.replication.leader.Leader._committed_index"


def replacement(self: Leader) -> int:
    replica = self._replica
    both = min(replica.durable, self._confirmed)
    return both if self.is_dual else replica.durable
