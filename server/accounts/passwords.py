"""Passwords: what is too weak for one, and its Argon2id hash, made and checked beside the loop.

The parameters are those of RFC 9106, section 4 (its second recommendation, for servers with little
memory): 64 MiB, three passes, four lanes. A hash takes a tenth of a second and all of that memory, so two
are made at once, a few wait, and whoever comes then is told to come again.
"""

import asyncio
import hashlib
import math
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.protocol import limits
from server.protocol.errors import Refusal

HASHES_AT_ONCE: Final = 2
HASHES_WAITING_MAX: Final = 16
_SALT_BYTES: Final = 16
# Of zxcvbn's five: 0 and 1 fall to a million guesses.
_SCORE_MIN: Final = 2
# Its effort grows with the square of the length, and with every way to read the signs that stand for letters:
# "4" and "@" for an "a", "1" for an "i" or an "l". What is long or doubtful is judged by its beginning: by 72
# characters as long as there are five readings, and by 12 of nothing but such signs.
_EFFORT_MAX: Final = 30_000
_JUDGED_CHARACTERS_MAX: Final = 72

_argon2: Final = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4, salt_len=_SALT_BYTES)

T = TypeVar("T")


class BusyError(Exception):
    """Too many passwords wait to be checked already."""


class Passwords:
    """Hashes and checks in its own threads. On a loop's thread only."""

    def __init__(self) -> None:
        self._threads: Final = ThreadPoolExecutor(HASHES_AT_ONCE, "passwords")
        self._under_way = 0
        # For a name that nobody has: checked like any other, or the time would tell.
        self._nobody = ""

    @property
    def is_busy(self) -> bool:
        """Whether there is no place for one more."""
        return self._under_way >= HASHES_AT_ONCE + HASHES_WAITING_MAX

    async def make(self, password: str, name: str, seed: bytes) -> str | Refusal:
        """The hash of a new password of this person, or why it cannot be one.

        The salt follows from the seed, so that a request that is sent again is the same to the last byte;
        the seed is as secret as the password. Raises `BusyError`.
        """
        return await self._run(lambda: weakness_of(password, name) or _hash(password, seed))

    async def make_again(self, password: str, seed: bytes) -> str:
        """The hash of a password that is in use, with today's parameters. Raises `BusyError`."""
        return await self._run(lambda: _hash(password, seed))

    def is_outdated(self, encoded: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return _argon2.check_needs_rehash(encoded)

    async def is_right(self, password: str, encoded: str) -> bool:
        """Whether it is the password behind a hash ("": there is none, which takes as long).

        Raises `BusyError`.
        """
        return await self._run(lambda: self._verify(password, encoded))

    def stop(self) -> None:
        """No more are made."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self.is_busy:
            raise BusyError
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1

    def _verify(self, password: str, encoded: str) -> bool:
        self._nobody = self._nobody or _hash("nobody", b"")
        try:
            return _argon2.verify(encoded or self._nobody, _prepared(password)) and bool(encoded)
        except (VerificationError, InvalidHashError):
            return False


def weakness_of(password: str, name: str) -> Refusal | None:
    """Why a password protects nothing: its length (in characters), or that it is guessed at once.

    No rule says what it must be made of (OWASP ASVS 5.0, 6.2). The guesses are estimated by zxcvbn,
    which knows common passwords, words, keyboard rows and dates, and the person's name.
    """
    from zxcvbn import zxcvbn  # noqa: PLC0415 (its lists are heavy, and registering is rare)

    if len(password) < limits.PASSWORD_CHARACTERS_MIN:
        return Refusal("password_too_short", {"limit": limits.PASSWORD_CHARACTERS_MIN})
    if zxcvbn(judged_part(password), user_inputs=[name])["score"] < _SCORE_MIN:
        return Refusal("password_too_common")
    return None


def judged_part(password: str) -> str:
    """The beginning that is judged: so long that the effort stays within bounds."""
    from zxcvbn.matching import L33T_TABLE  # noqa: PLC0415 (as above)

    length = 0
    for length in range(min(len(password), _JUDGED_CHARACTERS_MAX), 0, -1):
        signs = set(password[:length])
        readings = math.prod(len(signs.intersection(stand_ins)) or 1 for stand_ins in L33T_TABLE.values())
        if length**2 * readings <= _EFFORT_MAX:
            break
    return password[:length]


def _hash(password: str, seed: bytes) -> str:
    salt = hashlib.sha256(b"password salt " + seed).digest()[:_SALT_BYTES]
    return _argon2.hash(_prepared(password), salt=salt)


def _prepared(password: str) -> str:
    """Typed on another keyboard it is still the same (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password)
