"""The roles of a server and the modes of a pair, as people read them; programs read the words themselves."""

from typing import Final

from server.i18n.marking import marked
from server.i18n.translation import _

_WORDS: Final = frozenset(
    {
        # What a server does.
        marked("leader"),
        marked("follower"),
        marked("learner"),
        marked("recovering"),
        marked("away"),
        # How many servers a message is stored on.
        marked("dual"),
        marked("solo"),
        marked("waiting"),
    }
)


def state_word(word: str) -> str:
    """The word in the language in use; one of a newer server stays as it is."""
    return _(word) if word in _WORDS else word
