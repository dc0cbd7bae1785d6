"""`/signout`: what comes first, when it is done, and what is said when it is not."""

import itertools

from server.client.notices import Connected, Disconnected, QuestionFailed, SignInRefused, Stored
from server.protocol.requests import RevokeDevice
from server.terminal.signing_out import SigningOut
from tests.terminal.asker import Asker, as_links
from tests.terminal.paper import Paper

DEVICE = "d" * 32
CONNECTED = Connected(server="a", address="a:1", user="u", name="anna", chat="Chat", cluster="c")
LOST = Disconnected(code="lost", arguments={}, retry_in_s=1.0)


class Desk:
    """Somebody who wants to sign out."""

    def __init__(self, *, is_interactive: bool = True) -> None:
        self.asker, self.paper = Asker(), Paper()
        self.waiting = 0
        counters = itertools.count(7)
        self.signing_out = SigningOut(
            lambda: next(counters),
            self.paper.printer.note,
            device=lambda: DEVICE,
            waiting=lambda: self.waiting,
            is_busy=lambda: self.waiting > 0,
            is_interactive=is_interactive,
        )
        self.signing_out.connect(as_links(self.asker))

    def stored(self, ticket: int) -> None:
        self.signing_out.hear(Stored(counter=7, index=9, number=0, copies=2, ticket=ticket))

    def state(self) -> tuple[bool, bool, bool]:
        """Whether it waits, is done, or has failed."""
        it = self.signing_out
        return it.is_waiting, it.has_signed_out, it.has_failed


def test_the_own_device_is_revoked_and_that_is_the_end() -> None:
    desk = Desk()
    desk.signing_out.hear(CONNECTED)
    desk.signing_out.sign_out("")
    revoke = desk.asker.last(RevokeDevice)
    assert (revoke.device, revoke.counter) == (DEVICE, 7)
    assert desk.state() == (True, False, False)
    desk.stored(0)
    assert desk.state() == (True, False, False)
    desk.stored(1)
    assert desk.state() == (False, True, False)
    assert "with --password" in desk.signing_out.done()
    desk.signing_out.leave()
    assert desk.paper.notes == []


def test_what_was_written_before_comes_first() -> None:
    desk = Desk()
    desk.signing_out.hear(CONNECTED)
    desk.waiting = 2
    desk.signing_out.sign_out("")
    assert desk.paper.notes == ["* You are signed out as soon as 2 lines are stored."]
    desk.signing_out.go_on()
    assert desk.asker.asked == []
    desk.waiting = 0
    desk.signing_out.go_on()
    desk.signing_out.go_on()
    assert len(desk.asker.asked) == 1


def test_a_person_is_told_when_nobody_can_do_it_and_what_to_do() -> None:
    desk = Desk()
    desk.signing_out.sign_out("")
    assert desk.paper.notes[0] == "* No server has us now: this computer stays signed in."
    assert "/signout again" in desk.paper.notes[1]
    assert desk.state() == (False, False, True)
    # Nothing is done behind the person's back once a server is there.
    desk.signing_out.hear(CONNECTED)
    desk.signing_out.go_on()
    assert desk.asker.asked == []


def test_a_person_is_told_when_the_servers_go_before_it_was_asked() -> None:
    desk = Desk()
    desk.signing_out.hear(CONNECTED)
    desk.waiting = 1
    desk.signing_out.sign_out("")
    desk.signing_out.hear(LOST)
    assert "* No server has us now: this computer stays signed in." in desk.paper.notes
    assert desk.state() == (False, False, True)


def test_a_pipe_waits_for_a_server_and_says_at_its_end_that_there_was_none() -> None:
    desk = Desk(is_interactive=False)
    desk.signing_out.sign_out("")
    assert desk.state() == (True, False, False)
    desk.signing_out.hear(CONNECTED)
    desk.signing_out.go_on()
    assert desk.asker.last(RevokeDevice).device == DEVICE
    desk.signing_out.leave()
    assert desk.paper.notes[0] == "* No server has confirmed it: this computer may still be signed in."


def test_without_an_answer_it_is_not_known_and_that_is_said() -> None:
    desk = Desk()
    desk.signing_out.hear(CONNECTED)
    desk.signing_out.sign_out("")
    desk.signing_out.hear(QuestionFailed(ticket=1, code="unknown"))
    assert desk.paper.notes[0] == "* No server has confirmed it: this computer may still be signed in."
    assert desk.state() == (False, False, True)
    desk.signing_out.sign_out("")
    desk.stored(2)
    assert desk.signing_out.has_signed_out


def test_a_lost_answer_is_given_by_the_next_server() -> None:
    for notice in (SignInRefused(code="device_revoked"), QuestionFailed(ticket=1, code="device_revoked")):
        desk = Desk()
        desk.signing_out.hear(notice)
        assert desk.state() == (False, False, False)
        desk.signing_out.hear(CONNECTED)
        desk.signing_out.sign_out("")
        desk.signing_out.hear(LOST)
        desk.signing_out.hear(notice)
        assert desk.state() == (False, True, False), notice
