"""Invites in the terminal: a link is shown once it is good, and no server was told its code."""

import itertools

import pytest

from server.accounts.certificates import fingerprint_of
from server.client.notices import Answered, Connected, QuestionFailed, ServersChanged, Stored
from server.names.invite_links import InviteLink, parse_invite_link
from server.protocol.administration import InviteFacts, InviteList
from server.protocol.facts import ServerFacts
from server.protocol.one_time_codes import code_hash
from server.protocol.requests import CreateInvite, TakeBackInvite
from server.terminal.asking import Asking
from server.terminal.inviting import Inviting
from tests.network.ends import make_identity
from tests.terminal.asker import Asker, as_links
from tests.terminal.paper import Paper

SERVERS = [ServerFacts("a", "10.0.0.1:7000", "leader"), ServerFacts("b", "10.0.0.2:7000", "follower")]
HASHES = ["ab" * 32, "cd" * 32]


class Desk:
    """The invites of anna."""

    def __init__(self, authority: str = "") -> None:
        self.paper, self.asker = Paper(), Asker()
        counters = itertools.count(1)
        asking = Asking(lambda: next(counters), self.paper.printer.note)
        self.inviting = Inviting(asking, lambda: authority)
        self.inviting.connect(as_links(self.asker))
        connected = Connected(server="a", address="here:1", user="u", name="anna", chat="Lab 7", cluster="c")
        self.inviting.hear(connected)

    def stored(self) -> None:
        ticket = len(self.asker.asked)
        self.inviting.hear(Stored(counter=1, index=1, number=0, copies=2, ticket=ticket))

    def link(self) -> InviteLink:
        link = parse_invite_link(self.paper.notes[0].removeprefix("* "))
        assert isinstance(link, InviteLink)
        return link


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_link_is_shown_when_the_invite_is_stored_and_says_all_that_is_needed() -> None:
    identity = make_identity()
    desk = Desk(identity.ca_pem)
    desk.inviting.hear(ServersChanged(servers=SERVERS, mode="dual"))
    desk.inviting.create("")
    assert desk.paper.notes == []
    desk.stored()
    link = desk.link()
    assert list(map(str, link.addresses)) == ["10.0.0.1:7000", "10.0.0.2:7000"]
    assert link.fingerprint == fingerprint_of(identity.authority.certificate_pem)
    assert link.chat_name == "Lab 7"
    asked = desk.asker.last(CreateInvite)
    assert asked.hash == code_hash(link.code).hex()
    assert link.code not in str(asked)


def test_without_encryption_the_link_says_so(desk: Desk) -> None:
    desk.inviting.create("")
    desk.stored()
    assert desk.link().plain
    assert list(map(str, desk.link().addresses)) == ["here:1"]


def test_who_may_not_invite_gets_no_link(desk: Desk) -> None:
    desk.inviting.create("")
    desk.inviting.hear(QuestionFailed(ticket=1, code="forbidden"))
    assert desk.paper.notes == []
    assert desk.inviting.has_failed


def test_invites_are_listed_with_what_became_of_them_and_taken_back_by_number(desk: Desk) -> None:
    desk.inviting.list_all("")
    invites = [
        InviteFacts(HASHES[0], "anna", 0, 1, ["ben"], is_taken_back=False),
        InviteFacts(HASHES[1], "anna", 0, 1, [], is_taken_back=False),
    ]
    desk.inviting.hear(Answered(ticket=1, answer=InviteList(invites=invites)))
    assert desk.paper.notes[0].startswith("*   1  by anna, ")
    assert desk.paper.notes[0].endswith(": used by ben")
    assert ": good until " in desk.paper.notes[1]
    desk.inviting.take_back("1")
    assert "It was used already" in desk.paper.notes[-1]
    for said in ("2", HASHES[1]):
        desk.inviting.take_back(said)
        assert desk.asker.last(TakeBackInvite).hash == HASHES[1]
    desk.stored()
    assert "lets nobody in any more" in desk.paper.text()


@pytest.mark.parametrize("said", ["", "0", "3", "ben", "0000012", "9" * 30, "ab" * 32])
def test_what_is_not_in_the_list_is_not_taken_back(desk: Desk, said: str) -> None:
    desk.inviting.take_back(said)
    assert not desk.asker.asked
    assert "/invites lists them" in desk.paper.text()
