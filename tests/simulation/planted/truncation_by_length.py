"""The longer log wins, and the other one is cut to fit without a look at what it holds."""

from typing import Final

from server.replication import steps
from server.replication.failover import fork_index
from server.replication.follower import Follower
from server.replication.messages import Hello
from server.replication.replica import Replica

TARGET: Final = "server.replication.replica.Replica._greet"


def replacement(self: Replica, theirs: Hello) -> None:
    self.link.their_session = theirs.session
    self.link.heard_at = self.link.heard_us_at = self.now
    mine = self._facts()
    if (mine.last_index, mine.server) > (theirs.last_index, theirs.server):
        self.lead()
        return
    fork = fork_index(mine, theirs)
    self.role = follower = Follower(self, theirs, fork)
    self.log.cut(fork)
    self.commit = min(self.commit, fork)
    self.emit(steps.Rewound(fork, ()))
    self.persist((), cut_to=fork)
    follower.offer_match()
