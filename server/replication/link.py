"""The link to the peer: sessions, heartbeats, and who hears whom.

Alive means *I hear you and you hear me*: a detection that looks one way only waits for ever when
the cut is one way.
"""

from typing import TYPE_CHECKING

from server.replication.messages import Heartbeat, Hello, Message

if TYPE_CHECKING:
    from server.replication.replica import Replica


class Link:
    """What is known of the peer's life. Times are monotonic seconds."""

    def __init__(
        self,
        heard_at: float,
        heard_us_at: float | None = None,
        session: str = "",
        *,
        is_up: bool = False,
    ) -> None:
        self.heard_at = heard_at
        self.heard_us_at = heard_at if heard_us_at is None else heard_us_at
        self.session = session
        self.their_session = ""
        self.hello: Hello | None = None
        self.is_up = is_up
        self._beat_at = 0.0

    @property
    def is_greeted(self) -> bool:
        """Whether both have said hello."""
        return self.is_up and bool(self.their_session)

    def is_silent(self, now: float, silence_s: float) -> bool:
        """Whether one of us has not heard the other for too long."""
        return now - self.heard_at > silence_s or now - self.heard_us_at > silence_s

    def heard(self, now: float, message: Message) -> None:
        """Something came from the peer."""
        self.heard_at = now
        if isinstance(message, Heartbeat):
            self.heard_us_at = max(self.heard_us_at, now - message.heard_ms_ago / 1000)

    def forgive(self, gap_s: float, now: float) -> None:
        """This process stood still: do not count it against the peer.

        Never into the future: what came right after the pause would hide a silence as long as it.
        """
        self.heard_at = min(now, self.heard_at + gap_s)
        self.heard_us_at = min(now, self.heard_us_at + gap_s)

    def beat(self, replica: "Replica") -> None:
        """Send the heartbeat when it is due."""
        if not self.is_greeted or replica.now - self._beat_at < replica.settings.heartbeat_s:
            return
        self._beat_at = replica.now
        replica.send(
            Heartbeat(
                session=self.their_session,
                is_leader=replica.role.name == "leader",
                last_index=replica.log.last_index,
                durable=replica.durable,
                tail_hash=replica.log.last_hash,
                heard_ms_ago=max(0, round((replica.now - self.heard_at) * 1000)),
            )
        )
