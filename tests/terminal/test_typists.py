"""Who types just now is told for a while, and until the message is there."""

from server.client.notices import Arrived, Connected, TypingNow
from server.protocol import limits
from server.terminal.typists import Typists
from tests.terminal.paper import message


class Clock:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic_s(self) -> float:
        return self.now

    def wall_ms(self) -> int:
        return int(self.now * 1000)


def typists(clock: Clock) -> Typists:
    people = Typists(clock, lambda room: room == "general", lambda room: f"@{room}")
    people.hear(Connected(server="a", address="a:1", user="me", name="anna", chat="Chat", cluster="c"))
    return people


def test_who_types_is_named_until_that_is_old() -> None:
    clock = Clock()
    people = typists(clock)
    people.hear(TypingNow(room="general", user="b", name="bob"))
    clock.now += limits.TYPING_EVERY_S
    people.hear(TypingNow(room="cleo", user="c", name="cleo"))
    assert people.text() == "typing: bob, cleo (@cleo)"
    clock.now += limits.TYPING_EVERY_S
    assert people.text() == "typing: cleo (@cleo)"
    clock.now += limits.TYPING_EVERY_S
    assert people.text() == ""


def test_whose_message_is_there_types_no_more_and_oneself_is_no_news() -> None:
    people = typists(Clock())
    people.hear(TypingNow(room="general", user="u", name="bob"))
    people.hear(TypingNow(room="general", user="me", name="anna"))
    assert people.text() == "typing: bob"
    people.hear(Arrived(messages=[message(1, "there", "bob")]))
    assert people.text() == ""
