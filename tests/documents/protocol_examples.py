"""The examples of docs/protocol.md: a few people talk to one real server; as a module it writes them there.

Anna has the setup code, Ben and Cleo come by invite. Each line in the document was sent or received here; for
what only a pair of servers tells, the other one is played.
"""

import contextlib
import hashlib
from typing import Final

import msgspec

from tests.commands.bad_clients import device_of
from tests.documents.made_tables import write_tables
from tests.documents.protocol_refusals import refusals
from tests.documents.protocol_tables import DOCUMENT
from tests.documents.speakers import PASSWORD, Speaker, hash_of, served
from tests.documents.transcripts import TIME_MS, Transcript
from tests.documents.two_servers import told_by_two
from tests.waiting import wait_until

ANNA, BEN = device_of("Anna"), device_of("Ben")
PHONE: Final = device_of("Ben's phone")
CONTENT: Final = b"Bread, milk, tea."
SHA256: Final = hashlib.sha256(CONTENT).hexdigest()


def all_examples() -> dict[str, str]:
    """An example of each request and event, by the name of its struct; and what is refused, as `errors`."""
    transcript = Transcript()
    for event in told_by_two():
        transcript.note(type(event), transcript.written("<", msgspec.to_builtins(event)))
    served(Conversation, transcript)
    return {**transcript.examples, "errors": refusals()}


