"""Errors without an example, for what it takes: that, and the test with real processes that shows it."""

from typing import Final

# By the code: what has to happen; the file and the name of the test.
OTHER_ERRORS: Final[dict[str, tuple[str, str, str]]] = {
    "unknown": (
        "a message that cannot be stored within 30 s: with `--strict`, at a server that is alone",
        "end_to_end/test_strict_pair.py",
        "test_what_a_strict_server_cannot_store_alone_is_not_known_in_time",
    ),
    "disk_full": (
        "a message for a server whose disk is full",
        "end_to_end/test_bad_disks.py",
        "test_a_full_disk_refuses_a_message_and_takes_it_when_there_is_room",
    ),
}
