"""The alarm: the shell reads its clock again to set it, and nothing that is due may be lost between."""

from server.client.notices import Connected, SignInRefused
from tests.client.scripted_pair import Wire


def test_a_rest_that_ends_between_two_looks_at_the_clock_still_ends() -> None:
    wire = Wire()
    wire.pair.users_max = 3
    wire.pair.others = {"a": 3, "b": 3}
    wire.connect()
    assert wire.all_of(SignInRefused)
    rest_ends = wire.conversation.next_wake()
    assert rest_ends is not None
    # The loop wakes a moment early, and its clock has moved on when it asks for the next alarm.
    wire.conversation.tick(rest_ends - 0.001)
    assert wire.conversation.next_wake() == rest_ends
    wire.pair.others["a"] = 2
    wire.wait(1.0 + rest_ends - wire.now)
    assert wire.all_of(Connected)
