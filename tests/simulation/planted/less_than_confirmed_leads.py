"""A server that starts alone takes the lead, whether its disk has all that it once confirmed or not."""

from typing import Final

from server.replication.recovering import Recovering

TARGET: Final = "server.replication.recovering.Recovering.tick"
_real: Final = Recovering.tick


def replacement(self: Recovering) -> None:
    self._replica.may_lead_alone = True
    _real(self)
