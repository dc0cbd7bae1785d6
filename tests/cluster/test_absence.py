"""When people are told that the other server is not there."""

from server.cluster.absence import TELL_AFTER_S, Absence

LONG = TELL_AFTER_S + 0.1


def test_one_that_stays_away_is_told_once() -> None:
    absence = Absence(100.0)
    assert not absence.is_to_tell(101.0, is_answering=False)
    assert absence.is_to_tell(100.0 + LONG, is_answering=False)
    assert not absence.is_to_tell(200.0, is_answering=False)


def test_one_that_has_just_begun_to_answer_is_given_time_to_connect() -> None:
    absence = Absence(0.0)
    assert not absence.is_to_tell(LONG, is_answering=True)
    assert not absence.is_to_tell(LONG + 1.0, is_answering=True)
    assert absence.is_to_tell(2 * LONG, is_answering=True)


def test_an_answer_in_between_begins_the_time_anew() -> None:
    absence = Absence(0.0)
    assert not absence.is_to_tell(1.0, is_answering=True)
    assert absence.is_to_tell(LONG, is_answering=False)
    again = Absence(0.0)
    assert not again.is_to_tell(1.9, is_answering=True)
    assert not again.is_to_tell(1.95, is_answering=False)
    assert not again.is_to_tell(LONG, is_answering=True)


def test_after_another_loss_it_is_told_again() -> None:
    absence = Absence(0.0)
    assert absence.is_to_tell(LONG, is_answering=False)
    absence.begin(100.0)
    assert not absence.is_long(101.0)
    assert absence.is_to_tell(100.0 + LONG, is_answering=False)
