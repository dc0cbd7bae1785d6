"""A retry is told that it is stored as soon as the first try is in the log, committed or not."""

from typing import Final

from server.engine.engine import Engine
from server.engine.pending import Pending
from server.replication.leader import Leader

TARGET: Final = "server.engine.engine.Engine._admit"


def replacement(self: Engine, pending: Pending) -> None:
    draft = pending.draft
    log = self.replica.log
    tail = [log.record(index) for index in range(self.state.index + 1, log.last_index + 1)]
    found = next((record for record in tail if record is not None and record.id == draft.id), None)
    if self.state.has_seen(draft.device, draft.counter):
        self._answer_from_archive(pending)
    elif found is not None:
        self._accept(pending, found.index, self.state.number + 1)
    elif isinstance(self.replica.role, Leader):
        refusal = None if draft.id in self._uncommitted else self._judge(draft)
        if refusal is not None:
            self._refuse(pending, refusal)
    else:
        self._proposals.append(draft)
