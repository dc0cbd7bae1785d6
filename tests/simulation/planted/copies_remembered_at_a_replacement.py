"""What was on two disks counts as if it still were, when one of the two is replaced."""

from typing import Final

from server.engine.answers import Answers

TARGET: Final = "server.engine.answers.Answers.copies_lost"


def replacement(self: Answers) -> None:
    pass
