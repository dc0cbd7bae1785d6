"""Chats with a past, made beforehand: devices and codes that grew old, and every limit reached.

The archives are written as those of the benchmarks are: a server cannot tell them from its own.
"""

import hashlib
import time
from collections import defaultdict
from pathlib import Path
from typing import Final, Self

import msgspec

from benchmarks.archives import Archive, folder_at
from server.accounts.passwords import _hash
from server.archive.record import Draft
from server.cluster.data_folder import DataFolder
from server.protocol import limits
from server.protocol.one_time_codes import code_hash
from server.state.bodies import (
    DeviceBody,
    EditBody,
    FileBody,
    FriendBody,
    InviteBody,
    MarksBody,
    MemberBody,
    MessageBody,
    ResetBody,
    RoomBody,
    SeenBody,
    Way,
)
from server.state.friendships import FriendAct
from server.state.invites import INVITE_MS
from server.state.state import GENERAL
from server.state.users import proof_of
from tests.commands.bad_clients import device_of

# Of everybody here, with how it is kept; and what each device shows.
PASSWORD: Final = "a long and winding road"
HASH: Final = _hash(PASSWORD, b"made")
SECRET: Final = "cd" * 32
OLD_INVITE, GOOD_INVITE = "o" * 26, "g" * 26
OLD_RESET, GOOD_RESET = "q" * 26, "r" * 26
# Behind this count the requests that are in a made archive.
MADE_BEFORE: Final = 1_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS


