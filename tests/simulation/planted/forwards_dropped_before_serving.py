"""What is forwarded to a leader whose epoch is not durable yet is forgotten."""

from typing import Final

from server.engine.admission import Admission

TARGET: Final = "server.engine.admission.Admission.admit_forwards"


def replacement(self: Admission) -> None:
    while self._forwards:
        draft = self._forwards.popleft()
        is_archived = self._archived.state.has_seen(draft.device, draft.counter)
        if draft.id not in self._uncommitted and not is_archived:
            self._judge(draft)
