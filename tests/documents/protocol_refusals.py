"""What is refused, for docs/protocol.md: each error that one person can bring about, brought about.

Three people make mistakes at one real server; lines that are no requests come from the conformance tests.
"""

import contextlib
from typing import Any, Final

from server.protocol.errors import ERRORS
from server.sessions.stages import Stage
from tests.commands.bad_clients import RawClient, device_of
from tests.conformance.framing import FRAMING
from tests.conformance.json_text import JSON_TEXT
from tests.conformance.utf8 import UTF8
from tests.documents.full_refusals import refused_when_broken, refused_when_full
from tests.documents.member_refusals import about_files, about_messages, among_friends, in_rooms
from tests.documents.speakers import PASSWORD, SECRET, Speaker, hash_of, served
from tests.documents.timely_refusals import refused_in_time
from tests.documents.transcripts import Transcript, folded, shown_bytes

NOBODY: Final = "00" * 16
# What is wrong with a line before anybody looks at what it asks.
OF_LINES: Final = (
    "frame_too_long",
    "bad_utf8",
    "bad_json",
    "too_deep",
    "bad_request",
    "unknown_request",
    "bad_bytes",
    "unexpected_bytes",
)


class Refusals:
    """Mistakes, part by part."""

    def __init__(self, port: int, setup: str, transcript: Transcript) -> None:
        self._port = port
        self._transcript = transcript
        for code in OF_LINES:
            self._a_bad_line(code)
        # Who connects must sign in soon: each comes when it is time.
        with contextlib.ExitStack() as self._connections:
            self._at_the_door(setup)
            self._newcomers(setup)
            in_rooms(self.anna, self.ben)
            about_messages(self.anna, self.ben)
            about_files(self.ben)
            among_friends(self.ben, self.cleo)
            self._at_the_end()

    def _person(self, name: str, device: str = "") -> Speaker:
        return Speaker(self._port, name, self._transcript, device)

    def _a_bad_line(self, code: str) -> None:
        found = [
            bad
            for bad in (*FRAMING, *UTF8, *JSON_TEXT)
            if bad.expected == code and bad.stage is Stage.GREETED and _is_readable(bad.sends)
        ]
        shortest = min(found, key=lambda bad: len(bad.sends))
        with RawClient(self._port) as client:
            client.hello()
            client.send(shortest.sends)
            answer = client.read_until(lambda event: event["event"] == "error")
        self._transcript.note_refusal(folded(f"> {shown_bytes(shortest.sends.rstrip())}"), answer)

    def _comes_in_vain(self, code: str, name: str, device: str = NOBODY, /, **fields: Any) -> None:
        with self._person(name) as person:
            person.says("hello", versions=[1])
            person.fails(code, "sign_in", **{"name": name, "device": device, "secret": SECRET, **fields})

    def _at_the_door(self, setup: str) -> None:
        self.anna = anna = self._connections.enter_context(self._person("Anna"))
        anna.fails("hello_first", "ping")
        with self._person("Dora") as dora:
            dora.fails("unsupported_version", "hello", versions=[2])
        anna.says("hello", versions=[1])
        anna.fails("not_signed_in", "rooms")
        anna.enters(password=PASSWORD, register=True, code=setup)
        anna.fails("hello_again", "hello", versions=[1])
        anna.fails("already_signed_in", "activate")
        self.ben, self.cleo = self._invited("Ben"), self._invited("Cleo")
        with self._person("Ben", device_of("Ben's phone")) as phone:
            phone.comes(password=PASSWORD, standby=True)
            phone.fails("on_standby", "rooms")

    def _invited(self, name: str) -> Speaker:
        code = name[0].lower() * 26
        self.anna.says("create_invite", hash=hash_of(code))
        person = self._connections.enter_context(self._person(name))
        person.comes(password=PASSWORD, register=True, code=code)
        return person

    def _newcomers(self, setup: str) -> None:
        new: dict[str, Any] = {"register": True, "password": PASSWORD}
        self._comes_in_vain("bad_name", "-")
        self._comes_in_vain("invite_needed", "Dora", **new)
        self._comes_in_vain("bad_invite", "Dora", **new, code="z" * 26)
        self._comes_in_vain("invite_used", "Dora", **new, code="b" * 26)
        self._comes_in_vain("setup_done", "Dora", **new, code=setup)
        self._comes_in_vain("bad_reset", "Ben", password=PASSWORD, code="z" * 26)
        self.anna.says("create_invite", hash=hash_of("d" * 26))
        new["code"] = "d" * 26
        self._comes_in_vain("name_taken", "Ben", **new)
        self._comes_in_vain("password_too_short", "Dora", **new | {"password": "sesame"})
        self._comes_in_vain("password_too_common", "Dora", **new | {"password": "1234567890"})
        self._comes_in_vain("password_needed", "Ben")
        self._comes_in_vain("wrong_secret", "Ben", device_of("Ben"), secret="ab" * 32)
        self._comes_in_vain("wrong_person", "Cleo", device_of("Ben"))
        while "too_many_tries" not in self._transcript.refusals:
            self._guesses("Ben")

    def _guesses(self, name: str) -> None:
        with self._person(name) as person:
            person.says("hello", versions=[1])
            person.tries("sign_in", name=name, device=NOBODY, secret=SECRET, password="open the door")

    def _at_the_end(self) -> None:
        anna, ben, cleo = self.anna, self.ben, self.cleo
        ben.fails("forbidden", "accounts")
        ben.fails("unknown_device", "revoke_device", device=NOBODY)
        anna.fails("last_chat_administrator", "set_standing", user=anna.user, standing="member")
        ben.says("revoke_device", device=device_of("Ben's phone"))
        self._comes_in_vain("device_revoked", "Ben", device_of("Ben's phone"))
        anna.says("set_standing", user=cleo.user, standing="disabled")
        self._comes_in_vain("account_disabled", "Cleo", device_of("Cleo"))
        eva = self._invited("Eva")
        eva.says("unregister", password=PASSWORD)
        self._comes_in_vain("unregistered", "Eva", device_of("Eva"))
        ben.fails("has_left", "friend", user=eva.user, act="ask")


def refusals() -> str:
    """What is sent or happens and what is answered, by code, in the order of the table of errors."""
    transcript = Transcript()
    served(Refusals, transcript)
    refused_when_full(transcript)
    refused_when_broken(transcript)
    refused_in_time(transcript)
    found = [transcript.refusals[code] for code in ERRORS if code in transcript.refusals]
    return "\n".join(["```", "\n\n".join(found), "```"])


def _is_readable(line: bytes) -> bool:
    return line.startswith((b"{", b"x")) and shown_bytes(line.rstrip()).isprintable()
