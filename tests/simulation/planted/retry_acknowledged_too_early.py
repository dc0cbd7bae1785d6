"""A retry is told that it is stored as soon as the first try is in the log, committed or not."""

from typing import Final

from server.engine.admission import Admission
from server.engine.archived import Place
from server.engine.pending import Pending
from server.replication.leader import Leader

TARGET: Final = "server.engine.admission.Admission.admit"


def replacement(self: Admission, pending: Pending) -> None:
    draft = pending.draft
    log, state = self._replica.log, self._archived.state
    tail = self._archived.records(state.index + 1, log.last_index)
    found = next((record for record in tail if record.id == draft.id), None)
    if state.has_seen(draft.device, draft.counter):
        self.answer_from_archive(pending)
    elif found is not None:
        self._answers.give(pending, Place(found.index, state.number + 1))
    elif isinstance(self._replica.role, Leader):
        refusal = None if draft.id in self._uncommitted else self._judge(draft)
        if refusal is not None:
            self._answers.give(pending, refusal)
    else:
        self._proposals.append(draft)