class Conversation:
    """What the people do, part by part."""

    def __init__(self, port: int, setup: str, transcript: Transcript) -> None:
        self._port = port
        self._transcript = transcript
        # Who connects must sign in soon: each comes when it is time.
        with contextlib.ExitStack() as self._connections:
            self._they_come(setup)
            self._they_write()
            self._they_read()
            self._they_change_what_they_wrote()
            self._they_send_a_file()
            self._they_make_a_room()
            self._they_make_a_group()
            self._they_become_friends()
            self._ben_has_two_devices()
            self._anna_administers()
            self._dora_leaves_for_good()
            self._ben_goes()

    def _person(self, name: str, device: str = "") -> Speaker:
        return Speaker(self._port, name, self._transcript, device)

    def _they_come(self, setup: str) -> None:
        self.anna = self._newcomer("Anna", setup)
        self.ben, self.cleo = self._invited("Ben"), self._invited("Cleo")
        self.anna.hears("presence", members=3, online=3)
        address = f"127.0.0.1:{self._port}"
        self.anna.hears("servers", servers=[{"name": "a", "address": address, "role": "leader", "users": 3}])

    def _invited(self, name: str) -> Speaker:
        code = name[0].lower() * 26
        self.anna.says("create_invite", hash=hash_of(code))
        person = self._newcomer(name, code)
        self.anna.hears("room_joined", room="general", name=name)
        return person

    def _newcomer(self, name: str, code: str) -> Speaker:
        person = self._connections.enter_context(self._person(name))
        person.comes(password=PASSWORD, register=True, device_name=f"{name}'s laptop", code=code)
        return person

    def _they_write(self) -> None:
        anna, ben = self.anna, self.ben
        anna.says("send", room="general", text="Hello @Ben, tea at four?", time_ms=TIME_MS)
        ben.hears("messages")
        ben.says("typing", room="general")
        anna.hears("typing")
        ben.says("send", room="general", text="Gladly.", time_ms=TIME_MS + 60_000, reply=(ANNA, 3))

    def _they_read(self) -> None:
        anna, ben = self.anna, self.ben
        cursor = ben.hears("position", number=2)["cursor"]
        ben.says("mark", cursor=cursor, since=ben.since, read=[("general", cursor["index"])])
        anna.hears("receipts", room="general")
        anna.says("receipts", room="general", index=7)
        anna.says("unread")

    def _they_change_what_they_wrote(self) -> None:
        anna, ben = self.anna, self.ben
        anna.says("edit", device=ANNA, message=3, text="Hello @Ben, tea at five?")
        ben.hears("message_edited")
        ben.says("react", device=ANNA, message=3, emoji="👍")
        anna.hears("reaction_changed")
        ben.says("delete", device=BEN, message=1)
        anna.hears("message_deleted")
        anna.says("history", room="general", around=8, limit=2)
        # An edit is found a moment later.
        wait_until(lambda: self.cleo.ask(request="search", id=1_000, text="five").get("hits"))
        anna.says("search", text="five")

    def _they_send_a_file(self) -> None:
        anna, ben = self.anna, self.ben
        anna.says("begin_upload", sha256=SHA256, size=len(CONTENT))
        anna.says("chunk", CONTENT, sha256=SHA256, offset=0)
        file = {"sha256": SHA256, "size": len(CONTENT), "name": "list.txt", "media_type": "text/plain"}
        anna.says("send", room="general", text="", time_ms=TIME_MS, file=file)
        ben.says("download", room="general", sha256=SHA256, offset=0)

    def _they_make_a_room(self) -> None:
        anna, ben = self.anna, self.ben
        room = anna.says("create_room", name="kitchen")["room"]
        ben.hears("room_created")
        ben.says("rooms")
        ben.says("join_room", room=room)
        anna.says("set_topic", room=room, topic="Who cooks?")
        ben.hears("room_changed")
        anna.says("rename_room", room=room, name="cooking")
        anna.says("administer", room=room, user="@Ben", is_administrator=True)
        ben.says("who", room=room)
        ben.says("leave_room", room=room)
        anna.hears("room_left")
        anna.says("delete_room", room=room)
        ben.hears("room_deleted")

    def _they_make_a_group(self) -> None:
        anna, ben = self.anna, self.ben
        room = ben.says("create_group", name="Surprise for Anna", users=["@Cleo"])["room"]
        ben.says("add_member", room=room, user="@Anna")
        anna.hears("room_joined", room=room)
        ben.says("remove_member", room=room, user="@Anna")

    def _they_become_friends(self) -> None:
        ben, cleo = self.ben, self.cleo
        ben.says("people", name="cl")
        ben.says("friend", user="@Cleo", act="ask")
        cleo.hears("friendship_changed")
        cleo.says("friend", user="@Ben", act="accept")
        cleo.says("friends")

    def _ben_has_two_devices(self) -> None:
        ben = self.ben
        phone = self._person("Ben", PHONE)
        with phone:
            phone.comes(password=PASSWORD, device_name="Ben's phone", standby=True)
            ben.hears("account_changed")
            phone.says("activate", from_mark=True)
            phone.says("devices")
            ben.says("revoke_device", device=PHONE)
            phone.hears("goodbye")
        ben.says("change_password", old=PASSWORD, new="rain on a roof of tin")

    def _anna_administers(self) -> None:
        anna, cleo = self.anna, self.cleo
        code = hash_of("d" * 26)
        anna.says("create_invite", hash=code)
        anna.says("take_back_invite", hash=code)
        anna.says("invites")
        anna.says("reset_password", user=cleo.user, hash=hash_of("e" * 26))
        anna.says("set_standing", user=cleo.user, standing="disabled")
        anna.hears("person_presence", user=cleo.user, is_online=False)
        anna.says("change_settings", members_invite=True)
        anna.says("accounts")
        anna.says("audit", limit=3)

    def _dora_leaves_for_good(self) -> None:
        self.anna.says("create_invite", hash=hash_of("f" * 26))
        with self._person("Dora") as dora:
            dora.comes(password=PASSWORD, register=True, device_name="Dora's laptop", code="f" * 26)
            dora.says("unregister", password=PASSWORD)
            self.anna.hears("person_left")

    def _ben_goes(self) -> None:
        self.ben.says("status")
        self.ben.says("ping")
        self.ben.tries("send", room="cellar", text="Anybody here?", time_ms=TIME_MS)
        self.ben.says("sign_out")


if __name__ == "__main__":
    write_tables(DOCUMENT, all_examples(), "example")