class MadeChat:
    """Writes into a fresh data folder. Each person has one device (`device_of`); times are before now."""

    def __init__(self, path: Path) -> None:
        self.folder: Final[DataFolder] = folder_at(path)
        self._archive: Final = Archive(self.folder, is_plain=False)
        self._now_ms: Final = time.time_ns() // 1_000_000
        # Requests that come afterwards are counted from 1.
        self._counters: Final = defaultdict[str, int](lambda: MADE_BEFORE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.snapshot()
        self._archive.__exit__(None, None, None)

    def comes(self, *names: str, ago_ms: int = 0, way: str = "") -> None:
        """New people."""
        secret = hashlib.sha256(bytes.fromhex(SECRET)).digest()
        bodies = {device_of(name): DeviceBody(id_of(name), name, secret, HASH, way=way) for name in names}
        self._archive.write(
            [self._draft("device", device, 0, body, ago_ms) for device, body in bodies.items()]
        )

    def has_more_devices(self, name: str, count: int) -> None:
        """On each of them the password was shown."""
        body = DeviceBody(id_of(name), name, bytes(32), proof=proof_of(HASH))
        self._archive.write([self._draft("device", f"{n:032x}", 0, body, 0) for n in range(1, count + 1)])

    def does(self, name: str, kind: str, *bodies: msgspec.Struct, ago_ms: int = 0) -> None:
        """What somebody does, one after the other."""
        drafts = []
        for body in bodies:
            self._counters[name] += 1
            drafts.append(self._draft(kind, device_of(name), self._counters[name], body, ago_ms))
        self._archive.write(drafts)

    def leaves_gaps(self, name: str, count: int) -> None:
        """So many counters that do not touch, each of an act that changes nothing."""
        body = MarksBody((), ())
        counters = range(2 * MADE_BEFORE, 2 * (MADE_BEFORE + count), 2)
        self._archive.write([self._draft("marks", device_of(name), counter, body, 0) for counter in counters])

    def _draft(self, kind: str, device: str, counter: int, body: msgspec.Struct, ago_ms: int) -> Draft:
        return Draft(kind, device, counter, self._now_ms - ago_ms, msgspec.msgpack.encode(body))


def make_old(path: Path) -> None:
    """A chat in which what must not be too old is so, or nearly.

    Ida's device was not used for too long, Olga's, used yesterday, was let in too long ago; that of Fay is
    nearly as old as both may be. So it is with the invites, and with the codes for a forgotten password:
    Olga's is too old, Ida's is good.
    """
    idle_ms, age_ms = limits.DEVICE_IDLE_DAYS * DAY_MS, limits.DEVICE_DAYS_MAX * DAY_MS
    reset_ms = limits.RESET_HOURS * HOUR_MS
    with MadeChat(path) as chat:
        chat.comes("Olga", ago_ms=age_ms + HOUR_MS)
        chat.comes("Fay", ago_ms=age_ms - HOUR_MS)
        chat.comes("Ida", ago_ms=idle_ms + HOUR_MS)
        chat.comes("Anna", way=Way.SETUP)
        # Written by a server, under an id of its own that is nobody's.
        chat.does("server", "seen", SeenBody(device_of("Fay")), ago_ms=idle_ms - HOUR_MS)
        chat.does("server", "seen", SeenBody(device_of("Olga")), ago_ms=DAY_MS)
        chat.does("Anna", "invite", InviteBody(code_hash(OLD_INVITE)), ago_ms=INVITE_MS + HOUR_MS)
        chat.does("Anna", "invite", InviteBody(code_hash(GOOD_INVITE)), ago_ms=INVITE_MS - HOUR_MS)
        chat.does("Anna", "reset", ResetBody(id_of("Olga"), code_hash(OLD_RESET)), ago_ms=reset_ms + HOUR_MS)
        chat.does("Anna", "reset", ResetBody(id_of("Ida"), code_hash(GOOD_RESET)), ago_ms=reset_ms - HOUR_MS)


def make_full(path: Path) -> None:
    """A chat that is full, and old: Ben and Cleo did everything as often as one may, with a thousand others.

    The files that he sent are on no disk here, and the words of the archive cannot be indexed.
    """
    guests = [f"Guest {number}" for number in range(limits.BLOCKED_MAX)]
    makers = ["Ben", *guests][: limits.ROOMS_MAX // limits.ROOMS_PER_PERSON_MAX]
    with MadeChat(path) as chat:
        chat.comes("Ida", ago_ms=(limits.DEVICE_IDLE_DAYS + 1) * DAY_MS)
        chat.comes("Anna", way=Way.SETUP)
        chat.comes("Ben", "Cleo", *guests)
        chat.does("Anna", "invite", InviteBody(code_hash(OLD_INVITE)), ago_ms=INVITE_MS + DAY_MS)
        invites = [InviteBody(code_hash(str(number))) for number in range(limits.INVITES_OPEN_MAX)]
        chat.does("Anna", "invite", *invites)
        for maker in makers:
            numbers = range(limits.ROOMS_PER_PERSON_MAX)
            chat.does(maker, "room", *(RoomBody(room_of(maker, n), f"{id_of(maker)}-{n}") for n in numbers))
        for guest in guests[: limits.ROOM_MEMBERS_MAX - 1]:
            chat.does(guest, "member", MemberBody(room_of("Ben", 0)))
        chat.has_more_devices("Ben", limits.DEVICES_PER_USER_MAX - 1)
        chat.leaves_gaps(guests[1], limits.COUNTER_RANGES_MAX)
        chat.does("Ben", "friend", *(FriendBody(id_of(guest), FriendAct.BLOCK) for guest in guests))
        asked = guests[: limits.FRIENDS_ASKED_MAX]
        chat.does("Cleo", "message", MessageBody(GENERAL, "Hello!"))
        first = device_of("Cleo"), MADE_BEFORE + 1
        edits = (EditBody(GENERAL, *first, str(number)) for number in range(limits.CHANGES_PER_PERSON_MAX))
        chat.does("Cleo", "edit", *edits)
        chat.does("Cleo", "friend", *(FriendBody(id_of(guest), FriendAct.ASK) for guest in asked))
        count = limits.FILE_BYTES_PER_PERSON_MAX // limits.FILE_BYTES_MAX
        files = (FileBody(sha256_of(number), limits.FILE_BYTES_MAX, "film.mkv") for number in range(count))
        chat.does("Ben", "message", *(MessageBody(GENERAL, "", file) for file in files))
    chat.folder.search.mkdir()


def id_of(name: str) -> str:
    """The id of a person."""
    return _digest(name).hex()[:8]


def room_of(maker: str, number: int) -> str:
    """The id of a room that somebody made."""
    return _digest(f"{maker} {number}").hex()[:16]


def sha256_of(number: int) -> str:
    """The hash of a file that Ben sent."""
    return _digest(f"film {number}").hex()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
