"""The times of the pair, in seconds, each with its reason; and how cautious it is."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """When the peer counts as dead, slow, level; how long a lonely start waits.

    `wait_for_peer`: a server that starts never leads before it has met the other one. `strict`:
    nothing is ever committed with one copy, so a server without the other one accepts nothing.
    """

    # Five in a silence limit: one lost heartbeat means nothing.
    heartbeat_s: float = 0.2
    # Longer than any pause of a healthy disk or scheduler; a false alarm is safe.
    silence_s: float = 1.0
    # A tick that comes this late means that this process itself stood still.
    pause_s: float = 0.5
    # A follower that is heard but does not confirm holds up everybody's acknowledgements.
    confirm_s: float = 1.5
    # After such a slowness it must have been quick for this long to count again.
    quick_s: float = 5.0
    # A server that starts alone waits this long for one that may know more.
    boot_wait_s: float = 10.0
    # A learner this close is level within one round trip: its confirmation of the new epoch
    # record is what makes it a member, so nothing hangs on the number but a short wait.
    level_records: int = 256
    # A follower folds as many in a fraction of a second; its clients do not notice less.
    behind_records: int = 5_000
    # Records on their way to the follower at most; the rest waits in the log. About 20,000 short
    # messages, which a follower folds in a few tenths of a second: with four times as many, one that
    # had 100,000 to catch up with looked slow or silent, and took three times as long.
    in_flight_bytes: int = 4 * 1024 * 1024
    # One message to the follower at most (the wire allows 8 MiB).
    append_bytes: int = 1024 * 1024
    wait_for_peer: bool = False
    strict: bool = False

    @property
    def leads_alone(self) -> bool:
        """Whether a server that has just started may lead without the other one."""
        return not (self.wait_for_peer or self.strict)
