"""What is refused to people who are signed in, each error brought about once: for docs/protocol.md."""

import hashlib
from typing import Any, Final

from server.protocol import limits
from tests.documents.speakers import Speaker, hash_of
from tests.documents.transcripts import TIME_MS

CONTENT: Final = b"Bread, milk, tea."
SHA256: Final = hashlib.sha256(CONTENT).hexdigest()


def in_rooms(anna: Speaker, ben: Speaker) -> None:
    """A room and a group of Anna's."""
    room = anna.says("create_room", name="kitchen")["room"]
    group = anna.says("create_group", name="Cooks")["room"]
    ben.fails("unknown_room", "join_room", room="cellar")
    ben.fails("not_a_member", "history", room=room)
    ben.fails("bad_room_name", "create_room", name="My kitchen!")
    ben.fails("room_name_taken", "create_room", name="kitchen")
    ben.says("join_room", room=room)
    ben.fails("already_a_member", "join_room", room=room)
    ben.fails("not_an_administrator", "set_topic", room=room, topic="Who cooks?")
    anna.fails("bad_topic", "set_topic", room=room, topic="two\nlines")
    anna.fails("unknown_person", "add_member", room=group, user="@Dora")
    anna.fails("not_yourself", "remove_member", room=group, user="@Anna")
    anna.says("add_member", room=group, user="@Ben")
    anna.fails("last_administrator", "administer", room=group, user="@Anna", is_administrator=False)
    anna.says("delete_room", room=room)
    ben.fails("deleted_room", "send", room=room, text="Where is everybody?", time_ms=TIME_MS)


def about_messages(anna: Speaker, ben: Speaker) -> None:
    """Writing, changing, finding."""
    in_general: dict[str, Any] = {"room": "general", "time_ms": TIME_MS}
    ben.fails("empty_message", "send", text=" ", **in_general)
    ben.fails("message_too_long", "send", text="x" * (limits.MESSAGE_CHARACTERS_MAX + 1), **in_general)
    first = anna.says("send", text="Hello!", **in_general)["counter"]
    message: dict[str, Any] = {"device": anna.device, "message": first}
    anna.fails("id_reuse", "send", counter=first, text="Something else", **in_general)
    ben.fails("bad_emoji", "react", emoji="no", **message)
    ben.fails("unknown_message", "edit", device=ben.device, message=1_000, text="What?")
    anna.says("delete", **message)
    ben.fails("deleted_message", "react", emoji="👍", **message)
    ben.fails("nothing_to_find", "search", text="?!")
    ben.fails("too_many_words", "search", text=" ".join("abcdefghijklmnopq"))
    ben.fails("unknown_index", "status", hash_at=1_000_000)


def about_files(ben: Speaker) -> None:
    """A file that Ben does not send as he says."""
    size = len(CONTENT)
    ben.fails("file_too_large", "begin_upload", sha256=SHA256, size=limits.FILE_BYTES_MAX + 1)
    ben.fails("unknown_file", "download", room="general", sha256=SHA256, offset=0)
    ben.fails("unknown_upload", "chunk", CONTENT, sha256=SHA256, offset=0)
    ben.says("begin_upload", sha256=SHA256, size=size)
    ben.fails("wrong_offset", "chunk", CONTENT, sha256=SHA256, offset=5)
    ben.fails("bad_packed", "chunk", CONTENT, sha256=SHA256, offset=0, is_packed=True)
    ben.fails("too_many_bytes", "chunk", CONTENT + b" Jam.", sha256=SHA256, offset=0)
    ben.says("begin_upload", sha256=SHA256, size=size)
    ben.fails("wrong_hash", "chunk", CONTENT.upper(), sha256=SHA256, offset=0)
    ben.says("begin_upload", sha256=SHA256, size=size)
    ben.says("chunk", CONTENT, sha256=SHA256, offset=0)
    file = {"sha256": SHA256, "size": size, "name": "../list.txt"}
    ben.fails("bad_file_name", "send", room="general", text="", time_ms=TIME_MS, file=file)
    for number in range(limits.UPLOADS_PER_PERSON_MAX):
        ben.says("begin_upload", sha256=hash_of(str(number)), size=size)
    ben.fails("too_many_uploads", "begin_upload", sha256=hash_of("one more"), size=size)


def among_friends(ben: Speaker, cleo: Speaker) -> None:
    """Two who are friends, and then not."""
    ben.fails("not_asked", "friend", user="@Cleo", act="accept")
    ben.says("friend", user="@Cleo", act="ask")
    ben.fails("already_asked", "friend", user="@Cleo", act="ask")
    cleo.says("friend", user="@Ben", act="accept")
    cleo.fails("already_friends", "friend", user="@Ben", act="ask")
    (friend,) = cleo.says("friends")["friends"]
    cleo.says("friend", user="@Ben", act="block")
    ben.fails("not_friends", "send", room=friend["room"], text="Why?", time_ms=TIME_MS)
    ben.fails("blocked", "friend", user="@Cleo", act="ask")
