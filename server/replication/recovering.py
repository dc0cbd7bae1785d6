"""Recovering: a server that does not know yet whether the other one has more.

A strict server comes back to it whenever it has lost the other one: alone it accepts nothing.
"""

from typing import TYPE_CHECKING, Final

from server.archive.record import Draft, Record
from server.replication.messages import Message

if TYPE_CHECKING:
    from server.replication.replica import Replica


class Recovering:
    """Waits for the peer; leads alone when it does not come, unless it was told never to."""

    name: Final = "recovering"
    mode: Final = "waiting"
    is_serving: Final = False
    has_caught_up: Final = False
    met_end: Final = 0
    is_behind: Final = False

    def __init__(self, replica: "Replica", *, since: float, may_lead_at_once: bool) -> None:
        self._replica = replica
        self._since = since
        self._may_lead_at_once = may_lead_at_once

    def tick(self) -> None:
        """Lead when nothing speaks against it, or when the wait is over."""
        replica = self._replica
        if replica.link.is_up and replica.link.is_silent(replica.now, replica.settings.silence_s):
            replica.drop_link("silence")
        if not replica.may_lead_alone:
            # What it lost, the other one may have; alone it would go on without.
            replica.raise_alarm("lacks_confirmed")
        elif not replica.settings.leads_alone:
            if not replica.link.is_up and replica.now - self._since > replica.settings.silence_s:
                replica.raise_alarm("waiting_for_peer")
        elif (self._may_lead_at_once or not replica.peer) and not replica.link.is_up:
            # With a link the handshake decides: the peer may have taken the lead in the meantime.
            replica.lead()
        elif self._has_waited() and replica.log.spans:
            # A server that never had anything of the archive does not lead: it would begin another.
            replica.raise_alarm("may_lack_messages")
            replica.lead()

    def _has_waited(self) -> bool:
        replica = self._replica
        return replica.now - self._since > replica.settings.boot_wait_s and not replica.link.is_up

    def forgive(self, gap_s: float) -> None:
        """A pause of this process is no time for the peer to come."""
        self._since = min(self._replica.now, self._since + gap_s)

    def receive(self, message: Message) -> None:
        """Nothing is meant for a server that has not chosen a side."""

    def propose(self, drafts: tuple[Draft, ...]) -> None:  # noqa: ARG002 - the shape of a role
        """Requests wait outside until there is a leader."""
        raise AssertionError("a recovering server was asked to propose")

    def loaded(self, records: tuple[Record, ...]) -> None:
        """A leader's load that came too late."""

    def link_down(self) -> None:
        """The wait goes on."""

    def peer_died(self) -> None:
        """It may come back within the wait."""

    def peer_replaced(self) -> None:
        """The new one has less: it will follow, when it comes."""

    def settle(self) -> None:
        """Nothing to send."""
