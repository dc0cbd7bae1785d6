"""R3.10 with real servers: edits, deletions, reactions and replies through kills, and true erasure."""

from functools import partial
from pathlib import Path

import pytest

from server.archive.disk import SqliteReader
from server.archive.erasing import target_of
from server.archive.keys import change_index
from server.archive.store import StoreReader
from server.client.notices import Answered, Happened, QuestionFailed
from server.client.outbox import Draft
from server.client.reading import START_OF_ARCHIVE
from server.protocol import events, requests
from server.protocol.events import Message
from server.state.rebuild import rebuild
from tests.end_to_end.people import People, Person
from tests.end_to_end.real_pair import RealPair, wait_for_mode
from tests.waiting import DEADLINE_S, wait_until

SECRET = "the secret of the garden"


def ask(person: Person, question: requests.Edit | requests.Delete | requests.React) -> str:
    """Have it archived; "stored", or the code of the refusal."""
    ticket = person.links.ask(question)

    def answer() -> str:
        for notice in list(person.notices):
            if isinstance(notice, QuestionFailed) and notice.ticket == ticket:
                return notice.code
            if getattr(notice, "counter", 0) == question.counter:
                return "stored"
        return ""

    return wait_until(answer, what=f"an answer to {type(question).__name__}")


def edit(person: Person, message: Message, text: str) -> str:
    counter = person.next_counter()
    device, number = message.device, message.counter
    return ask(person, requests.Edit(id=1, counter=counter, device=device, message=number, text=text))


def delete(person: Person, message: Message) -> str:
    counter = person.next_counter()
    return ask(person, requests.Delete(id=1, counter=counter, device=message.device, message=message.counter))


def react(person: Person, message: Message, emoji: str) -> str:
    counter = person.next_counter()
    device, number = message.device, message.counter
    return ask(person, requests.React(id=1, counter=counter, device=device, message=number, emoji=emoji))


def said(person: Person, text: str) -> Message:
    """Write it, and wait until it is there and on both disks."""
    counter = person.say(text)
    person.on_both(counter)
    (found,) = wait_until(lambda: [each for each in person.messages if each.text == text], what=text)
    return found


def past(person: Person) -> list[Message]:
    """The room as it is shown to somebody who asks now."""
    ticket = person.links.ask(requests.History(id=1, room="general", limit=200))
    answered = wait_until(
        lambda: [a for a in person.all_of(Answered) if a.ticket == ticket], what="a page of the past"
    )
    page = answered[0].answer
    assert isinstance(page, events.HistoryPage)
    return page.messages


def happened(person: Person, kind: type[events.AnyHappening]) -> list[events.AnyHappening]:
    found = [notice.event for notice in person.all_of(Happened)]
    return [event for event in found if isinstance(event, kind)]


def files_with(folder: Path, text: str) -> list[str]:
    """Every file beneath a folder that holds a text."""
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and text.encode() in path.read_bytes()
    ]


def is_gone(folder: Path, text: str) -> bool:
    return not files_with(folder, text)


def check_archives(pair: RealPair) -> None:
    """Both stopped servers hold the same log, mean the same, and have the changes that the log says."""
    archives = [pair.archive(place) for place in (0, 1)]
    # The one that was stopped last may have led alone for a moment.
    end = min(map(len, archives))
    assert len({records[end - 1].hash for records in archives}) == 1
    found = []
    for place, records in enumerate(archives):
        disk = SqliteReader(pair.path / "ab"[place] / "archive.sqlite")
        reader = StoreReader(disk)
        state = rebuild([], reader.all_records, end)
        devices = {record.header.device for record in records if not record.is_epoch}
        table = sorted(row for device in devices for row in reader.changes(device, 0, 2**53))
        expected = [
            record.index
            for record in records
            if target_of(record.header.kind, record.body) and record.id not in state.voids
        ]
        assert sorted(change_index(key) for key, _kind in table) == expected
        assert not reader.quarantine(b"", 1)
        disk.close()
        found.append((state.digest(), table))
    assert found[0] == found[1]


