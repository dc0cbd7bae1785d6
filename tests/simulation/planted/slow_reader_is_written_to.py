"""A client that takes nothing is written to all the same: what waits for it grows without a bound."""

from typing import Final
from unittest import mock

from server.sessions.delivery import Delivery
from server.sessions.reader import Reader

TARGET: Final = "server.sessions.delivery.Delivery.flush"
_real: Final = Delivery.flush


def replacement(self: Delivery, reader: Reader) -> None:
    outlet, reader.outlet = reader.outlet, mock.Mock(is_paused=False, write=reader.outlet.write)
    try:
        _real(self, reader)
    finally:
        reader.outlet = outlet
