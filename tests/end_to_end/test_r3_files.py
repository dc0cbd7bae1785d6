"""R3.7 with real processes: files on both disks, over the death of a server, and after restarts."""

import hashlib
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from server.client.notices import Connected, TransferEnded, TransferMoved
from server.client.outbox import Draft
from server.protocol.facts import FileFacts
from server.protocol.requests import Delete
from tests.end_to_end.deaths import leader_of
from tests.end_to_end.real_pair import People, Person, RealPair, wait_for_mode
from tests.waiting import DEADLINE_S, wait_until

CONTENT = os.urandom(24 * 1024 * 1024)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
TEXT = b"what is said again and again\n" * 40_000


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "holiday.bin"
    path.write_bytes(CONTENT)
    return path


def blobs(pair: RealPair, place: int) -> dict[str, int]:
    """The whole files on the disk of a server, with their sizes there."""
    folder = pair.path / "ab"[place] / "blobs"
    return {path.name: path.stat().st_size for path in folder.glob("??/*")}


def both_hold(pair: RealPair, name: str) -> None:
    wait_until(lambda: all(name in blobs(pair, place) for place in (0, 1)), what="the file on both disks")


def ended(person: Person, ticket: int) -> TransferEnded:
    return person.wait_for(TransferEnded, lambda notice: notice.ticket == ticket)


def send(person: Person, file: TransferEnded, name: str) -> int:
    """A message with a file that was uploaded; gives its counter."""
    counter = person.next_counter()
    facts = FileFacts(file.sha256, file.size, name)
    person.links.send(Draft(counter, "general", "", int(time.time() * 1000), facts))
    return counter


def in_the_middle(person: Person, ticket: int, rng: random.Random) -> None:
    """Until a part of a file that nobody chose was carried."""
    part = rng.random() * 0.8

    def is_right(moved: TransferMoved) -> bool:
        return moved.ticket == ticket and part * moved.size < moved.done < moved.size

    person.wait_for(TransferMoved, is_right)


def test_r3_7_a_file_is_on_both_disks_before_its_message_is_acknowledged(
    pair: RealPair, people: People, large: Path, tmp_path: Path
) -> None:
    anna, bert = people.person(pair.invite, "anna"), people.person(pair.invite, "bert")
    sent = ended(anna, anna.links.upload(large))
    assert (sent.sha256, sent.size) == (SHA256, len(CONTENT))
    assert blobs(pair, 0) == blobs(pair, 1) == {SHA256: len(CONTENT)}
    stored = anna.stored(send(anna, sent, large.name))
    assert stored.copies == 2
    wait_until(lambda: bert.messages)
    (message,) = bert.messages
    assert message.file == FileFacts(SHA256, len(CONTENT), "holiday.bin")
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "holiday.bin").write_text("nobody writes over this")
    got = ended(bert, bert.links.download("general", message.file, saved))
    assert Path(got.path) == saved / "holiday (2).bin"
    assert Path(got.path).read_bytes() == CONTENT
    assert sorted(path.name for path in saved.iterdir()) == ["holiday (2).bin", "holiday.bin"]


def test_r3_7_what_can_be_packed_is_small_on_both_disks(
    pair: RealPair, people: People, tmp_path: Path
) -> None:
    anna = people.person(pair.invite, "anna")
    (tmp_path / "words.txt").write_bytes(TEXT)
    sent = ended(anna, anna.links.upload(tmp_path / "words.txt"))
    anna.stored(send(anna, sent, "words.txt"))
    for place in (0, 1):
        ((name, size),) = blobs(pair, place).items()
        assert name == f"{sent.sha256}.zst"
        assert size < len(TEXT) / 20
    facts = FileFacts(sent.sha256, sent.size, "words.txt")
    got = ended(anna, anna.links.download("general", facts, tmp_path / "saved"))
    assert Path(got.path).read_bytes() == TEXT


