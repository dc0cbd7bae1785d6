"""The made parts of docs/security.md: the defaults that ship. As a module it writes them there."""

from typing import Final

from server.accounts import certificates, passwords, tries
from server.network.listener import ListenerLimits
from server.protocol import limits
from server.sessions import password_checks
from tests.documents.made_tables import write_tables
from tests.source_tree import PROJECT

DOCUMENT: Final = PROJECT / "docs" / "security.md"

_DEFAULTS: Final = """\
| what | default |
|---|---|
| Encryption | TLS 1.3, nothing older; plain TCP only with `--plain`, on loopback |
| Certificates | ECDSA P-256; the chat's own authority {authority_years} years, a server's \
{server_years} years, renewed by itself when a third is left |
| Newcomers | by invite: for one person, {invite_days} days, kept as its SHA-256; \
with `--open` a name is enough |
| A forgotten password | a code of an administrator: once, {reset_hours} hours |
| Passwords | {password_min} to {password_max} characters, none that is guessed at once; \
Argon2id, {argon2_mib} MiB, {argon2_passes} passes, {argon2_lanes} lanes |
| Password checks | {hashes_at_once} at once, {hashes_waiting} wait, then `busy` |
| Wrong passwords | {free_tries} free for a name and address, then {first_wait_s:g} s doubling to \
{last_wait_s:g} s; {address_failures} of one address (of IPv6 a /64) in {window_minutes:g} minutes; \
never a lock |
| New passwords | {address_new} of one address in {window_minutes:g} minutes; \
a signed-in person changes the own one at a time, at the price of {act_searches:g} searches |
| Device tokens | 32 random bytes, kept as their SHA-256, one a device, listed, revocable; \
{idle_days} days without use, {device_days} days at most |
| Strangers at once | {half_open} in all, {half_open_address} of one address (of IPv6 a /64; no limit for \
loopback); {tls_s:g} s for TLS, {sign_in_s:g} s to sign in |
| Connections | {connections} of one person at a server, standby links with them |
| Frames | {short_kib} KiB before the sign-in, raw bytes too, {long_kib} KiB after it, \
JSON {depth} levels deep |
| Messages | {characters:,} characters; {rate:g} a second of one person, {burst} at once, then that one's \
connections are read slower |
| Files | {file_mib} MiB each, {person_gib} GiB a person, {uploads} on their way at once; stored \
under the hash of their content |
| Local network | a server that listens for other computers announces itself (mDNS); \
`--no-announce` ends that |
| Data folder | for its owner alone (0700, files 0600) |"""


def all_tables() -> dict[str, str]:
    """Every made part with its name."""
    return {"defaults": defaults_table()}


def defaults_table() -> str:
    """What is on without anybody doing anything, with the numbers of the code."""
    half_open = ListenerLimits()
    return _DEFAULTS.format(
        authority_years=certificates.AUTHORITY_YEARS,
        server_years=certificates.SERVER_YEARS,
        idle_days=limits.DEVICE_IDLE_DAYS,
        device_days=limits.DEVICE_DAYS_MAX,
        invite_days=limits.INVITE_DAYS,
        reset_hours=limits.RESET_HOURS,
        password_min=limits.PASSWORD_CHARACTERS_MIN,
        password_max=limits.PASSWORD_CHARACTERS_MAX,
        argon2_mib=passwords._argon2.memory_cost // 1024,
        argon2_passes=passwords._argon2.time_cost,
        argon2_lanes=passwords._argon2.parallelism,
        hashes_at_once=passwords.HASHES_AT_ONCE,
        hashes_waiting=passwords.HASHES_WAITING_MAX,
        connections=limits.CONNECTIONS_PER_PERSON_MAX,
        free_tries=tries.FREE_TRIES,
        first_wait_s=tries._FIRST_WAIT_S,
        last_wait_s=tries._LAST_WAIT_S,
        address_failures=tries.ADDRESS_FAILURES_MAX,
        address_new=tries.ADDRESS_NEW_MAX,
        act_searches=password_checks._SEARCHES_PER_ACT,
        window_minutes=tries._ADDRESS_WINDOW_S / 60,
        half_open=half_open.half_open_max,
        half_open_address=half_open.half_open_per_address_max,
        tls_s=limits.TLS_HANDSHAKE_S_MAX,
        sign_in_s=limits.SIGN_IN_S_MAX,
        short_kib=limits.FRAME_BYTES_MAX_BEFORE_SIGN_IN // 1024,
        long_kib=limits.FRAME_BYTES_MAX // 1024,
        depth=limits.JSON_DEPTH_MAX,
        characters=limits.MESSAGE_CHARACTERS_MAX,
        rate=limits.SEND_RATE_PER_S,
        burst=limits.SEND_BURST,
        file_mib=limits.FILE_BYTES_MAX // 2**20,
        person_gib=limits.FILE_BYTES_PER_PERSON_MAX // 2**30,
        uploads=limits.UPLOADS_PER_PERSON_MAX,
    )


if __name__ == "__main__":
    write_tables(DOCUMENT, all_tables())
