"""What is forwarded to a leader whose epoch is not durable yet is forgotten."""

from typing import Final

from server.engine.engine import Engine

TARGET: Final = "server.engine.engine.Engine._admit_forwards"


def replacement(self: Engine) -> None:
    while self._forwards:
        draft = self._forwards.popleft()
        if draft.id not in self._uncommitted and not self.state.has_seen(draft.device, draft.counter):
            self._judge(draft)
