"""A server takes the lead after a silence, whether it is a member or not."""

from typing import Final

from server.replication.follower import Follower

TARGET: Final = "server.replication.follower.Follower.is_member"
replacement: Final = property(lambda self: isinstance(self, Follower))
