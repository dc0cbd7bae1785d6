"""Requests of every kind, drawn at random from few people, rooms and names, so that they meet.

A new kind of record whose body has a field of another name fails here until it has values to be drawn from.
"""

import typing
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from server.archive.record import Draft
from server.protocol.administration import Standing
from server.state.bodies import FileBody, FriendBody, MessageBody, PersonMarks, Way
from server.state.fold import KINDS
from server.state.friendships import FriendAct, private_room
from tests.state.archive_of import EPOCH, act, epoch, merged

_DEVICES: Final = st.sampled_from("defg")
_PEOPLE: Final = st.sampled_from(["user-d", "user-e", "user-f", "user-g", "nobody"])
_ROOMS: Final = st.sampled_from(["general", "r1", "r2", "g1", private_room("user-d", "user-e"), "nowhere"])
_COUNTERS: Final = st.integers(1, 12)
_INDICES: Final = st.integers(0, 40)
_SHA256: Final = st.sampled_from(["", "a" * 64, "b" * 64])
_MARKS: Final = st.builds(PersonMarks, _PEOPLE, _INDICES, _INDICES, st.tuples(st.tuples(_ROOMS, _INDICES)))

# By the name of the field.
_VALUES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "act": st.sampled_from([*FriendAct, "hug"]),
    "code": st.sampled_from([b"", b"h"]),
    "counter": _COUNTERS,
    "device": _DEVICES,
    "device_name": st.just(""),
    "emoji": st.sampled_from(["🎄", "x"]),
    "file": st.none() | st.builds(FileBody, st.just("a" * 64), st.integers(0, 9), st.just("a.txt")),
    "hash": st.just(b"h"),
    "is_administrator": st.booleans(),
    "is_on": st.booleans(),
    "members_invite": st.none() | st.booleans(),
    "one_device": st.none() | st.booleans(),
    "name": st.sampled_from(["garden", "attic", "Ben", "Cleo", ""]),
    "password": st.sampled_from(["", "a hash"]),
    "people": st.lists(
        st.builds(PersonMarks, _PEOPLE, _INDICES, _INDICES, st.tuples(st.tuples(_ROOMS, _INDICES))),
        max_size=2,
    ).map(tuple),
    "proof": st.just(b""),
    "reply": st.none() | st.tuples(_DEVICES, _COUNTERS),
    "room": _ROOMS,
    "secret_hash": st.just(b"secret"),
    "send_rate_per_s": st.none() | st.just(1.0),
    "sha256": _SHA256,
    "standing": st.sampled_from([*typing.get_args(Standing), "away"]),
    "text": st.sampled_from(["hello", ""]),
    "topic": st.sampled_from(["weeds", ""]),
    "trail": st.just(((EPOCH, 30),)),
    "user": _PEOPLE,
    "users": st.lists(_PEOPLE, max_size=2).map(tuple),
    "way": st.sampled_from(["", *Way, "magic"]),
}


def _requests(kind: str) -> st.SearchStrategy[Draft]:
    fields = {field.name: _VALUES[field.name] for field in msgspec.structs.fields(KINDS[kind].body)}
    bodies = st.builds(KINDS[kind].body, **fields)
    counters = st.just(0) if kind == "device" else _COUNTERS
    return st.builds(
        lambda counter, body, name: act(kind, counter, body, name=name), counters, bodies, _DEVICES
    )


def _either(draft: Draft, is_merged: bool) -> Draft:
    return merged(draft, "user-d") if is_merged else draft


def _between(pair: tuple[str, str], what: str) -> Draft:
    device, other = pair
    if what == "write":
        chat = private_room(f"user-{device}", f"user-{other}")
        return act("message", 1, MessageBody(chat, "psst"), name=device)
    return act("friend", 1, FriendBody(f"user-{other}", what), name=device)


ANY_REQUEST: Final = st.one_of([_requests(kind) for kind in KINDS])
# What goes on between two people, and in their private chat.
_PAIRS: Final = st.sampled_from([("e", "f"), ("f", "e")])
BETWEEN_TWO: Final = st.builds(_between, _PAIRS, st.sampled_from(["write", "write", *FriendAct]))
ANY_STEP: Final = st.one_of(st.builds(_either, ANY_REQUEST, st.booleans()), st.builds(epoch))
