"""Bad disks under real servers: mended from what is left and from the peer, or refused in words."""

import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from server.archive.disk import SqliteReader
from server.archive.salvage import wal_path
from server.archive.store import StoreReader
from server.client.notices import Delayed
from server.commands.serving import EXIT_DAMAGED
from server.protocol.requests import History
from server.torture.bad_disk import BadDisk, NoBadDiskError, build_library
from server.torture.plan import PlannedDisk
from tests.commands.bad_clients import RawClient
from tests.commands.programs import Program, run_here
from tests.damaged_archives import DAMAGES
from tests.end_to_end.people import People, Person
from tests.end_to_end.real_pair import RealPair, wait_for_mode
from tests.waiting import DEADLINE_S, wait_until

A, B = 0, 1


def archive(pair: RealPair, place: int) -> Path:
    return pair.path / "ab"[place] / "archive.sqlite"


def errors(pair: RealPair, place: int) -> str:
    return pair.processes.servers[place].errors


def history(person: Person) -> set[tuple[str, int]]:
    """The ids of the messages that a server shows."""
    page = person.page(person.links.ask(History(id=1, room="general", limit=50)))
    return {(message.device, message.counter) for message in page.messages}


def start_and_mend(pair: RealPair, place: int) -> None:
    """A start that finds a row damaged while it runs, and the next one, which mends the archive."""
    process = pair.processes.servers[place] = pair.processes.make(place)
    assert process.process.wait(DEADLINE_S) == EXIT_DAMAGED
    wait_until(lambda: "is mended at the next start" in process.errors, what="the words")
    process.stop()
    pair.start_again(place)
    wait_until(lambda: "has been built anew" in errors(pair, place), what="the words")
    assert str(pair.path / "ab"[place] / "damaged-1") in errors(pair, place)


def damage_message(path: Path, number: int) -> None:
    """Flip a bit inside the row of a message, behind the back of a stopped server."""
    reader = SqliteReader(path)
    place = StoreReader(reader).index_of_number(number)
    reader.close()
    connection = sqlite3.connect(path)
    with connection:
        (sealed,) = connection.execute("SELECT sealed FROM records WHERE key = ?", (place,)).fetchone()
        flipped = sealed[:-3] + bytes([sealed[-3] ^ 1]) + sealed[-2:]
        connection.execute("UPDATE records SET sealed = ? WHERE key = ?", (flipped, place))
    connection.close()


def is_level(pair: RealPair) -> None:
    """Stop both: both archives hold the same, the chain is whole, and each message is there once."""
    pair.stop()
    a, b = ([record.hash for record in pair.archive(place)] for place in (A, B))
    shortest = min(len(a), len(b))
    assert a[:shortest] == b[:shortest]
    # What the last one to stop wrote alone is the end of its own lead.
    assert abs(len(a) - len(b)) <= 1
    assert len(set(pair.messages(A))) == len(pair.messages(A))


@pytest.mark.parametrize("kind", list(DAMAGES), ids=lambda kind: kind.__name__)
def test_whatever_happens_to_one_disk_it_is_whole_again_after_a_start_beside_the_other(
    make_pair: Callable[..., RealPair], people: People, rng: random.Random, kind: Callable[..., str]
) -> None:
    pair = make_pair()
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    for n in range(60):
        anna.say(f"before {n} " + "x" * (n % 7 * 300))
    anna.stored(60)
    pair.kill(B)
    wait_for_mode(anna, "solo")
    done = kind(rng, archive(pair, B))
    anna.stored(anna.say("meanwhile"))
    pair.start_again(B)
    wait_for_mode(anna, "dual")
    anna.on_both(anna.say("after"))
    is_level(pair)
    assert pair.messages(A) == pair.messages(B) == [(anna.device, n) for n in range(1, 63)], done
    assert run_here("dump", pair.path / "b", "--check").code == 0, done