def chat(pair: RealPair, folder: Path, name: str, *lines: str) -> str:
    """A terminal client in a pipe; what it printed."""
    command = [sys.executable, "-m", "server", "chat", "--server", str(pair.invite), "--name", name]
    done = subprocess.run(
        [*command, "--data", str(folder / name)],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_r3_7_files_by_the_terminal_client_in_a_pipe(pair: RealPair, tmp_path: Path, large: Path) -> None:
    chat(pair, tmp_path, "anna", "look at this", f"/file {large}")
    shown = chat(pair, tmp_path, "bert", f"/get 1 {tmp_path / 'saved'}")
    assert [line.partition(" ")[2] for line in shown.splitlines()] == [
        "anna: look at this",
        "anna: [1] holiday.bin (25.2 MB)",
    ]
    assert (tmp_path / "saved" / "holiday.bin").read_bytes() == CONTENT


def test_r3_7_a_file_survives_kill_9_of_the_client_that_sends_it(
    pair: RealPair, tmp_path: Path, large: Path
) -> None:
    for place in (0, 1):
        pair.kill(place)
    command = [sys.executable, "-m", "server", "chat", "--server", str(pair.invite), "--name", "anna"]
    with subprocess.Popen(
        [*command, "--data", str(tmp_path / "anna")],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as client:
        assert client.stdin is not None
        assert client.stderr is not None
        client.stdin.write(f"/file {large}\nand a line\n/status\n".encode())
        client.stdin.flush()
        while b"outbox: 1 line waits" not in client.stderr.readline():
            assert client.poll() is None
        client.kill()
    for place in (0, 1):
        pair.start_again(place)
    chat(pair, tmp_path, "anna")
    shown = chat(pair, tmp_path, "bert", f"/get 1 {tmp_path / 'saved'}")
    assert sorted(line.partition(" ")[2] for line in shown.splitlines()) == [
        "anna: [1] holiday.bin (25.2 MB)",
        "anna: and a line",
    ]
    assert (tmp_path / "saved" / "holiday.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("victim", [0, 1], ids=["leader", "follower"])
def test_r3_7_a_server_dies_in_the_middle_of_an_upload(
    pair: RealPair, people: People, large: Path, rng: random.Random, victim: int
) -> None:
    anna = people.person(pair.invite, "anna")
    assert leader_of(pair) == 0
    ticket = anna.links.upload(large)
    in_the_middle(anna, ticket, rng)
    pair.kill(victim)
    sent = ended(anna, ticket)
    anna.stored(send(anna, sent, large.name))
    assert SHA256 in blobs(pair, 1 - victim)
    # The other one has it as soon as it is back.
    pair.start_again(victim)
    both_hold(pair, SHA256)
    wait_for_mode(anna, "dual")
    pair.stop()
    for place in (0, 1):
        path = pair.path / "ab"[place] / "blobs" / SHA256[:2] / SHA256
        assert path.read_bytes() == CONTENT
        assert len(pair.messages(place)) == 1


@pytest.fixture(params=[0, 1], ids=["leader", "follower"])
def reader_of(
    request: pytest.FixtureRequest, make_pair: Callable[..., RealPair], people: People
) -> tuple[RealPair, Person, int]:
    """A pair, and somebody whom the leader serves, or the other one: its place."""
    pair = make_pair("--policy", "round-robin")
    readers = [people.person(pair.invite, name) for name in ("anna", "bert")]
    (reader,) = [each for each in readers if each.connected().server == "AB"[request.param]]
    assert leader_of(pair) == 0
    return pair, reader, request.param


def test_r3_7_the_server_dies_in_the_middle_of_a_download(
    reader_of: tuple[RealPair, Person, int], large: Path, tmp_path: Path, rng: random.Random
) -> None:
    pair, reader, victim = reader_of
    sent = ended(reader, reader.links.upload(large))
    reader.on_both(send(reader, sent, large.name))
    ticket = reader.links.download("general", FileFacts(SHA256, len(CONTENT), "x.bin"), tmp_path / "saved")
    in_the_middle(reader, ticket, rng)
    pair.kill(victim)
    assert Path(ended(reader, ticket).path).read_bytes() == CONTENT
    assert reader.all_of(Connected)[-1].server == "AB"[1 - victim]


def test_r3_7_a_server_without_its_files_gets_them_from_the_other_one(
    pair: RealPair, people: People, large: Path
) -> None:
    anna = people.person(pair.invite, "anna")
    sent = ended(anna, anna.links.upload(large))
    anna.on_both(send(anna, sent, large.name))
    pair.stop_one(1)
    shutil.rmtree(pair.path / "b" / "blobs")
    pair.start_again(1)
    both_hold(pair, SHA256)


def test_r3_7_with_its_message_a_file_is_erased_on_both_disks(
    pair: RealPair, people: People, large: Path, tmp_path: Path
) -> None:
    anna = people.person(pair.invite, "anna")
    kept = tmp_path / "kept.bin"
    kept.write_bytes(CONTENT[:1000])
    for path in (large, kept):
        counter = send(anna, ended(anna, anna.links.upload(path)), path.name)
        anna.on_both(counter)
    anna.links.ask(
        Delete(
            id=1,
            counter=anna.next_counter(),
            device=anna.device,
            message=counter - 1,
        )
    )
    wait_until(lambda: SHA256 not in blobs(pair, 0) and SHA256 not in blobs(pair, 1))
    small = hashlib.sha256(CONTENT[:1000]).hexdigest()
    assert blobs(pair, 0) == blobs(pair, 1) == {small: 1000}


def test_r3_7_files_outlive_a_restart_of_both(
    pair: RealPair, people: People, large: Path, tmp_path: Path
) -> None:
    anna = people.person(pair.invite, "anna")
    sent = ended(anna, anna.links.upload(large))
    anna.on_both(send(anna, sent, large.name))
    for place in (0, 1):
        pair.kill(place)
    for place in (0, 1):
        pair.start_again(place)
    bert = people.person(pair.invite, "bert")
    facts = FileFacts(SHA256, len(CONTENT), "x.bin")
    got = ended(bert, bert.links.download("general", facts, tmp_path / "saved"))
    assert Path(got.path).read_bytes() == CONTENT