def test_what_was_deleted_is_in_no_file_of_either_server(pair: RealPair, people: People) -> None:
    anna, ben = people.person(pair.invite, "anna"), people.person(pair.invite, "ben")
    message = said(anna, SECRET)
    other = said(anna, "what stays in the garden")
    assert edit(anna, message, f"{SECRET}, once more") == "stored"
    assert react(ben, message, "👍") == "stored"
    assert edit(ben, message, "mine") == "forbidden"
    for folder in ("a", "b"):
        wait_until(partial(files_with, pair.path / folder, SECRET), what="it is on the disk")
    assert delete(anna, message) == "stored"
    assert edit(anna, message, "back") == "deleted_message"
    wait_until(lambda: not files_with(pair.path, SECRET), what="it is erased while both servers run")
    assert files_with(pair.path, other.text)
    wait_until(lambda: happened(ben, events.MessageDeleted), what="ben hears of it")
    assert [(each.text, each.is_deleted) for each in past(ben)] == [("", True), (other.text, False)]
    late = people.person(pair.invite, "cleo", cursor=START_OF_ARCHIVE)
    wait_until(lambda: len(late.messages) == 2, what="cleo has the archive")
    assert SECRET not in repr(late.notices)
    for place in (0, 1):
        assert pair.stop_one(place) == 0
    check_archives(pair)
    assert not files_with(pair.path, SECRET)


@pytest.mark.parametrize("victim", [0, 1])
def test_a_server_that_dies_in_the_middle_loses_no_change_and_keeps_no_text(
    pair: RealPair, people: People, victim: int
) -> None:
    anna = people.person(pair.invite, "anna")
    messages = [said(anna, f"{SECRET} {n}") for n in range(6)]
    assert delete(anna, messages[0]) == "stored"
    assert edit(anna, messages[1], f"{SECRET} 1 anew") == "stored"
    pair.kill(victim)
    assert delete(anna, messages[1]) == "stored"
    assert edit(anna, messages[2], "harmless now") == "stored"
    assert react(anna, messages[2], "🎉") == "stored"
    assert delete(anna, messages[3]) == "stored"
    pair.start_again(victim)
    assert pair.processes.servers[victim].wait_dual(DEADLINE_S)
    for message in messages[4:]:
        assert delete(anna, message) == "stored"
    reader = people.person(pair.invite, "ben")
    reader.connected()
    shown = past(reader)
    assert [message.is_deleted for message in shown] == [True, True, False, True, True, True]
    assert (shown[2].text, list(shown[2].reactions)) == ("harmless now", ["🎉"])
    # Only the text before its edit stays, for nobody deleted that one.
    for n in (0, 1, 3, 4, 5):
        wait_until(partial(is_gone, pair.path, f"{SECRET} {n}"), what=f"{n} is erased")
    for place in (0, 1):
        assert pair.stop_one(place) == 0
    check_archives(pair)


def test_what_one_server_alone_knew_when_it_died_is_erased_on_the_other_one(
    pair: RealPair, people: People
) -> None:
    anna = people.person(pair.invite, "anna")
    message = said(anna, SECRET)
    pair.kill(1)
    assert delete(anna, message) == "stored"
    pair.kill(0)
    pair.start_again(1)
    # The second server does not know of it, and leads alone once it is sure that nobody else does.
    pair.start_again(0)
    for server in pair.processes.servers:
        assert server.wait_dual(DEADLINE_S)
    wait_for_mode(anna, "dual")
    assert edit(anna, message, f"{SECRET}, again") == "deleted_message"
    wait_until(lambda: not files_with(pair.path, SECRET), what="it is erased on both")
    for place in (0, 1):
        assert pair.stop_one(place) == 0
    check_archives(pair)


def test_a_reply_goes_to_the_other_server_when_one_dies(pair: RealPair, people: People) -> None:
    anna = people.person(pair.invite, "anna")
    message = said(anna, "who comes?")
    pair.kill(0)
    counter = anna.next_counter()
    anna.links.send(Draft(counter, "general", "I do", 1, reply=(message.device, message.counter)))
    anna.stored(counter)
    found = wait_until(lambda: [each for each in anna.messages if each.text == "I do"], what="the reply")
    assert found[0].reply == (message.device, message.counter)
