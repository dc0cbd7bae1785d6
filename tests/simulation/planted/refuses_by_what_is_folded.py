"""A leader refuses by what it has folded, whatever else its log holds."""

from typing import Final

from server.engine.admission import Admission
from server.engine.deferred import Deferred

TARGET: Final = "server.engine.admission.Admission._decide"


def replacement(self: Admission, asked: Deferred) -> None:
    refusal = self._judge(asked.draft)
    if refusal is not None:
        self._refuse(asked, refusal)
