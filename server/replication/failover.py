"""Who leads: pure functions of durable facts, the same on both servers.

A server that holds requests which it may have acknowledged alone wins over one that has nothing to
lose. Else the winner at a reconnect is the higher last epoch; never the longer log, the clock, or who
dialled. Only within one and the same epoch, which has one writer, is the longer log the better one. Of
two empty logs the founder's wins: a server that has nothing begins no second archive.
"""

from server.archive.record import NO_EPOCH, Epoch, span_ends
from server.replication.messages import Hello


def wins(mine: Hello, theirs: Hello) -> bool:
    """Whether the server of `mine` leads; the other side finds the opposite."""
    fork = fork_index(mine, theirs)

    def rank(hello: Hello) -> tuple[bool, Epoch, bool, int, bool]:
        epoch = hello.spans[-1].epoch if hello.spans else NO_EPOCH
        return must_keep(hello, fork), epoch, hello.is_leader, hello.last_index, hello.is_founder

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


def must_keep(hello: Hello, fork: int) -> bool:
    """Whether there are requests behind the fork that this server may have acknowledged alone.

    Under a rule of two, nothing is acknowledged that the other server has not confirmed; so
    what the other one lacks can only have been acknowledged in an epoch of this server alone. When
    the logs share nothing, one disk was lost, and whatever is left of the other is kept.
    """
    if last_request_index(hello) <= fork:
        return False
    return fork == 0 or any(
        span.members == (hello.server,) and end > fork
        for span, end in span_ends(hello.spans, hello.last_index)
    )


def last_request_index(hello: Hello) -> int:
    """Where the last record stands that a client asked for (0: there is none)."""
    last = hello.last_index
    for span in reversed(hello.spans):
        if span.first_index != last:
            break
        last -= 1
    return last
