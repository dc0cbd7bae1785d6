"""The follower folds and shows what it has synced, whether the leader has committed it or not."""

from typing import Final

from server.replication import steps
from server.replication.follower import Follower
from server.replication.messages import Confirm

TARGET: Final = "server.replication.follower.Follower.settle"


def replacement(self: Follower) -> None:
    replica = self._replica
    if replica.link.is_greeted and replica.durable > self._confirmed:
        self._confirmed = replica.durable
        replica.send(Confirm(replica.link.their_session, replica.durable))
    if replica.durable > replica.commit:
        if self._leader_commit:
            replica.emit(steps.CopiesKnown(min(self._leader_commit, replica.durable)))
        replica.advance_commit(replica.durable)
