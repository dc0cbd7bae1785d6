"""Mentions: whom a text names as @name (pure).

Found when it is told, by the names of then: what is archived is what was written, so that sending it again
anywhere is the same request.
"""

import re
from collections.abc import Iterator
from typing import Final

from server.protocol import limits
from server.protocol.names import name_key
from server.state.permissions import is_readable
from server.state.state import State

# A sign in an address (anna@example.org) names nobody.
_START: Final = re.compile(r"(?<!\w)@(?=\w)")
# So many names are looked up, whatever a text is made of: it is told to many, and shown again and again.
# After an @ there are as many as words end within the length of a name.
_LOOKS_MAX: Final = 128


def mentions_in(text: str, room: str, state: State) -> list[str]:
    """The ids of the members of a room whom a text names, each once, in order."""
    found: dict[str, None] = {}
    looks = 0
    for match in _START.finditer(text):
        for name in _names(text[match.end() : match.end() + limits.NAME_CHARACTERS_MAX + 1]):
            looks += 1
            user = state.users.get(state.user_by_name.get(name_key(name), ""))
            if user is not None and is_readable(state, room, user.id):
                found[user.id] = None
                break
        if looks >= _LOOKS_MAX:
            break
    return list(found)


def _names(text: str) -> Iterator[str]:
    """What may be the name with which a text begins, in whole words, the longest first; none has an @."""
    text = text.partition("@")[0]
    for end in range(min(len(text), limits.NAME_CHARACTERS_MAX), 0, -1):
        if not (text[end : end + 1].isalnum() or text[end - 1].isspace()):
            yield text[:end]
