"""What rows are found by: keys that are bytes sort like what they stand for (pure).

Numbers are unsigned, of 8 bytes, big-endian; a name before one ends with a zero byte.
"""

from typing import Final

from server.archive.record import Draft, Origin, Record

# Behind the key of an id: where a merge has put it.
RE_SUBMITTED: Final = b"*"
_PLACE_BYTES: Final = 16


def number_bytes(number: int) -> bytes:
    """A number in a key or a value."""
    return number.to_bytes(8, "big")


def number_in(value: bytes) -> int:
    """The number in a value."""
    return int.from_bytes(value, "big")


def id_key(device: str, counter: int) -> bytes:
    """A request: (device, counter)."""
    return device.encode() + b"\0" + number_bytes(counter)


def change_key(device: str, counter: int, index: int) -> bytes:
    """A change of the message (device, counter), by the index of its record."""
    return id_key(device, counter) + number_bytes(index)


def changed_counter(key: bytes) -> int:
    """The counter of the message that is changed."""
    return number_in(key[-16:-8])


def change_index(key: bytes) -> int:
    """Where the record of a change stands."""
    return number_in(key[-8:])


def record_key(record: Record) -> bytes:
    """What a record is found by in `ids`."""
    return id_key(*record.id) + (RE_SUBMITTED if record.header.origin else b"")


def quarantine_key(draft: Draft) -> bytes:
    """Sorts like the log in which the request stood first; an epoch and an index name one record ever."""
    origin = draft.origin
    assert isinstance(origin, Origin), draft
    return number_bytes(origin.epoch.counter) + number_bytes(origin.index) + str(origin.epoch).encode()


def early_key(first_key: bytes, key: bytes) -> bytes:
    """Before what waits under the first key, and in the order of the own keys."""
    # An epoch begins with a digit.
    return place_in(first_key) + b"\0" + key


def place_in(key: bytes) -> bytes:
    """Where a request stood first, by such a key: of two servers in their own epochs both may have it."""
    return key[:_PLACE_BYTES]
