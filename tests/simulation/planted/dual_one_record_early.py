"""The follower counts as level one record before it is: what it lacks of a record is thought to be there."""

from typing import Final

from server.replication.leader import Leader

TARGET: Final = "server.replication.leader.Leader._committed_index"


def replacement(self: Leader) -> int:
    replica = self._replica
    if not self.is_serving:
        return 0
    last = replica.log.spans[-1]
    both = min(replica.durable, self._confirmed + 1)
    if len(last.members) == 2:
        return both
    if replica.durable >= last.first_index:
        return replica.durable
    before = replica.log.spans[-2] if len(replica.log.spans) > 1 else last
    return both if len(before.members) == 2 else min(replica.durable, last.first_index - 1)
