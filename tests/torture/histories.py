"""Small histories and archives to judge."""

from collections.abc import Iterable

from server.torture.archive_facts import ArchiveFacts
from server.torture.history import History, MessageId, ReaderHistory, SenderHistory


def messages(text: str) -> list[MessageId]:
    """`a1 a2 b1` as (device, counter)."""
    return [(word[0], int(word[1:])) for word in text.split()]


def history(sent: dict[str, int], read: str, *, readers: int = 1) -> History:
    """Senders by device with everything acknowledged, and readers that were all shown the same."""
    senders = []
    for device, count in sent.items():
        sender = SenderHistory(f"sender-{device}", device, sent=count)
        for counter in range(1, count + 1):
            sender.stored(counter, copies=2, at_s=float(counter))
        senders.append(sender)
    shown = list(enumerate(messages(read), start=1))
    return History(senders, [ReaderHistory(f"reader-{n}", list(shown)) for n in range(1, readers + 1)])


def archive(text: str, hashes: Iterable[bytes] = (b"1", b"2"), *, merged: str = "") -> ArchiveFacts:
    """An archive that holds these messages; of those in `merged` a merge moved the place."""
    moved = dict.fromkeys(messages(merged), 1000)
    return ArchiveFacts(hashes=list(hashes), messages=messages(text), merged=moved)
