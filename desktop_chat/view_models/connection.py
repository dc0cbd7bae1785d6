"""What the window knows of its connection and of the pair: the source of status bar and banner."""

import msgspec

from server.protocol.facts import ServerFacts, is_waiting_for_other


class ConnectionState(msgspec.Struct, frozen=True):
    """The state of the connection. `retry_at_s` is a moment of the monotonic clock."""

    is_connected: bool = False
    server: str = ""
    address: str = ""
    servers: tuple[ServerFacts, ...] = ()
    mode: str = ""
    standby: str = ""
    number: int = 0
    archive_number: int = 0
    latency_ms: float | None = None
    latency_server: str = ""
    retry_at_s: float | None = None
    reason_code: str = ""
    refusal: str = ""
    is_name_refused: bool = False
    waiting_count: int = 0
    members: int = 0
    online: int = 0

    @property
    def role(self) -> str:
        """The role of the server that we talk to."""
        return next((facts.role for facts in self.servers if facts.name == self.server), "")

    @property
    def server_latency_ms(self) -> float | None:
        """How long an answer of our server takes; None until it was measured at this one."""
        return self.latency_ms if self.latency_server == self.server else None

    @property
    def is_on_one_server(self) -> bool:
        """Whether one of the two servers is away."""
        if self.mode == "solo":
            return True
        return len(self.servers) > 1 and not all(facts.is_up for facts in self.servers)

    @property
    def is_waiting_for_other(self) -> bool:
        """Whether nothing is stored until the other server is back."""
        return is_waiting_for_other(self.mode, self.servers)

    @property
    def is_up_to_date(self) -> bool:
        """MT = MA: everything we may see was sent to us."""
        return self.is_connected and self.number >= self.archive_number
