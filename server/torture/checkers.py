"""The checkers: what is missing, what stands twice, what is out of order, where two chains differ (pure).

They look at sequences of (device, counter), wherever these were found: at a reader, in an archive.
"""

from collections.abc import Collection, Iterable, Sequence

from server.torture.history import MessageId


def missing(expected: Iterable[MessageId], found: Collection[MessageId]) -> list[MessageId]:
    """What was expected and is not there."""
    there = set(found)
    return [message for message in expected if message not in there]


def repeated(found: Iterable[MessageId]) -> list[MessageId]:
    """What stands there again, once for each time too many."""
    seen: set[MessageId] = set()
    again: list[MessageId] = []
    for message in found:
        if message in seen:
            again.append(message)
        seen.add(message)
    return again


def disordered(found: Iterable[MessageId]) -> list[MessageId]:
    """What stands behind a later message of the same device; a repetition is no disorder."""
    newest: dict[str, int] = {}
    seen: set[MessageId] = set()
    late: list[MessageId] = []
    for device, counter in found:
        if (device, counter) in seen:
            continue
        seen.add((device, counter))
        if counter < newest.get(device, 0):
            late.append((device, counter))
        newest[device] = max(newest.get(device, 0), counter)
    return late


def disordered_beyond(found: Sequence[MessageId], merged: Collection[MessageId]) -> list[MessageId]:
    """What is out of order though no merge explains it.

    A merge moves what one side wrote behind what the other one wrote, and keeps the order of what
    it moves: whoever wrote on both sides may see the own messages in another order afterwards.
    """
    moved = [message for message in found if message in merged]
    return [message for message in disordered(found) if message not in merged] + disordered(moved)


def first_difference(left: Sequence[bytes], right: Sequence[bytes]) -> int | None:
    """The first place (from 0) at which two sequences differ, as far as both reach; None: nowhere."""
    # Not strict: the longer one may go on.
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (mine, theirs) in pairs if mine != theirs), None)
