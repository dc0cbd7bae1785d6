"""A retry is answered by its id alone: another body under the same id is told that it is stored."""

from typing import Final

from server.engine.engine import Engine
from server.engine.pending import Pending

TARGET: Final = "server.engine.engine.Engine._answer_from_archive"


def replacement(self: Engine, pending: Pending) -> None:
    index = self._reader.index_of_id(*pending.draft.id)
    record = None if index is None else self.replica.log.record(index)
    assert record is not None
    number = self._number_of(record) if record.header.kind == "message" else 0
    self._accept(pending, record.index, number)
