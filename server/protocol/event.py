"""What every event has."""

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", omit_defaults=True):
    """What every event has."""

    answer: int = 0
    bytes: int = 0


class Happening(Event, frozen=True, kw_only=True):
    """Something that happened in the archive, at `index`; an app gets it once, and in order.

    `by` is the request that did it: (device, counter), which a merge does not change.
    """

    index: int
    by: tuple[str, int]
