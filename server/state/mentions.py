"""Mentions: whom a text names as @name (pure).

Found when it is told, by the names of then: what is archived is what was written, so that sending it again
anywhere is the same request.
"""

import re
from typing import Final

from server.protocol import limits
from server.protocol.names import name_key
from server.state.permissions import is_readable
from server.state.state import State

# A sign in an address (anna@example.org) names nobody.
_START: Final = re.compile(r"(?<!\w)@(?=\w)")
# So many are looked up, whatever a text is made of.
_TRIES_MAX: Final = 32


def mentions_in(text: str, room: str, state: State) -> list[str]:
    """The ids of the members of a room whom a text names, each once, in order."""
    found: dict[str, None] = {}
    starts = [match.end() for match in _START.finditer(text)][:_TRIES_MAX]
    for start in starts:
        user = _named(text[start : start + limits.NAME_CHARACTERS_MAX + 1], room, state)
        if user:
            found[user] = None
    return list(found)


def _named(text: str, room: str, state: State) -> str:
    """The longest name of a member with which a text begins, as a whole word; "" for none."""
    for end in range(min(len(text), limits.NAME_CHARACTERS_MAX), 0, -1):
        if text[end : end + 1].isalnum() or text[end - 1].isspace():
            continue
        user = state.users.get(state.user_by_name.get(name_key(text[:end]), ""))
        if user is not None and is_readable(state, room, user.id):
            return user.id
    return ""
