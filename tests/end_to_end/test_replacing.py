"""A machine is gone for good: another one takes its place while the first one serves, under load."""

import contextlib
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from server.archive.blobs import BlobStore
from server.archive.disk import SqliteDisk, SqliteReader
from server.archive.store import Store, StoreReader
from server.client.notices import StandbyChanged, Stored
from server.cluster.data_folder import DataFolder
from server.cluster.pair_processes import choose_ports
from tests.commands.programs import Program, fails, run, run_here
from tests.commands.test_init_and_join import ANY, join_words, make_pair, served
from tests.end_to_end.people import People, Person
from tests.end_to_end.real_pair import wait_for_mode
from tests.end_to_end.test_r3_files import ended, send
from tests.waiting import wait_until


def serve(data: Path) -> Program:
    return Program("serve", "--open", "--data", data, "--send-rate-per-s", "0")


def replacing(data: Path, *options: object) -> Program:
    return Program("init", "--data", data, "--replace", *options)


def take_in(waiting: Program, data: Path) -> None:
    """The new machine's part."""
    joined = run(*join_words(waiting, data), "--listen", ANY, "--peer-listen", ANY)
    assert joined.code == 0, joined.errors
    assert waiting.wait() == 0, waiting.errors


def messages(data: Path) -> list[tuple[str, int]]:
    """The ids of the messages on the disk of a stopped server, in order."""
    disk = SqliteDisk(DataFolder(data).archive)
    try:
        return [record.id for record in Store(disk).all_records() if record.header.kind == "message"]
    finally:
        disk.close()


