"""Questions to the person at the terminal, or to the pipe: the next lines are the answers, one each."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

# Commands that ask for a secret, at once or after something else.
_SECRETIVE: Final = frozenset({"/password", "/unregister"})


def is_secretive(line: str) -> bool:
    """Whether what is typed behind this line may be a secret."""
    return line.strip().partition(" ")[0] in _SECRETIVE


class Ahead:
    """Commands that will ask for a secret and wait their turn: whoever types ahead may have typed it already.

    One thread says what was typed, one with what was dealt, any asks.
    """

    def __init__(self) -> None:
        self._typed = 0
        self._dealt = 0

    def typed(self, lines: Iterable[str]) -> None:
        """These wait now."""
        self._typed += sum(map(is_secretive, lines))

    def dealt(self, line: str) -> None:
        """This one waits no more."""
        self._dealt += is_secretive(line)

    @property
    def is_any(self) -> bool:
        """Whether one waits."""
        return self._typed > self._dealt


class Question(msgspec.Struct, frozen=True):
    """What is asked. A secret is not shown while it is typed, and kept nowhere."""

    text: str
    is_secret: bool = False


class Form:
    """One series of questions at a time; `note` tells the person."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note: Final = note
        self._questions: Sequence[Question] = ()
        self._answers: list[str] = []
        self._is_enough: Callable[[list[str]], bool] = lambda _answers: False
        self._then: Callable[[list[str]], None] = lambda _answers: None

    @property
    def is_asking(self) -> bool:
        """Whether the next line is an answer. From any thread."""
        return len(self._answers) < len(self._questions)

    @property
    def wants_secret(self) -> bool:
        """Whether the next line is a secret. From any thread."""
        questions, place = self._questions, len(self._answers)
        return place < len(questions) and questions[place].is_secret

    def begin(
        self,
        questions: Sequence[Question],
        then: Callable[[list[str]], None],
        is_enough: Callable[[list[str]], bool] = lambda _answers: False,
    ) -> None:
        """Ask the first one; `then` is called with all answers, or as soon as those so far are enough."""
        self._answers, self._questions = [], questions
        self._then, self._is_enough = then, is_enough
        self._note(questions[0].text)

    def answer(self, line: str) -> None:
        """A line came."""
        answers = [*self._answers, line]
        if len(answers) == len(self._questions) or self._is_enough(answers):
            self._answers, self._questions = [], ()
            self._then(answers)
        else:
            self._answers = answers
            self._note(self._questions[len(answers)].text)
