"""Marks, looked at whenever one is raised: they never fall, and claim nothing that no device had."""

from typing import TYPE_CHECKING, Final

from server.archive.store import StoreReader
from server.engine.round import Output
from server.state.fold import fold
from server.state.state import GENERAL, State
from tests.simulation.history import Identity, PromiseError

if TYPE_CHECKING:
    from tests.simulation.process import Process


class ReceiptAudit:
    """That of one life of a server."""

    def __init__(self, process: "Process") -> None:
        self._process: Final = process
        # The accepted messages of this log, and what was last known of the marks in it.
        self._messages: list[tuple[int, Identity]] = []
        self._delivered: dict[str, int] = {}
        self._index = process.engine.state.index
        state = State()
        for record in StoreReader(process.machine.disk.durable).all_records(last=self._index):
            told = fold(state, record).told
            if told is not None and told.number and told.audience == GENERAL:
                self._messages.append((record.index, record.id))

    def look(self, output: Output) -> None:
        """What a round brought."""
        if output.position is not None and output.position.index < self._index:
            # The log was cut: marks behind the fork go back with it.
            self._messages = [one for one in self._messages if one[0] <= output.position.index]
            self._delivered = {}
        self._messages += [
            (item.record.index, item.record.id)
            for item in output.published
            if item.told.number and item.told.audience == GENERAL
        ]
        if output.position is not None:
            self._index = output.position.index
        # What is told now may be cut from the engine's state already: the next output brings that.
        is_cut = self._process.engine.state.index < self._index
        if output.marked and not is_cut and not self._process.world.history.liars:
            self._check(output.marked)

    def _check(self, users: set[str]) -> None:
        world, state = self._process.world, self._process.engine.state
        world.history.seen["marks raised"] += 1
        had: dict[str, set[Identity]] = {}
        for person in world.people:
            device = state.devices.get(person.device)
            if device is not None:
                had.setdefault(device.user, set()).update(person.had)
        for user in sorted(users):
            delivered = state.marks.delivered[user]
            mark = state.marks.of_member(GENERAL, user)
            if delivered < self._delivered.get(user, 0) or mark.read > delivered:
                raise PromiseError("marks", f"{user}: {delivered}, read {mark.read}, was {self._delivered}")
            self._delivered[user] = delivered
            claimed = {identity for index, identity in self._messages if mark.joined < index <= delivered}
            lacking = sorted(claimed - had.get(user, set()))
            if lacking:
                what = f"{self._process.name} says that {user} has everything up to {delivered}"
                raise PromiseError("no receipt wrong", f"{what}; no device had {lacking[:5]}")
