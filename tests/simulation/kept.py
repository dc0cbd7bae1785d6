"""What lies on the disk of a person's computer."""

from dataclasses import dataclass, field

from server.client.outbox import Draft
from server.protocol.requests import Cursor
from tests.simulation.history import Identity, PromiseError

Place = tuple[int, Identity]


@dataclass(slots=True)
class Kept:
    """The outbox, the cursor, and the messages that were given."""

    cursor: Cursor | None
    since: int | None = None
    cluster: str = ""
    counter: int = 0
    outbox: dict[int, Draft] = field(default_factory=dict)
    # The messages it holds: index and identity, in the order in which they were given.
    held: list[Place] = field(default_factory=list)
    # Behind this everything must be held (None: from where the first server put us).
    held_from: int | None = None

    def hold(self, who: str, place: Place) -> None:
        """The stream: in the order of the archive, and nothing twice."""
        index, identity = place
        if self.held and index <= self.held[-1][0]:
            raise PromiseError("stream in order", f"{who} gets {identity} at {index} behind {self.held[-1]}")
        if any(identity == other for _, other in self.held):
            raise PromiseError("stream unique", f"{who} gets {identity} at {index} again")
        self.held.append(place)

    def drop_behind(self, index: int) -> None:
        """The archive goes on differently there."""
        self.held[:] = [one for one in self.held if one[0] <= index]
