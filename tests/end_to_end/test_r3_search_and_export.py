"""R3.10 with real servers: searching through kills and a merge, and a room as a file."""

import contextlib
import dataclasses
import random
import subprocess
import sys
from functools import partial
from pathlib import Path

import msgspec
import pytest

from server.client.notices import Answered, QuestionFailed, Stored
from server.client.reading import START_OF_ARCHIVE
from server.protocol import events, requests
from tests.end_to_end.people import People, Person
from tests.end_to_end.real_pair import RealPair
from tests.source_tree import PROJECT
from tests.terminal.screen import open_screen
from tests.waiting import DEADLINE_S, wait_until


def at(pair: RealPair, place: int, people: People, name: str) -> Person:
    """Somebody who talks with one of the two servers only."""
    invite = dataclasses.replace(pair.invite, addresses=(pair.invite.addresses[place],))
    return people.person(invite, name)


def answers(person: Person, ticket: int) -> list[Answered | QuestionFailed]:
    return [
        notice
        for notice in list(person.notices)
        if isinstance(notice, Answered | QuestionFailed) and notice.ticket == ticket
    ]


def search(person: Person, text: str, room: str | None = None) -> list[str] | None:
    """All that is found, in the order of the log; None while that cannot be said."""
    found: list[str] = []
    before: int | None = None
    while True:
        question = requests.Search(id=1, text=text, room=room, before=before, limit=50)
        ticket = person.links.ask(question)
        answered = wait_until(partial(answers, person, ticket), what=f"an answer to {text}")[0]
        if isinstance(answered, QuestionFailed):
            assert answered.code in {"index_not_ready", "unknown"}, answered
            return None
        assert isinstance(answered.answer, events.SearchPage)
        found += [hit.text for hit in answered.answer.hits]
        before = answered.answer.reached
        if answered.answer.is_end:
            return found[::-1]


def await_found(person: Person, text: str, expected: list[str]) -> None:
    wait_until(lambda: search(person, text) == expected, what=f"{person.name} finds {len(expected)}")


def test_what_was_said_is_found_at_both_servers_whichever_was_killed_while_it_learned(
    pair: RealPair, people: People, rng: random.Random
) -> None:
    anna = people.person(pair.invite, "anna")
    said = [f"bread {n}" for n in range(400)]
    counters = [anna.say(text) for text in said[:300]]
    anna.stored(rng.choice(counters))
    pair.kill(0)
    counters += [anna.say(text) for text in said[300:]]
    for counter in counters:
        anna.stored(counter)
    pair.start_again(0)
    assert pair.processes.servers[0].wait_dual(DEADLINE_S)
    for place in (0, 1):
        reader = at(pair, place, people, f"reader {place}")
        await_found(reader, "bread", [message.text for message in anna.messages])
        assert search(reader, "bread 7") == ["bread 7"]
    assert sorted(message.text for message in anna.messages) == sorted(said)
    pair.kill(1)
    for path in (pair.path / "b").glob("search.sqlite-*"):
        path.unlink()
    (pair.path / "b" / "search.sqlite").write_bytes(b"nothing of an index" * 1_000)
    pair.start_again(1)
    assert pair.processes.servers[1].wait_dual(DEADLINE_S)
    await_found(at(pair, 1, people, "late reader"), "brea*", anna.texts)


