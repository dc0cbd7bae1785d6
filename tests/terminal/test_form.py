"""Questions at the terminal, one line each."""

from server.terminal.form import Ahead, Form, Question
from tests.terminal.paper import Paper

NAME, PASSWORD = Question("Your name:"), Question("Your password:", is_secret=True)


def test_questions_are_asked_one_after_the_other_and_answered_by_lines() -> None:
    paper, given = Paper(), list[list[str]]()
    form = Form(paper.printer.note)
    assert not form.is_asking
    form.begin([NAME, PASSWORD], given.append)
    assert (form.is_asking, form.wants_secret) == (True, False)
    form.answer("anna")
    assert (form.is_asking, form.wants_secret) == (True, True)
    form.answer("")
    assert (form.is_asking, form.wants_secret) == (False, False)
    assert given == [["anna", ""]]
    assert paper.notes == ["* Your name:", "* Your password:"]


def test_what_is_answered_once_and_for_all_ends_the_questions() -> None:
    paper, given = Paper(), list[list[str]]()
    form = Form(paper.printer.note)
    form.begin([NAME, PASSWORD], given.append, is_enough=lambda answers: answers[0] == "no")
    form.answer("no")
    assert (given, form.is_asking) == ([["no"]], False)


def test_the_answers_may_begin_the_next_questions() -> None:
    paper = Paper()
    form = Form(paper.printer.note)
    form.begin([NAME], lambda _answers: form.begin([PASSWORD], lambda _answers: None))
    form.answer("anna")
    assert form.wants_secret


def test_whoever_types_ahead_of_a_question_for_a_secret_may_have_typed_it() -> None:
    ahead, seen = Ahead(), []
    ahead.typed(["hello", "//password", "/passwords"])
    seen.append(ahead.is_any)
    ahead.typed(["/password", "hello"])
    seen.append(ahead.is_any)
    ahead.dealt("hello")
    seen.append(ahead.is_any)
    ahead.dealt("/password")
    seen.append(ahead.is_any)
    assert seen == [False, True, True, False]
