"""The follower folds and shows what it has synced, whether the leader has committed it or not."""

from typing import Final

from server.replication.follower import Follower

TARGET: Final = "server.replication.follower.Follower.settle"
_real: Final = Follower.settle


def replacement(self: Follower) -> None:
    _real(self)
    self._replica.advance_commit(self._replica.durable)
