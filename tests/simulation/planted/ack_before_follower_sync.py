"""The follower confirms what it has received, before it is synced."""

from typing import Final

from server.replication.follower import Follower
from server.replication.messages import Confirm

TARGET: Final = "server.replication.follower.Follower.settle"
_real: Final = Follower.settle


def replacement(self: Follower) -> None:
    replica = self._replica
    last = replica.log.last_index
    if replica.link.is_greeted and last > self._confirmed:
        self._confirmed = last
        replica.send(Confirm(replica.link.their_session, last))
    _real(self)
