"""The error codes of the wire: each with the arguments it carries and what it means.

The server sends codes, never sentences: the client makes the sentence in the person's language.
`docs/protocol.md` is checked against this table, and so are the clients' catalogues.
"""

from typing import Final

import msgspec


class ErrorKind(msgspec.Struct, frozen=True):
    """What a code means: its arguments by name, and whether the connection ends with it."""

    meaning: str
    arguments: tuple[str, ...] = ()
    is_fatal: bool = False


ERRORS: Final[dict[str, ErrorKind]] = {
    # The frame itself.
    "frame_too_long": ErrorKind("The line is longer than allowed.", ("limit",), is_fatal=True),
    "bad_utf8": ErrorKind("The line is not valid UTF-8."),
    "bad_json": ErrorKind("The line is not one JSON object."),
    "too_deep": ErrorKind("The JSON nests deeper than allowed.", ("limit",)),
    "bad_request": ErrorKind("A field is missing, unknown or of a wrong type.", ("reason",)),
    "unknown_request": ErrorKind("There is no request of this name.", ("request",)),
    "bad_bytes": ErrorKind("The number of raw bytes is not allowed here.", ("limit",), is_fatal=True),
    "unexpected_bytes": ErrorKind("This request carries no raw bytes; they were read and dropped."),
    "frame_too_slow": ErrorKind("A started line did not end in time.", is_fatal=True),
    # The conversation.
    "hello_first": ErrorKind("The first request must be `hello`."),
    "hello_again": ErrorKind("`hello` was already said."),
    "unsupported_version": ErrorKind("No common protocol version.", ("versions",), is_fatal=True),
    "not_signed_in": ErrorKind("This needs a sign-in first."),
    "already_signed_in": ErrorKind("This connection is signed in already."),
    "on_standby": ErrorKind("This connection is a standby: `activate` it first."),
    "too_slow_to_sign_in": ErrorKind("Nobody signed in within the time.", ("limit_s",), is_fatal=True),
    "too_many_requests": ErrorKind("Too many requests wait for their answer.", ("limit",)),
    # Signing in.
    "bad_name": ErrorKind("The name is not allowed.", ("name",)),
    "wrong_secret": ErrorKind("This device is known with another secret."),
    "wrong_person": ErrorKind("This device belongs to another name.", ("name",)),
    "name_taken": ErrorKind("Somebody has this name.", ("name",)),
    "password_needed": ErrorKind("This name has a password: a new device must show it."),
    "wrong_password": ErrorKind("There is nobody of this name with this password."),
    "password_too_short": ErrorKind("The password is too short.", ("limit",)),
    "password_too_common": ErrorKind("The password is guessed at once."),
    "too_many_tries": ErrorKind(
        "Too many passwords for this name or from here: wait before the next.", ("retry_s",)
    ),
    "busy": ErrorKind("The server checks as many passwords as it can: try again.", ("retry_s",)),
    "device_revoked": ErrorKind(
        "This device was signed out for good: sign in anew, as another device.", is_fatal=True
    ),
    "device_expired": ErrorKind(
        "This device was not used for too long, or is known for too long: sign in anew, as another one.",
        is_fatal=True,
    ),
    "account_disabled": ErrorKind("An administrator has disabled this account.", is_fatal=True),
    "unregistered": ErrorKind("This person has left the chat for good.", is_fatal=True),
    "invite_needed": ErrorKind("A new name needs an invite here."),
    "bad_invite": ErrorKind("There is no such invite, or it was taken back."),
    "invite_used": ErrorKind("Somebody has used this invite."),
    "invite_expired": ErrorKind("The invite was not used in time."),
    "setup_done": ErrorKind("The chat has its first administrator: the setup code is used up."),
    "bad_reset": ErrorKind("This name has no reset with this code, or no longer."),
    "unknown_device": ErrorKind("The person has no such device.", ("device",)),
    "too_many_devices": ErrorKind("This name has too many devices.", ("limit",)),
    "too_many_gaps": ErrorKind("The device left out too many counters: sign in as another one.", ("limit",)),
    "too_many_connections": ErrorKind(
        "The person has too many connections to this server.", ("limit", "retry_s")
    ),
    "server_full": ErrorKind("Both servers are full.", ("retry_s",)),
    # What is asked of the archive.
    "empty_message": ErrorKind("The message has no text."),
    "message_too_long": ErrorKind("The message is too long.", ("limit",)),
    "unknown_message": ErrorKind("There is no such message."),
    "deleted_message": ErrorKind("The message was deleted."),
    "too_many_changes": ErrorKind("The message was edited, or reacted to, too often.", ("limit",)),
    "bad_emoji": ErrorKind("This cannot be put to a message: one emoji can."),
    "unknown_room": ErrorKind("There is no such room.", ("room",)),
    "deleted_room": ErrorKind("The room was deleted.", ("room",)),
    "not_a_member": ErrorKind("Only members of the room may do this.", ("room",)),
    "bad_room_name": ErrorKind("The name is not allowed for a room.", ("name",)),
    "room_name_taken": ErrorKind("A room of this name exists.", ("name",)),
    "already_a_member": ErrorKind("The person is a member already.", ("room",)),
    "too_many_rooms": ErrorKind("There are too many rooms.", ("limit",)),
    "too_many_own_rooms": ErrorKind("This person has made too many rooms and groups.", ("limit",)),
    "room_full": ErrorKind("The room has too many members.", ("limit",)),
    "bad_topic": ErrorKind("The topic is too long, or not one line.", ("limit",)),
    "not_an_administrator": ErrorKind("Only administrators of the room may do this.", ("room",)),
    "last_administrator": ErrorKind("The room needs an administrator: name another one first.", ("room",)),
    "unknown_person": ErrorKind("There is no such person here.", ("user",)),
    "has_left": ErrorKind("The person has left the chat for good.", ("user",)),
    "not_yourself": ErrorKind("This is about others, not about oneself."),
    "not_friends": ErrorKind("Only friends may do this: ask first."),
    "already_friends": ErrorKind("The two are friends already."),
    "already_asked": ErrorKind("The person was asked already.", ("user",)),
    "not_asked": ErrorKind("The person has not asked.", ("user",)),
    "too_many_asked": ErrorKind("Too many people were asked and have not answered.", ("limit",)),
    "blocked": ErrorKind("The person does not want this.", ("user",)),
    "too_many_blocked": ErrorKind("This person has blocked too many.", ("limit",)),
    "id_reuse": ErrorKind("This counter was used for something else.", ("counter",)),
    "unknown_index": ErrorKind("The archive does not reach to this index.", ("index",)),
    "nothing_to_find": ErrorKind("There is no word in what is to be found."),
    "too_many_words": ErrorKind("There are too many words in what is to be found.", ("limit",)),
    "index_not_ready": ErrorKind(
        "The server is still learning which words the messages have: try again.", ("percent",)
    ),
    "last_chat_administrator": ErrorKind("The chat needs one administrator at least."),
    "too_many_invites": ErrorKind("Too many invites of this person wait to be used.", ("limit",)),
    "forbidden": ErrorKind("This is not allowed here."),
    # Files.
    "file_too_large": ErrorKind("The file is larger than allowed.", ("limit",)),
    "quota_exceeded": ErrorKind("The files of this person take too much.", ("limit",)),
    "too_many_uploads": ErrorKind("The person sends too many files at once.", ("limit",)),
    "unknown_upload": ErrorKind("Nothing of this file is expected here: `begin_upload` first.", ("sha256",)),
    "wrong_offset": ErrorKind("The chunk does not follow what has come.", ("received",)),
    "too_many_bytes": ErrorKind("More came than the file was said to have.", ("limit",)),
    "wrong_hash": ErrorKind("The file is another one than was said: nothing of it is kept.", ("sha256",)),
    "bad_packed": ErrorKind("The chunk is no zstd frame that may be unpacked.", ("reason",)),
    "bad_file_name": ErrorKind("The name is not allowed for a file.", ("name",)),
    "unknown_file": ErrorKind("This file is not here for this person, whole and of this size.", ("sha256",)),
    "file_on_its_way": ErrorKind("This server does not have the file yet: ask again soon.", ("sha256",)),
    # The state of the servers.
    "unknown": ErrorKind("It is not known whether this was done: ask again with the same counter."),
    "disk_full": ErrorKind("The server's disk is full: nothing new can be stored."),
    "shutting_down": ErrorKind("The server is stopping.", is_fatal=True),
    "catching_up": ErrorKind(
        "The server learns what it missed: go on at the other one meanwhile.", is_fatal=True
    ),
    "merged": ErrorKind("A merge gave this device to another person: sign in again.", is_fatal=True),
    "silent": ErrorKind("Nothing was heard for too long.", ("limit_s",), is_fatal=True),
    "internal": ErrorKind("The server made a mistake; it is in its log.", is_fatal=True),
}


class Refusal(msgspec.Struct, frozen=True):
    """A code of `ERRORS` with its arguments: refusals are data, not exceptions."""

    code: str
    arguments: dict[str, str | int | float] = {}

    def __post_init__(self) -> None:
        kind = ERRORS[self.code]
        assert set(self.arguments) == set(kind.arguments), (self.code, self.arguments)

    @property
    def is_fatal(self) -> bool:
        """Whether the connection is closed after this was told."""
        return ERRORS[self.code].is_fatal


class RemoteProtocolError(Exception):
    """The other side broke the protocol in a way that ends the connection."""
