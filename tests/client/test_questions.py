"""Questions: each is answered or ends as unknown, over however many links."""

from server.client.questions import Asked, Questions
from server.protocol.requests import Rooms, Who


def asked(ticket: int, deadline: float = 30.0) -> Asked:
    return Asked(ticket, Rooms(id=1), deadline)


def test_a_question_in_flight_is_asked_again_before_newer_ones() -> None:
    questions = Questions()
    questions.ask(asked(1))
    (first,) = questions.take_waiting()
    questions.sent(10, first)
    questions.ask(asked(2))
    questions.recall()
    assert [waiting.ticket for waiting in questions.take_waiting()] == [1, 2]


def test_an_answer_counts_once() -> None:
    questions = Questions()
    questions.sent(10, Asked(1, Who(id=1, room="general"), 30.0))
    assert questions.answer(10) is not None
    assert questions.answer(10) is None


def test_questions_expire_waiting_or_in_flight() -> None:
    questions = Questions()
    questions.ask(asked(1, deadline=5.0))
    questions.sent(10, asked(2, deadline=6.0))
    questions.ask(asked(3, deadline=9.0))
    assert questions.next_deadline() == 5.0
    assert sorted(late.ticket for late in questions.expire(6.0)) == [1, 2]
    assert questions.next_deadline() == 9.0
    assert questions.answer(10) is None
