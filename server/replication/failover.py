"""Who leads: pure functions of durable facts, the same on both servers.

The winner at a reconnect is the higher last epoch; never the longer log, the clock, or who dialled.
Only within one and the same epoch, which has one writer, is the longer log the better one. Of two
empty logs the founder's wins: a server that has nothing begins no second archive.
"""

from server.archive.record import NO_EPOCH, Epoch, Span, span_ends
from server.replication.messages import Hello


def wins(mine: Hello, theirs: Hello) -> bool:
    """Whether the server of `mine` leads; the other side finds the opposite."""

    def rank(hello: Hello) -> tuple[Epoch, bool, int, bool]:
        epoch = hello.spans[-1].epoch if hello.spans else NO_EPOCH
        return epoch, hello.is_leader, hello.last_index, hello.is_founder

    my_rank, their_rank = rank(mine), rank(theirs)
    if my_rank != their_rank:
        return my_rank > their_rank
    return mine.server < theirs.server


def fork_index(mine: Hello, theirs: Hello) -> int:
    """The last index up to which both logs hold the same records.

    An epoch has one writer, so logs that share an epoch agree up to where the shorter one leaves
    it. When the tables share no epoch the logs share nothing.
    """
    their_ends = {span.epoch: end for span, end in span_ends(theirs.spans, theirs.last_index)}
    common = 0
    for span, end in span_ends(mine.spans, mine.last_index):
        if span.epoch in their_ends:
            common = max(common, min(end, their_ends[span.epoch]))
    return common


def may_have_acknowledged(spans: list[Span], server: str, first: int, last: int) -> bool:
    """Whether `server` alone may have acknowledged records from `first` to `last`.

    Under a rule of two, nothing is acknowledged that the other server has not confirmed; so
    what the other one lacks can only have been acknowledged in an epoch of `server` alone.
    """
    return any(
        span.members == (server,) and end >= first and span.first_index <= last
        for span, end in span_ends(spans, last)
    )
