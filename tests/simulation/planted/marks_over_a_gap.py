"""A device that began at the end of the archive claims everything before that as well."""

from typing import Final

from server.state.marks import Marks

TARGET: Final = "server.state.marks.Marks.deliver"


def replacement(self: Marks, user: str, since: int, index: int) -> bool:
    if index <= self.delivered.get(user, 0):
        return False
    self.delivered[user] = index
    return True
