"""The own account in the terminal: its devices, its password, and its end."""

import itertools

import pytest

from server.client.notices import Answered, Connected, QuestionFailed, SignInRefused, Stored
from server.protocol.events import DeviceList
from server.protocol.facts import DeviceFacts
from server.protocol.requests import ChangePassword, RevokeDevice, Unregister
from server.terminal.account import Account
from tests.terminal.asker import Asker, as_links
from tests.terminal.paper import Paper


class Desk:
    """The account of Anna Karenina."""

    def __init__(self) -> None:
        self.paper, self.asker = Paper(), Asker()
        counters = itertools.count(1)
        self.account = Account(lambda: next(counters), self.paper.printer.note)
        self.account.connect(as_links(self.asker))
        self.account.hear(
            Connected(server="a", address="a:1", user="u", name="Anna Karenina", chat="Chat", cluster="c")
        )

    def type(self, *lines: str) -> None:
        for line in lines:
            self.account.form.answer(line)

    def ask_to_leave(self) -> None:
        self.account.unregister("")
        self.type(" anna karenina ", "the password")
        assert self.asker.last(Unregister).password == "the password"
        assert self.account.is_leaving

    def stored(self) -> None:
        ticket = len(self.asker.asked)
        self.account.hear(Stored(counter=1, index=1, number=0, copies=2, ticket=ticket))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_leaving_is_asked_twice_and_the_password_is_a_secret(desk: Desk) -> None:
    desk.account.unregister("")
    assert "no way back" in desk.paper.text()
    assert "the name Anna Karenina again" in desk.paper.text()
    assert (desk.account.form.is_asking, desk.account.form.wants_secret) == (True, False)
    desk.type("Anna Karenina")
    assert desk.account.form.wants_secret
    desk.type("the password")
    desk.stored()
    assert desk.account.has_left
    assert not desk.account.has_failed


@pytest.mark.parametrize("typed", ["", "yes", "anna", "/quit"])
def test_anything_but_the_name_changes_nothing(desk: Desk, typed: str) -> None:
    desk.account.unregister("")
    desk.type(typed)
    assert not desk.account.form.is_asking
    assert not desk.asker.asked
    assert desk.account.has_failed
    assert "nothing was changed" in desk.paper.text()


def test_a_refused_wish_can_be_said_again(desk: Desk) -> None:
    desk.ask_to_leave()
    desk.account.hear(QuestionFailed(ticket=1, code="wrong_password"))
    assert (desk.account.has_left, desk.account.has_failed, desk.account.is_leaving) == (False, True, False)
    desk.ask_to_leave()
    desk.stored()
    assert desk.account.has_left


def test_that_it_was_done_is_known_though_the_answer_was_lost(desk: Desk) -> None:
    desk.ask_to_leave()
    desk.account.hear(SignInRefused(code="unregistered"))
    assert desk.account.has_left
    other = Desk()
    other.ask_to_leave()
    other.account.hear(QuestionFailed(ticket=1, code="unregistered"))
    assert other.account.has_left
    # Without the wish it is the news that somebody else did it.
    third = Desk()
    third.account.hear(SignInRefused(code="unregistered"))
    assert not third.account.has_left


def test_a_password_is_typed_three_times_as_a_secret(desk: Desk) -> None:
    desk.account.change_password("")
    for line in ("old one", "new one", "new one"):
        assert desk.account.form.wants_secret
        desk.type(line)
    change = desk.asker.last(ChangePassword)
    assert (change.old, change.new) == ("old one", "new one")
    desk.account.change_password("")
    desk.type("old one", "new one", "no one")
    assert desk.account.has_failed
    for new in ("\udcff", "x" * 129):
        desk.account.change_password("")
        desk.type("old one", new, new)
    assert len(desk.asker.asked) == 1


def test_a_device_is_signed_out_by_its_number_or_its_id(desk: Desk) -> None:
    desk.account.list_devices("")
    devices = [DeviceFacts("d" * 32, "laptop", 0, is_this=True), DeviceFacts("e" * 32, "", 0, is_this=False)]
    desk.account.hear(Answered(ticket=1, answer=DeviceList(devices=devices)))
    assert "a device without a name" in desk.paper.text()
    desk.account.revoke("2")
    assert desk.asker.last(RevokeDevice).device == "e" * 32
    desk.account.revoke("f" * 32)
    assert desk.asker.last(RevokeDevice).device == "f" * 32
    assert not desk.account.has_failed
    desk.account.revoke("3")
    assert desk.account.has_failed
