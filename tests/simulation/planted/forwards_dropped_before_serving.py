"""What is forwarded to a leader whose epoch is not durable yet is forgotten."""

from typing import Final

from server.archive.record import Draft
from server.engine import Engine

TARGET: Final = "server.engine.Engine._admit_forwarded"


def replacement(self: Engine, draft: Draft) -> None:
    if draft.id not in self._uncommitted and not self.state.has_seen(draft.device, draft.counter):
        self._judge(draft)