def test_what_only_the_damaged_disk_held_comes_through(
    make_pair: Callable[..., RealPair], people: People
) -> None:
    pair = make_pair()
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    for n in range(10):
        anna.say(f"both {n}")
    anna.stored(10)
    pair.kill(B)
    wait_for_mode(anna, "solo")
    for n in range(10):
        anna.say(f"alone {n}")
    assert anna.stored(20).copies == 1
    # Its last stop puts all of it into the database.
    assert pair.stop_one(A) == 0
    damage_message(archive(pair, A), 5)
    pair.start_again(B)
    start_and_mend(pair, A)
    wait_for_mode(anna, "dual")
    bruno = people.person(pair.invite, "Bruno")
    bruno.connected()
    expected = {(anna.device, n) for n in range(1, 21)}
    wait_until(lambda: history(bruno) == expected, what="all that was acknowledged")
    is_level(pair)
    assert set(pair.messages(B)) == expected


def test_without_the_peer_it_serves_nobody_and_says_why_until_the_peer_comes(
    make_pair: Callable[..., RealPair], people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKTOP_CHAT_BOOT_WAIT_S", "0.5")
    pair = make_pair()
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    for n in range(30):
        anna.say(f"{n}")
    anna.stored(30)
    pair.stop()
    # Nothing of it can be read any more.
    archive(pair, A).write_bytes(b"no archive " * 5_000)
    pair.start_again(A)
    wait_until(lambda: "lacks what it once confirmed" in errors(pair, A), what="the alarm")
    found = run_here("status", f"127.0.0.1:{pair.ports.clients[A]}", "--data", pair.path / "a", "--json")
    (server,) = msgspec.json.decode(found.text)["servers"]
    assert (server["role"], server["alarm"]) == ("recovering", "lacks_confirmed")
    anna.say("waits")
    pair.start_again(B)
    assert anna.stored(31).copies in {1, 2}
    wait_for_mode(anna, "dual")
    is_level(pair)
    assert pair.messages(A) == [(anna.device, n) for n in range(1, 32)]


def test_an_administrator_may_go_on_with_what_is_left_and_messages_behind_the_gap_come_back(
    make_pair: Callable[..., RealPair], people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKTOP_CHAT_BOOT_WAIT_S", "0.5")
    pair = make_pair()
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    for n in range(20):
        anna.say(f"{n}")
    anna.stored(20)
    pair.stop()
    damage_message(archive(pair, A), 7)
    pair.add_options("--lead-anyway")
    start_and_mend(pair, A)
    wait_for_mode(anna, "solo")
    anna.stored(anna.say("on we go"))
    pair.stop()
    assert set(pair.messages(A)) == {(anna.device, n) for n in range(1, 22) if n != 7}


def test_damage_found_while_it_runs_ends_the_server_and_the_next_start_mends_it(
    make_pair: Callable[..., RealPair], people: People
) -> None:
    pair = make_pair()
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    for n in range(40):
        anna.say(f"{n}")
    anna.stored(40)
    pair.stop()
    damage_message(archive(pair, A), 3)
    pair.start_again(B)
    # The check of every row finds it, whoever asks or does not ask.
    start_and_mend(pair, A)
    wait_for_mode(anna, "dual")
    anna.stored(anna.say("after"))
    is_level(pair)
    assert pair.messages(A) == [(anna.device, n) for n in range(1, 42)]


def test_a_founder_that_lost_its_archive_begins_no_second_one(
    make_pair: Callable[..., RealPair], people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKTOP_CHAT_BOOT_WAIT_S", "0.5")
    pair = make_pair()
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    anna.stored(anna.say("once"))
    pair.stop()
    for path in (archive(pair, A), wal_path(archive(pair, A)), pair.path / "a" / "confirmed.json"):
        path.unlink(missing_ok=True)
    pair.start_again(A)
    pair.start_again(B)
    wait_for_mode(anna, "dual")
    anna.stored(anna.say("more"))
    is_level(pair)
    assert pair.messages(A) == [(anna.device, 1), (anna.device, 2)]


# --- no room


def test_a_server_whose_disk_takes_nothing_more_ends_in_words_and_the_other_one_goes_on(
    pair: RealPair, people: People
) -> None:
    anna, bruno = people.person(pair.invite, "Anna"), people.person(pair.invite, "Bruno")
    wait_for_mode(anna, "dual")
    anna.stored(anna.say("before"))
    process = pair.processes.servers[A]
    size = wal_path(archive(pair, A)).stat().st_size
    resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (size, size))
    for n in range(2_000):
        anna.say(f"{n}")
    anna.stored(2_001)
    assert process.process.wait(DEADLINE_S) == 1
    wait_until(lambda: "the server cannot go on" in process.errors, what="the words")
    process.stop()
    pair.start_again(A)
    wait_for_mode(anna, "dual")
    bruno.reads("before", *(f"{n}" for n in range(2_000)))
    is_level(pair)


def test_a_start_without_room_for_an_archive_says_to_make_room(tmp_path: Path) -> None:
    # The unit of POSIX is 512 bytes: the first page of the archive and no more.
    limited = 'ulimit -f 8; exec "$0" -m server serve --data "$1" --listen 127.0.0.1:0'
    ended = subprocess.run(
        ["sh", "-c", limited, sys.executable, str(tmp_path / "data")],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert ended.returncode == 1
    assert f"The disk of the data folder {tmp_path / 'data'} is full: make room there." in ended.stderr


def test_a_full_disk_refuses_a_message_and_takes_it_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        library = build_library(tmp_path)
    except NoBadDiskError:
        # Nobody can build it here: what is tried with a volume has to do.
        return
    data = tmp_path / "data"
    data.mkdir()
    with BadDisk(library, data, tmp_path / "control") as disk:
        for name, value in disk.environment.items():
            monkeypatch.setenv(name, value)
        with (
            Program("serve", "--open", "--data", data, "--listen", "127.0.0.1:0") as server,
            RawClient(int(server.wait_line("ready: ").split()[2].rstrip(",").rpartition(":")[2])) as client,
        ):
            client.sign_in("Anna")
            counters = iter(range(1, 1_000))

            def say(counter: int) -> str:
                said = {"room": "general", "text": "x" * 4_000, "time_ms": 1}
                found = client.ask(request="send", id=100 + counter, counter=counter, **said)
                return str(found.get("code", found["event"]))

            assert say(next(counters)) == "stored"
            # It still takes something: a server that could write nothing at all would end.
            disk.go_bad(PlannedDisk(room_bytes=64 << 20))
            refused = wait_until(lambda: next((n for n in counters if say(n) == "disk_full"), 0))
            disk.recover()
            wait_until(lambda: say(refused) == "stored", what="stored, with the same counter")
            assert server.interrupt() == 0


@pytest.fixture
def small_volume(tmp_path: Path) -> Iterator[Path | None]:
    """A real volume of 64 MiB, where this user may mount one."""
    path = tmp_path / "volume"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(path)]
    can_mount = shutil.which("mount") is not None
    is_mounted = can_mount and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    yield path if is_mounted else None
    if is_mounted:
        subprocess.run(["umount", "--lazy", path], check=True)


def test_a_volume_that_is_nearly_full_takes_nothing_new_until_there_is_room(
    make_pair: Callable[..., RealPair], people: People, small_volume: Path | None
) -> None:
    pair = make_pair()
    anna = people.person(pair.invite, "Anna")
    wait_for_mode(anna, "dual")
    anna.stored(anna.say("before"))
    assert anna.connected().server == "A"
    if small_volume is None:
        # Nobody may mount here: what is tried above this line, and without a volume, has to do.
        assert "ballast" in {path.name for path in (pair.path / "a").iterdir()}
        return
    pair.stop()
    shutil.copytree(pair.path / "a", small_volume / "a")
    shutil.rmtree(pair.path / "a")
    (pair.path / "a").symlink_to(small_volume / "a")
    pair.start_again(A)
    pair.start_again(B)
    wait_for_mode(anna, "dual")
    free = os.statvfs(small_volume)
    with RawClient(pair.ports.clients[A]) as carla:
        carla.sign_in("Carla", is_redirected=True)
        with (small_volume / "filling").open("wb") as file:
            file.write(bytes(free.f_bavail * free.f_frsize - (1 << 20)))
        wait_until(lambda: "nearly full" in errors(pair, A), what="the alarm")
        told = carla.ask(request="send", id=3, counter=1, room="general", text="here", time_ms=1)
    assert told.get("code") == "disk_full"
    bruno = people.person(pair.invite, "Bruno")
    bruno.connected()
    counter = anna.say("at the other one")
    anna.stored(counter)
    bruno.stored(bruno.say("me too"))
    codes = {notice.code for person in (anna, bruno) for notice in person.all_of(Delayed)}
    assert codes <= {"disk_full"}
    (small_volume / "filling").unlink()
    wait_until((small_volume / "a" / "ballast").exists, what="the ballast")
    anna.stored(anna.say("after"))
    is_level(pair)
