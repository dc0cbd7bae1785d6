"""A client does not send again, over the next link, what was on its way when the last one broke."""

from typing import Final

from server.client.outbox import Outbox

TARGET: Final = "server.client.outbox.Outbox.recall"


def replacement(self: Outbox) -> None:
    self._put_back(self._postponed)
    self._postponed = {}