def test_after_a_merge_every_hit_stands_in_the_history_and_nothing_is_missing(
    pair: RealPair, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = people.person(pair.invite, "anna")
    anna.on_both(anna.say("bread for both"))
    pair.kill(0)
    for n in range(20):
        anna.stored(anna.say(f"bread of the second {n}"))
    await_found(anna, "bread", anna.texts)
    pair.kill(1)
    monkeypatch.setenv("DESKTOP_CHAT_BOOT_WAIT_S", "0")
    pair.start_again(0)
    ben = people.person(pair.invite, "ben", cursor=START_OF_ARCHIVE)
    for n in range(20):
        ben.stored(ben.say(f"bread of the first {n}"))
    await_found(ben, "first", [text for text in ben.texts if "first" in text])
    pair.start_again(1)
    assert pair.processes.servers[1].wait_dual(DEADLINE_S)
    wait_until(lambda: len(ben.texts) == 41 and ben.texts == anna.texts, what="one history")
    for place in (0, 1):
        reader = at(pair, place, people, f"reader {place}")
        await_found(reader, "bread", ben.texts)
        await_found(reader, "second", [text for text in ben.texts if "second" in text])


def test_around_a_hit_stands_what_was_said_then_at_either_server(pair: RealPair, people: People) -> None:
    anna = people.person(pair.invite, "anna")
    said = [f"line {n}" for n in range(40)]
    for counter in [anna.say(text) for text in said]:
        anna.on_both(counter)
    await_found(anna, "line 20", ["line 20"])
    hit = next(message for message in anna.messages if message.text == "line 20")
    for place in (0, 1):
        reader = at(pair, place, people, f"reader {place}")
        question = requests.History(id=1, room="general", around=hit.index, limit=7)
        page = reader.page(reader.links.ask(question))
        assert [message.text for message in page.messages] == said[17:24]
        assert (page.is_end, page.has_newer) == (False, True)
        pair.kill(place)
        last = requests.History(id=1, room="general", around=page.messages[-1].index, limit=200)
        page = anna.page(anna.links.ask(last))
        assert [message.text for message in page.messages] == said
        assert (page.is_end, page.has_newer) == (True, False)
        pair.start_again(place)
        assert pair.processes.servers[place].wait_dual(DEADLINE_S)


@pytest.mark.usefixtures("steady")
def test_rooms_of_others_are_not_searched(pair: RealPair, people: People) -> None:
    anna, ben = people.person(pair.invite, "anna"), people.person(pair.invite, "ben")
    ticket = anna.links.ask(requests.CreateRoom(id=1, counter=anna.next_counter(), name="garden"))
    room = anna.wait_for(Stored, lambda stored: stored.ticket == ticket).room
    anna.stored(anna.say("bread for the birds", room))
    anna.stored(anna.say("bread for all"))
    await_found(anna, "bread", ["bread for the birds", "bread for all"])
    await_found(ben, "bread", ["bread for all"])
    ticket = ben.links.ask(requests.Search(id=1, text="bread", room=room))
    assert ben.wait_for(QuestionFailed, lambda failed: failed.ticket == ticket).code == "not_a_member"


def files_have(pair: RealPair, word: str) -> list[str]:
    """The files of both data folders that have a word in them."""
    found = []
    for file in (file for place in "ab" for file in (pair.path / place).rglob("*") if file.is_file()):
        # Some come and go, such as those that take the place of another one.
        with contextlib.suppress(FileNotFoundError):
            found += [str(file)] if word.encode() in file.read_bytes() else []
    return found


@pytest.mark.usefixtures("steady")
def test_a_deleted_text_is_not_found_and_then_in_no_file_of_either_folder(
    pair: RealPair, people: People
) -> None:
    anna, readers = people.person(pair.invite, "anna"), [at(pair, n, people, f"reader {n}") for n in (0, 1)]
    first = anna.say("unspeakable things")
    anna.stored(first)
    anna.stored(anna.say("good things"))
    for reader in readers:
        await_found(reader, "things", ["unspeakable things", "good things"])
    assert files_have(pair, "speakable")
    delete = requests.Delete(id=1, counter=anna.next_counter(), device=anna.device, message=first)
    ticket = anna.links.ask(delete)
    anna.wait_for(Stored, lambda stored: stored.ticket == ticket)
    for reader in readers:
        await_found(reader, "things", ["good things"])
    wait_until(lambda: not files_have(pair, "speakable"), what="no file with it")


def chat(pair: RealPair, path: Path, *options: str) -> list[str]:
    """The command line of anna's terminal client."""
    words = [sys.executable, "-m", "server", "chat", "--server", str(pair.invite)]
    return [*words, "--name", "anna", "--data", str(path), *options]


@pytest.mark.usefixtures("steady")
def test_a_person_goes_from_a_hit_to_its_place_and_on_from_there(
    pair: RealPair, people: People, tmp_path: Path
) -> None:
    ben = people.person(pair.invite, "ben")
    for counter in [ben.say(f"line {n}") for n in range(80)]:
        ben.stored(counter)
    await_found(ben, "line 5", ["line 5"])
    with open_screen() as screen:
        words = chat(pair, tmp_path)
        with subprocess.Popen(
            words, stdin=screen.far, stdout=screen.far, stderr=screen.far, cwd=PROJECT
        ) as process:
            try:
                screen.wait_for("ben: line 79")
                screen.type("/search line 5\r")
                screen.wait_for("*   51  ")
                pair.kill(0)
                screen.type("/around 51\r")
                screen.wait_for("*→  51  ")
                screen.wait_for("Here it begins; /after goes on.")
                seen = screen.read()
                screen.type("/after\r")
                screen.wait_for("There is more: /before goes back")
                last = screen.read().removeprefix(seen)
                screen.type("/quit\r")
                wait_until(lambda: screen.read() and process.poll() is not None)
            finally:
                process.kill()
        assert process.returncode == 0
    for n in range(15):
        assert seen.count(f"ben: line {n}\r") == (2 if n == 5 else 1), n
    for n in range(15, 35):
        assert last.count(f"ben: line {n}\r") == 1, n


@pytest.mark.usefixtures("steady")
def test_programs_read_a_page_around_an_index(pair: RealPair, people: People, tmp_path: Path) -> None:
    ben = people.person(pair.invite, "ben")
    stored = [ben.stored(counter) for counter in [ben.say(f"line {n}") for n in range(30)]]
    done = subprocess.run(
        chat(pair, tmp_path, "--json"),
        input=f"/around general:{stored[14].index}\n/before\n",
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        cwd=PROJECT,
    )
    assert done.returncode == 0, done.stderr
    notices = [msgspec.json.decode(line) for line in done.stdout.splitlines()]
    answers = [notice["answer"] for notice in notices if notice["notice"] == "answered"]
    pages = [answer for answer in answers if answer["event"] == "history_page"]
    texts = [[row[-1] for row in page["rows"]] for page in pages if len(page["rows"]) < 30]
    assert texts == [[f"line {n}" for n in range(4, 24)], [f"line {n}" for n in range(4)]]


def export(
    pair: RealPair, path: Path, *options: object, name: str = "anna"
) -> "subprocess.CompletedProcess[str]":
    words = [sys.executable, "-m", "server", "export", str(pair.invite), "--name", name, "--data", str(path)]
    return subprocess.run(
        [*words, *map(str, options)],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        cwd=PROJECT,
    )


@pytest.mark.usefixtures("steady")
def test_a_room_is_exported_whole_in_each_format(pair: RealPair, people: People, tmp_path: Path) -> None:
    ben = people.person(pair.invite, "ben")
    said = [f"<b>bread</b> {n}" for n in range(450)]
    for counter in [ben.say(text) for text in said]:
        ben.stored(counter)
    page = tmp_path / "general.html"
    done = export(pair, tmp_path / "own", "-o", page)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "450 messages are in" in done.stderr
    assert page.read_text(encoding="utf-8").count("&lt;b&gt;bread&lt;/b&gt;") == 450
    done = export(pair, tmp_path / "own", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = msgspec.json.decode(done.stdout)["messages"]
    assert [message["text"] for message in found] == said
    text = export(pair, tmp_path / "own").stdout.splitlines()
    assert [line.partition(" ben: ")[2] for line in text[3:]] == said


@pytest.mark.usefixtures("steady")
def test_what_cannot_be_exported_leaves_no_file(pair: RealPair, people: People, tmp_path: Path) -> None:
    done = export(pair, tmp_path / "own", "--room", "attic", "-o", tmp_path / "attic.txt")
    assert done.returncode == 1
    assert "You are not a member of a room attic." in done.stderr
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    done = export(pair, tmp_path / "own", "-o", mine)
    assert (done.returncode, mine.read_text()) == (1, "mine")
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".part"]
