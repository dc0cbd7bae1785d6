"""The leader forgets the follower's progress only when it is told that the link is down."""

from typing import Final

from server.replication import steps
from server.replication.link import Link
from server.replication.replica import Replica

TARGET: Final = "server.replication.replica.Replica.drop_link"


def replacement(self: Replica, reason: str) -> None:
    if self.link.is_up:
        self.link = Link(heard_at=self.link.heard_at, heard_us_at=self.link.heard_us_at)
        self.emit(steps.DropLink(reason))
