"""A request leaves the quarantine when it is handed to the winner, not when it is archived there."""

from typing import Final

from server.engine.engine import Engine
from server.engine.round import EngineInput, Output

TARGET: Final = "server.engine.engine.Engine.handle"
_real: Final = Engine.handle


def replacement(self: Engine, inputs: list[EngineInput], now: float, time_ms: int) -> Output:
    output = _real(self, inputs, now, time_ms)
    for identity in sorted(self._resubmission._in_flight):
        self._derived.release(identity)
    write = self._derived.write()
    if write is not None:
        output.writes.append((0, write))
    return output
