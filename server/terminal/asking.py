"""Asking for one noun of the terminal: each question with what is done when its answer is there."""

from collections.abc import Callable
from typing import Final

from server.client.notices import Answered, AnyNotice, QuestionFailed, Stored
from server.client.questions import AnyQuestion
from server.network.client_links import ClientLinks

Answer = Answered | Stored


class Asking:
    """The part that the errands of conversations and people have in common; `note` tells the person.

    An errand that has failed costs a pipe its good end.
    """

    def __init__(self, next_counter: Callable[[], int], note: Callable[[str], None]) -> None:
        self.next_counter: Final = next_counter
        self.note: Final = note
        self._links: ClientLinks | None = None
        self._asked: Final[dict[int, tuple[Callable[[Answer], None], Callable[[], None]]]] = {}
        # Whether something that was wanted was not done.
        self.has_failed = False

    @property
    def is_waiting(self) -> bool:
        """Whether something has no answer yet."""
        return bool(self._asked)

    def awaits(self, notice: AnyNotice) -> bool:
        """Whether this is the answer to something of ours that is to be archived."""
        return isinstance(notice, Stored) and notice.ticket in self._asked

    def connect(self, links: ClientLinks) -> None:
        """Where questions go."""
        self._links = links

    def ask(
        self,
        question: AnyQuestion,
        then: Callable[[Answer], None] = lambda _answer: None,
        otherwise: Callable[[], None] = lambda: None,
    ) -> None:
        """`then` is called with the answer, `otherwise` when there is none; why is told elsewhere."""
        assert self._links is not None, "nothing is typed before the connection is made"
        self._asked[self._links.ask(question)] = then, otherwise

    def hear(self, notice: AnyNotice) -> None:
        """Something was answered, perhaps."""
        match notice:
            case Answered(ticket=ticket) | Stored(ticket=ticket) if ticket in self._asked:
                then, _otherwise = self._asked.pop(ticket)
                then(notice)
            case QuestionFailed(ticket=ticket) if ticket in self._asked:
                self.has_failed = True
                _then, otherwise = self._asked.pop(ticket)
                otherwise()
            case _:
                pass

    def fail(self, sentence: str) -> None:
        """Something that was wanted cannot be done."""
        self.has_failed = True
        self.note(sentence)


class AskingErrand:
    """An errand as the talk sees it, as far as it is the same for all that ask."""

    def __init__(self, asking: Asking) -> None:
        self._asking: Final = asking

    @property
    def is_waiting(self) -> bool:
        """Whether something has no answer yet."""
        return self._asking.is_waiting

    @property
    def has_failed(self) -> bool:
        """Whether something that was wanted was not done."""
        return self._asking.has_failed

    def connect(self, links: ClientLinks) -> None:
        """Where questions go."""
        self._asking.connect(links)
