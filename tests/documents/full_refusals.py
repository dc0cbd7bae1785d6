"""What is refused in a chat that is old and full, and by a server that lost its archive: by real servers.

The archive of the first one was made beforehand.
"""

import contextlib
import tempfile
from pathlib import Path
from typing import Any, Final

from server.cluster.data_folder import DataFolder
from server.protocol import limits
from server.state.state import GENERAL
from tests.commands.bad_clients import device_of
from tests.commands.programs import Program
from tests.documents.speakers import PASSWORD, SECRET, Speaker, hash_of, port_of
from tests.documents.transcripts import Transcript
from tests.made_chats import MADE_BEFORE, OLD_INVITE, make_full, room_of, sha256_of

# More passwords than are checked and wait at a time.
GUESSES: Final = 24


def refused_when_full(transcript: Transcript) -> None:
    """Anna, Ben and Cleo, who did everything as often as one may, ask for more; and at last it is stopped."""
    with tempfile.TemporaryDirectory() as data:
        make_full(Path(data))
        with (
            Program("serve", "--data", data, "--listen", "127.0.0.1:0") as server,
            contextlib.ExitStack() as connections,
        ):
            full = FullChat(port_of(server), transcript, connections)
            full.too_old()
            full.too_many_people()
            full.too_many_connections()
            full.too_many_gaps()
            full.too_many_rooms()
            full.too_much_of_ben()
            full.too_much_of_cleo()
            full.too_much_at_once()
            full.the_end(server)


def refused_when_broken(transcript: Transcript) -> None:
    """Anna asks for what nobody can read any more."""
    with (
        tempfile.TemporaryDirectory() as data,
        Program("serve", "--open", "--data", data, "--listen", "127.0.0.1:0") as server,
        Speaker(port_of(server), "Anna", transcript) as anna,
    ):
        anna.comes()
        folder = DataFolder(Path(data))
        folder.archive.rename(folder.archive.with_name("elsewhere"))
        anna.fails("internal", "history", room=GENERAL)


class FullChat:
    """The people of such a chat, at a server."""

    def __init__(self, port: int, transcript: Transcript, connections: contextlib.ExitStack) -> None:
        self._port: Final = port
        self._transcript: Final = transcript
        self.anna, self.ben, self.cleo = (
            connections.enter_context(self._person(name)) for name in ("Anna", "Ben", "Cleo")
        )
        self.anna.comes()
        self.ben.comes()
        self._position: dict[str, Any] = self.cleo.comes()["cursor"]

    def _person(self, name: str, device: str = "") -> Speaker:
        return Speaker(self._port, name, self._transcript, device)

    def too_old(self) -> None:
        """A device in a drawer, and an invite that lay about."""
        self._comes_in_vain("device_expired", "Ida")
        self._comes_in_vain("invite_expired", "Dora", register=True, password=PASSWORD, code=OLD_INVITE)

    def too_many_people(self) -> None:
        """One more device, invite, question and name that one does not want to hear of."""
        self._comes_in_vain("too_many_devices", "Ben", "Ben's phone", password=PASSWORD)
        self.anna.fails("too_many_invites", "create_invite", hash=hash_of("one more"))
        self.cleo.fails("too_many_asked", "friend", user="@Anna", act="ask")
        self.ben.fails("too_many_blocked", "friend", user="@Anna", act="block")

    def too_many_connections(self) -> None:
        """One more program of Cleo's."""
        with contextlib.ExitStack() as connections:
            for _ in range(limits.CONNECTIONS_PER_PERSON_MAX - 1):
                connections.enter_context(self._person("Cleo")).comes(standby=True)
            self._comes_in_vain("too_many_connections", "Cleo")

    def too_many_gaps(self) -> None:
        """Somebody whose counters have more gaps than are remembered."""
        with self._person("Guest 1") as guest:
            guest.comes()
            # Counter 1 would touch that of the device itself.
            text = {"room": GENERAL, "text": "Hello!", "time_ms": 1_700_000_000_000}
            guest.fails("too_many_gaps", "send", counter=7, **text)

    def too_many_rooms(self) -> None:
        """Of one person, of all, and one more member."""
        self.ben.fails("too_many_own_rooms", "create_room", name="kitchen")
        self.cleo.fails("too_many_rooms", "create_room", name="kitchen")
        self.cleo.fails("room_full", "join_room", room=room_of("Ben", 0))

    def too_much_of_ben(self) -> None:
        """Files: he may send no more, and of those that he sent none is here."""
        self.ben.fails("quota_exceeded", "begin_upload", sha256=hash_of("film"), size=limits.FILE_BYTES_MAX)
        self.ben.fails("file_on_its_way", "download", room=GENERAL, sha256=sha256_of(0), offset=0)

    def too_much_of_cleo(self) -> None:
        """A message that she has changed again and again, and a search before there is an index."""
        first = {"device": device_of("Cleo"), "message": MADE_BEFORE + 1}
        self.cleo.fails("too_many_changes", "edit", text="Once more", **first)
        self.cleo.fails("index_not_ready", "search", text="hello")

    def too_much_at_once(self) -> None:
        """One mark after the other is noted; and passwords are checked a few at a time."""
        # The beginning of the archive: how far this server is by now differs from run to run.
        first = [*self._position.get("trail", []), self._position][0]
        mark = {"cursor": {"epoch": first["epoch"], "index": 1}, "since": 0}
        self.cleo.says("mark", **mark)
        self.cleo.begins("mark", **mark)
        self.cleo.fails("too_many_requests", "mark", **mark)
        with contextlib.ExitStack() as connections:
            guests = [connections.enter_context(self._person(f"Guest {number}")) for number in range(GUESSES)]
            for guest in guests:
                guest.comes()
                guest.begins("change_password", old="open the door", new="rain on a roof of tin")
            for guest in guests:
                guest.sends_begun()
            codes = {guest.is_answered("change_password")["code"] for guest in guests}
            assert codes == {"wrong_password", "busy"}

    def the_end(self, server: Program) -> None:
        """Those who are signed in are told; by then the others may have been silent for too long."""
        with self._person("Guest 0") as guest:
            guest.comes()
            assert server.interrupt() == 0
            self._transcript.note_refusal("(the server is stopped)", guest.hears("goodbye"))

    def _comes_in_vain(self, code: str, name: str, device: str = "", /, **fields: Any) -> None:
        with self._person(name, device_of(device or name)) as person:
            person.says("hello", versions=[1])
            shown = {"name": name, "device": person.device, "secret": SECRET}
            person.fails(code, "sign_in", **shown, **fields)
