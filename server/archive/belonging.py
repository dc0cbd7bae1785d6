"""Whose an archive is: the chat's id is written into it once, and looked at before anything is done with it.

Another chat's archive in a data folder (a backup put back at the wrong place, two folders mixed up) would
otherwise be taken for the own one, and all of it would be merged into this chat.
"""

from typing import Final

# The name of the fact in the archive.
CLUSTER_FACT: Final = "cluster"


class ForeignArchiveError(Exception):
    """The archive belongs to another chat. Nothing was changed."""

    def __init__(self, theirs: str, mine: str) -> None:
        super().__init__(theirs)
        self.theirs: Final = theirs
        self.mine: Final = mine


def check_belongs(fact: bytes | None, cluster: str) -> None:
    """Raise `ForeignArchiveError` for another chat's. None: made before archives said whose they are."""
    if fact is not None and fact != cluster.encode():
        raise ForeignArchiveError(fact.decode(errors="replace"), cluster)
