"""One real server process for the whole list, beside it somebody honest, and the oracle."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from server.accounts.certificate_files import load_identity
from server.accounts.certificates import fingerprint_of
from server.client.notices import Connected, Stored
from server.cluster.data_folder import DataFolder
from server.names.addresses import Address
from server.names.invite_links import InviteLink
from server.protocol.errors import ERRORS
from server.sessions.stages import Stage
from tests.commands.bad_clients import RawClient
from tests.commands.programs import Program
from tests.conformance.bad_input import ANYTHING, ASKED_ID, BadInput
from tests.conformance.proofs import VICTIM
from tests.end_to_end.people import People, Person

# The ids under which a connection is brought to its stage, and by which it shows that it lives.
_BEFORE: Final = frozenset({1, 2})
_LIVES_ID: Final = 4_000_000
# Somebody honest writes slower than the throttle allows.
_SPEAKS_EVERY_S: Final = 0.3


class ServerUnderTest:
    """A server process as it ships, and how to reach it."""

    def __init__(self, program: Program, data: Path) -> None:
        self.program = program
        self.data = data
        self.port = int(program.wait_line("ready: ").split()[2].rstrip(",").rpartition(":")[2])
        identity = load_identity(DataFolder(data).certificates)
        assert identity is not None
        address = Address("127.0.0.1", self.port)
        self.link = InviteLink((address,), fingerprint_of(identity.chain_pem))
        with RawClient(self.port) as client:
            client.hello()
            assert client.ask(request="sign_in", id=2, **VICTIM)["event"] == "signed_in"

    def check_end(self) -> None:
        """It stops as it should, and has nothing to complain about."""
        assert self.program.interrupt() == 0
        assert self.program.errors == ""
        log = (self.data / "server.log").read_text(encoding="utf-8")
        assert "ERROR" not in log
        assert "Traceback" not in log


class Honest:
    """Somebody who writes all the time, on one and the same connection."""

    def __init__(self, people: People, link: InviteLink) -> None:
        self._person: Final[Person] = people.person(link, "Honest Anna")
        self._stopping = threading.Event()
        self._said: list[str] = []
        self._thread = threading.Thread(target=self._speak, name="honest")
        self._person.stored(self._say())
        self._thread.start()

    def check_end(self) -> None:
        """Everything was stored and came back, in order, and nothing broke the connection."""
        self._stopping.set()
        self._thread.join()
        self._person.stored(self._say())
        own = [text for text in self._person.texts if text.startswith("honest ")]
        assert own == self._said
        assert len(self._person.all_of(Connected)) == 1, "the honest client was cut off"

    @property
    def answers(self) -> int:
        """How much of what it said is stored by now."""
        return len(self._person.all_of(Stored))

    def is_served(self) -> None:
        """Wait until something that it says from now on is stored."""
        self._person.stored(len(self._said) + 1)

    def _speak(self) -> None:
        while not self._stopping.wait(_SPEAKS_EVERY_S):
            self._say()

    def _say(self) -> int:
        self._said.append(f"honest {len(self._said) + 1}")
        return self._person.say(self._said[-1])


def answers_to(server: ServerUnderTest, inputs: Sequence[BadInput]) -> Iterator[tuple[BadInput, str]]:
    """Each input with the code or the event that answers it; over one connection, as long as it lives.

    The oracle looks at all that comes on the way: every error is a documented one, with the arguments that
    are documented, and none is `internal`; after one that ends the connection it ends, and after any
    other the connection lives.
    """
    client: RawClient | None = None
    try:
        for bad in inputs:
            if client is None:
                client = RawClient(server.port)
                come_to(client, bad.stage, bad.person)
            answer = _answer_on(client, bad)
            code = checked(answer)
            # A refusal names the id that the line has in it, or none.
            assert answer["event"] != "error" or answer.get("answer", 0) in {0, 1, ASKED_ID}, answer
            if answer["event"] == "goodbye" or (answer["event"] == "error" and ERRORS[code].is_fatal):
                assert not [event for event in client.end() if event["event"] == "error"]
                client.socket.close()
                client = None
            elif answer["event"] == "signed_in" or b'"unregister"' in bad.sends:
                # The next one comes to its own stage, and to a person who is still there.
                client.socket.close()
                client = None
            else:
                _lives(client, bad.stage)
            yield bad, code
    finally:
        if client is not None:
            client.socket.close()


def _answer_on(client: RawClient, bad: BadInput) -> dict[str, Any]:
    for request in bad.before:
        client.send(request)
        _next_answer(client)
    client.send(bad.sends)
    return _next_answer(client)


def _lives(client: RawClient, stage: Stage) -> None:
    """It is answered what comes next."""
    if stage is Stage.CONNECTED:
        assert client.ask(request="hello", id=_LIVES_ID, versions=[1])["event"] in {"welcome", "error"}
    else:
        assert client.ask(request="ping", id=_LIVES_ID)["event"] == "pong"


def come_to(client: RawClient, stage: Stage, person: str) -> None:
    """Bring a new connection to a stage."""
    if stage is Stage.CONNECTED:
        return
    if stage is Stage.GREETED:
        client.hello()
    else:
        client.sign_in(person, standby=stage is Stage.ON_STANDBY)


def checked(event: dict[str, Any]) -> str:
    """The code of an error, or the name of an event; wrong is what is not documented."""
    if event["event"] != "error":
        return str(event["event"])
    code = str(event["code"])
    assert code in ERRORS, event
    assert code != "internal", event
    assert set(event.get("arguments", {})) == set(ERRORS[code].arguments), event
    return code


def is_as_documented(bad: BadInput, answer: str) -> bool:
    """Whether this is what the list says."""
    return bad.expected in (answer, ANYTHING)


def _next_answer(client: RawClient) -> dict[str, Any]:
    """The next event that is an answer, or a refusal of what was no request."""
    return client.read_until(
        lambda event: event["event"] == "error" or event.get("answer", 0) not in (0, *_BEFORE)
    )
