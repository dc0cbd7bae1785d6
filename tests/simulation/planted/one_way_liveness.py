"""The peer counts as alive while it is heard, whether it hears us or not."""

from typing import Final

from server.replication.link import Link

TARGET: Final = "server.replication.link.Link.is_silent"


def replacement(self: Link, now: float, silence_s: float) -> bool:
    return now - self.heard_at > silence_s