@contextlib.contextmanager
def everybody_writes(*people: Person) -> Iterator[None]:
    """All write all the time, a message about every twenty milliseconds each, and all of it is stored."""
    end = threading.Event()

    def write(person: Person) -> None:
        while not end.wait(0.02):
            person.last = person.say(f"{person.name} writes")

    threads = [threading.Thread(target=write, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        end.set()
        for thread in threads:
            thread.join()
    for person in people:
        person.stored(person.last)


def holds_all_once(data: Path, *people: Person) -> None:
    """Everything that these people wrote is in the archive, once, in the order of each of them."""
    found = messages(data)
    for person in people:
        assert [n for device, n in found if device == person.device] == list(range(1, person.last + 1))
    assert len(found) == sum(person.last for person in people)


@pytest.mark.parametrize("dead", [0, 1])
def test_under_load_nothing_is_lost_and_nothing_stands_twice(
    tmp_path: Path, people: People, dead: int
) -> None:
    folders = make_pair(tmp_path)
    left, new = folders[1 - dead], tmp_path / "c"
    programs = [serve(folder) for folder in folders]
    with programs[0], programs[1], contextlib.ExitStack() as stack:
        link = served(programs[1 - dead])
        anna, bruno = people.person(link, "Anna"), people.person(link, "Bruno")
        for person in (anna, bruno):
            wait_for_mode(person, "dual")
        with everybody_writes(anna, bruno):
            anna.stored(20)
            programs[dead].kill()
            shutil.rmtree(folders[dead])
            wait_for_mode(anna, "solo")
            with replacing(left) as waiting:
                take_in(waiting, new)
            third = stack.enter_context(serve(new))
            third.wait_line("ready: ")
            wait_for_mode(anna, "dual")
            for person in (anna, bruno):
                person.wait_for(StandbyChanged, lambda standby: standby.server == "c")
            # The new one is as good as the old one was: it goes on alone.
            programs[1 - dead].kill()
            wait_for_mode(anna, "solo")
        assert third.interrupt() == 0
    holds_all_once(new, anna, bruno)
    assert DataFolder(left).read().retired


def test_who_can_be_reached_is_not_replaced(tmp_path: Path) -> None:
    a, b = make_pair(tmp_path)
    with serve(a) as first, serve(b) as second:
        wait_until(lambda: " dual" in first.text)
        fails(1, "is there and not lost", "init", "--data", a, "--replace")
        # Nor by a folder on which nothing runs.
        assert first.interrupt() == 0
        fails(1, "is there and not lost", "init", "--data", a, "--replace")
        assert second.is_running
    assert DataFolder(a).read().retired == ()


def test_a_code_is_good_for_one_machine_and_one_code_waits_at_a_time(tmp_path: Path) -> None:
    a, b = make_pair(tmp_path)
    with serve(a) as first:
        first.wait_line("ready: ")
        port = choose_ports(0).servers[0]
        with replacing(a, "--code-at", f"127.0.0.1:{port}") as waiting:
            words = join_words(waiting, tmp_path / "c")
            assert words[1].startswith(f"127.0.0.1:{port}/")
            fails(1, "waits with a code", "init", "--data", a, "--replace")
            fails(1, "that is to be replaced", *words[:-1], b, "--listen", ANY, "--peer-listen", ANY)
            (b / "archive.sqlite").touch()
            fails(1, "There is a server of the chat", *words[:-1], b, "--listen", ANY, "--peer-listen", ANY)
            assert run(*words, "--listen", ANY, "--peer-listen", ANY).code == 0
            assert waiting.wait() == 0
        fails(1, "Nobody waits at", *words[:-1], tmp_path / "d", "--listen", ANY, "--peer-listen", ANY)
        assert first.is_running
    assert DataFolder(a).read().peer == DataFolder(tmp_path / "c").read().server
    # A wait that is given up changes nothing.
    before = DataFolder(a).read()
    with replacing(a, "--listen", "127.0.0.1:9", "--peer-listen", "127.0.0.1:10") as waiting:
        waiting.wait_line(" join ")
        assert waiting.interrupt() == 1
        assert "the code is void now" in waiting.errors
    assert DataFolder(a).read() == before
    # The name in the printed line is free, whoever was taken in before.
    with replacing(tmp_path / "c") as waiting:
        assert "--name b " in waiting.wait_line(" join ")


def test_what_cannot_be_replaced_is_told(tmp_path: Path) -> None:
    a = tmp_path / "a"
    fails(1, "There is no server in", "init", "--data", a, "--replace")
    assert run("init", "--data", a, "--listen", ANY, "--peer-listen", ANY, "--no-wait").code == 0
    fails(1, "has no second one that could be replaced", "init", "--data", a, "--replace")


def test_the_old_one_comes_back_with_what_it_stored_alone_and_hands_it_over(
    tmp_path: Path, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = make_pair(tmp_path)
    new = tmp_path / "c"
    with serve(a) as first, serve(b) as second:
        link = served(first)
        anna, bruno = people.person(link, "Anna"), people.person(link, "Bruno")
        for person in (anna, bruno):
            wait_for_mode(person, "dual")
            person.stored(person.say("both have it"))
        first.kill()
        # The second one goes on alone, also with somebody who was never seen before.
        for person in (anna, bruno, clara := people.person(link, "Clara")):
            wait_for_mode(person, "solo")
            person.stored(person.say("only the second one has it"))
        assert {stored.copies for stored in clara.all_of(Stored)} == {1}
        (photo := tmp_path / "photo.bin").write_bytes(os.urandom(3 * 1024 * 1024))
        clara.stored(send(clara, sent := ended(clara, clara.links.upload(photo)), photo.name))
        second.kill()
        for person in (anna, bruno, clara):
            people.leave(person)
    monkeypatch.setenv("DESKTOP_CHAT_BOOT_WAIT_S", "0")
    with serve(a) as first:
        dora = people.person(served(first), "Dora")
        dora.stored(dora.say("only the first one has it"))
        with replacing(a) as waiting:
            take_in(waiting, new)
        assert (
            f"desktop-chat://{DataFolder(a).read().listen},{DataFolder(new).read().listen}/" in waiting.text
        )
        with serve(new) as third:
            third.wait_line("ready: ")
            wait_for_mode(dora, "dual")
            with everybody_writes(dora):
                # It leads alone at once, for a moment, and is told who is there now.
                for turn in range(2):
                    with serve(b) as old:
                        assert old.wait() == 1
                        assert "Another server has taken this one's place" in old.errors or turn
                        assert "This server is retired: all that it held is in the archive of a" in old.errors
            people.leave(dora)
            assert third.interrupt() == 0
        assert first.interrupt() == 0
    for folder in (a, new):
        found = messages(folder)
        for person in (anna, bruno):
            assert [n for device, n in found if device == person.device] == [1, 2]
        assert [n for device, n in found if device == clara.device] == [1, 2]
        assert BlobStore(DataFolder(folder).blobs).read(sent.sha256, 0, sent.size) == photo.read_bytes()
        assert [n for device, n in found if device == dora.device] == list(range(1, dora.last + 1))
    assert run("dump", b, "--check").code == 0
    fails(1, "is retired", "init", "--data", b, "--replace")
    fails(1, "is retired", "init", "--data", b)


def test_one_that_only_stood_still_is_told_when_it_goes_on_and_nothing_is_lost(
    tmp_path: Path, people: People
) -> None:
    a, b = make_pair(tmp_path)
    new = tmp_path / "c"
    with serve(a) as first, serve(b) as second:
        link = served(first)
        anna, bruno = people.person(link, "Anna"), people.person(link, "Bruno")
        for person in (anna, bruno):
            wait_for_mode(person, "dual")
        with everybody_writes(anna, bruno):
            anna.stored(20)
            second.signal(signal.SIGSTOP)
            wait_for_mode(anna, "solo")
            with replacing(a) as waiting:
                take_in(waiting, new)
            with serve(new) as third:
                third.wait_line("ready: ")
                wait_for_mode(anna, "dual")
                second.signal(signal.SIGCONT)
                assert second.wait() == 1
                assert "This server is retired" in second.errors
                anna.stored(anna.last)
                told = run("status", "--data", b)
                assert told.code == 0
                assert "b was replaced on 20" in told.lines[0]
                assert f"its data folder {b} may be removed" in told.lines[0]
                assert "2 of 100 users" in told.text
                assert third.interrupt() == 0
        assert first.interrupt() == 0
    holds_all_once(a, anna, bruno)


def test_one_that_holds_nothing_more_than_the_first_one_waits_until_the_new_one_has_it_too(
    tmp_path: Path, people: People
) -> None:
    a, b = make_pair(tmp_path)
    new = tmp_path / "c"
    with serve(a) as first:
        with serve(b) as second:
            anna = people.person(served(first), "Anna")
            wait_for_mode(anna, "dual")
            anna.last = anna.say("on both of the old ones")
            anna.stored(anna.last)
            second.kill()
        with replacing(a) as waiting:
            take_in(waiting, new)
        first.wait_line("ready: ")
        with serve(b) as old:
            # The new one has nothing yet: without this one there was one copy of everything.
            wait_until(lambda: "it waits until that is on both disks" in old.errors, what="its sentence")
            assert "It hands over what it alone holds" in run_here("status", "--data", b).text
            with serve(new) as third:
                assert old.wait() == 1
                assert "requests handed over: 0" in old.errors
                assert third.interrupt() == 0
        assert first.interrupt() == 0
    holds_all_once(new, anna)


def test_one_that_cannot_note_that_it_is_retired_ends_all_the_same(tmp_path: Path) -> None:
    a, b = make_pair(tmp_path)
    with serve(a) as first:
        first.wait_line("ready: ")
        with replacing(a) as waiting:
            take_in(waiting, tmp_path / "c")
        # As after an earlier start of it: nothing is new that it would note first of all.
        DataFolder(b).update(lambda kept: msgspec.structs.replace(kept, is_open=True))
        # Nothing can be written there, as on a full disk.
        in_the_way = b / "cluster.new"
        in_the_way.mkdir()
        with serve(b) as old:
            assert old.wait() == 1
            assert "cannot note it: The data folder" in old.errors
            assert "Traceback" not in old.errors
        assert not DataFolder(b).read().is_retired
        in_the_way.rmdir()
        with serve(tmp_path / "c") as third:
            third.wait_line("ready: ")
            with serve(b) as old:
                assert old.wait() == 1
                assert "all that it held is in the archive of a" in old.errors
            assert third.interrupt() == 0
        assert first.interrupt() == 0
    assert DataFolder(b).read().is_retired


def test_a_hand_over_that_is_killed_again_and_again_comes_to_its_end(
    tmp_path: Path, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = make_pair(tmp_path)
    new, count = tmp_path / "c", 3_000
    with serve(a) as first, serve(b) as second:
        link = served(first)
        anna = people.person(link, "Anna")
        wait_for_mode(anna, "dual")
        first.kill()
        wait_for_mode(anna, "solo")
        for _ in range(count):
            anna.last = anna.say("only the second one has it")
        anna.stored(count)
        people.leave(anna)
        second.kill()
    monkeypatch.setenv("DESKTOP_CHAT_BOOT_WAIT_S", "0")
    reader = StoreReader(SqliteReader(DataFolder(a).archive))
    with serve(a) as first:
        first.wait_line("ready: ")
        with replacing(a) as waiting:
            take_in(waiting, new)
        with serve(b) as old:
            wait_until(lambda: "Another server has taken this one's place" in old.errors)
            wait_until(lambda: "let it run" in run_here("status", "--data", b).text, what="the hand-over")
            old.kill()
        # The new one is not there yet: one copy is not enough to go.
        assert f"Start it once more with `serve --data {b}`" in run_here("status", "--data", b).text
        with serve(b) as old:
            wait_until(lambda: reader.last_number() > 0, what="the first of them")
            old.kill()
        first.kill()
    with serve(b) as old:
        wait_until(lambda: "It waits for a" in old.errors)
        with serve(a) as first:
            wait_until(lambda: reader.last_number() == count, what="all of them at the first server")
            assert old.is_running
            with serve(new) as third:
                assert old.wait() == 1
                assert "all that it held is in the archive of a" in old.errors
                assert third.interrupt() == 0
            assert first.interrupt() == 0
    for folder in (a, new):
        holds_all_once(folder, anna)


def test_a_strict_server_waits_until_another_one_takes_the_place_of_the_dead_one(
    tmp_path: Path, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKTOP_CHAT_STRICT", "true")
    a, b = make_pair(tmp_path)
    new = tmp_path / "c"
    with serve(a) as first, serve(b) as second:
        anna = people.person(served(first), "Anna")
        wait_for_mode(anna, "dual")
        anna.stored(anna.say("on both"))
        second.kill()
        shutil.rmtree(b)
        wait_for_mode(anna, "waiting")
        waiting_message = anna.say("waits for another one")
        with replacing(a) as waiting:
            take_in(waiting, new)
        assert not [stored for stored in anna.all_of(Stored) if stored.counter == waiting_message]
        with serve(new) as third:
            anna.stored(waiting_message)
            assert {stored.copies for stored in anna.all_of(Stored)} == {2}
            people.leave(anna)
            assert third.interrupt() == 0
        assert first.interrupt() == 0
    assert messages(a) == messages(new) == [(anna.device, 1), (anna.device, 2)]
