"""The step down to one member counts before its epoch record is durable."""

from typing import Final

from server.replication.leader import Leader

TARGET: Final = "server.replication.leader.Leader._committed_index"


def replacement(self: Leader) -> int:
    replica = self._replica
    if not self.is_serving:
        return 0
    return min(replica.durable, self._confirmed) if self.is_dual else replica.durable
