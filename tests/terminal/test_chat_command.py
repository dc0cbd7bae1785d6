"""`python -m server chat` as a process: pipes, a terminal, kill -9."""

import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from server.network.loop_thread import LoopThread
from server.terminal.outbox_file import OutboxFile
from tests.client.scripted_doors import ScriptedDoors
from tests.terminal.screen import Screen, open_screen
from tests.waiting import DEADLINE_S, wait_until


@pytest.fixture
def doors() -> Iterator[ScriptedDoors]:
    """Two scripted servers over plain TCP."""
    thread = LoopThread("test-doors")
    thread.start()
    doors = ScriptedDoors(thread)
    yield doors
    for process in Chat.running:
        with process:
            process.kill()
    Chat.running.clear()
    doors.close()
    thread.stop()


class Chat:
    """One run of the command; whatever happens, it is ended when the test is."""

    running: ClassVar[list[subprocess.Popen[bytes]]] = []

    def __init__(self, doors: ScriptedDoors, data: Path, *options: str, stdin: int | None = None) -> None:
        server = ",".join(doors.addresses)
        words = [sys.executable, "-m", "server", "chat", "--server", server, "--name", "anna", "--plain"]
        self.process = subprocess.Popen(
            [*words, "--data", str(data), *options],
            stdin=subprocess.PIPE if stdin is None else stdin,
            stdout=subprocess.PIPE if stdin is None else stdin,
            stderr=subprocess.PIPE if stdin is None else stdin,
        )
        self.running.append(self.process)

    def talk(self, text: str) -> tuple[int, str, str]:
        """Give it all its input; its exit code, what it printed, and what it said beside that."""
        out, notes = self.process.communicate(text.encode(), timeout=DEADLINE_S)
        return self.process.returncode, out.decode(), notes.decode()


def texts(doors: ScriptedDoors) -> list[str]:
    return [message.text for message in doors.pair.archive]


def drafts_in(folder: Path) -> int:
    """How many lines are in the outbox of a process that has ended."""
    (path,) = folder.glob("*.sqlite")
    outbox = OutboxFile(path)
    try:
        return len(outbox.drafts())
    finally:
        outbox.close()


def test_lines_in_messages_out(doors: ScriptedDoors, tmp_path: Path) -> None:
    code, out, notes = Chat(doors, tmp_path).talk("one\ntwo\n")
    assert code == 0, notes
    assert [line.partition(": ")[2] for line in out.splitlines()] == ["one", "two"]
    assert texts(doors) == ["one", "two"]


def test_json_is_one_notice_a_line(doors: ScriptedDoors, tmp_path: Path) -> None:
    code, out, _ = Chat(doors, tmp_path, "--json").talk("one\n")
    assert code == 0
    notices = [msgspec.json.decode(line) for line in out.splitlines()]
    stored = [notice for notice in notices if notice["notice"] == "stored"]
    assert [(notice["counter"], notice["copies"]) for notice in stored] == [(1, 2)]


def test_20_lines_typed_with_no_server_survive_kill_9_and_are_stored_in_order_once(
    doors: ScriptedDoors, tmp_path: Path
) -> None:
    lines = [f"line {number}" for number in range(1, 21)]
    doors.kill("a")
    doors.kill("b")
    chat = Chat(doors, tmp_path)
    assert chat.process.stdin is not None
    assert chat.process.stderr is not None
    chat.process.stdin.write("".join(f"{line}\n" for line in lines).encode() + b"/status\n")
    chat.process.stdin.flush()
    notes = b""
    while b"outbox: 20 lines wait" not in notes:
        line = chat.process.stderr.readline()
        assert line, f"it ended: {notes!r}"
        notes += line
    chat.process.send_signal(signal.SIGKILL)
    chat.process.communicate(timeout=DEADLINE_S)
    assert drafts_in(tmp_path) == 20
    doors.restart("a")
    doors.restart("b")
    code, _, notes_after = Chat(doors, tmp_path).talk("")
    assert code == 0, notes_after
    assert texts(doors) == lines
    assert drafts_in(tmp_path) == 0


def test_the_end_of_the_input_waits_for_a_server_no_longer_than_told(
    doors: ScriptedDoors, tmp_path: Path
) -> None:
    doors.kill("a")
    doors.kill("b")
    code, out, notes = Chat(doors, tmp_path, "--wait", "0.5").talk("one\n")
    assert (code, out) == (1, "")
    assert "No server answered within 0.5 s" in notes
    assert "1 line is not stored yet" in notes


def test_one_name_talks_from_one_terminal_at_a_time(doors: ScriptedDoors, tmp_path: Path) -> None:
    first = Chat(doors, tmp_path)
    wait_until(lambda: doors.pair.servers["a"].users == 1)
    code, _, notes = Chat(doors, tmp_path).talk("")
    assert code == 1
    assert "is in use" in notes
    assert first.talk("")[0] == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--server", "http://x"], "a link to something else"),
        (["--server", "desktop-chat://a:1/"], "The invite link is cut off."),
        (["--server", "a:99999"], "not a number from 1 to 65535"),
        (["--server", "a:1", "--fingerprint", "12"], "no certificate fingerprint"),
        (["--server", "a:1", "--name", "\x07"], "1 to 32 letters"),
        (["--server", "a:1", "--register"], "nobody to ask for a password"),
        (["--server", "a:1", "--password"], "nobody to ask for a password"),
        (["--server", "a:1", "--password-file", "/dev/null"], "1 to 128 characters"),
        (["--server", "a:1", "--password-file", "/nowhere"], "does not exist"),
    ],
)
def test_wrong_use_is_told_in_words_with_exit_code_2(options: list[str], words: str, tmp_path: Path) -> None:
    name = [] if "--name" in options else ["--name", "anna"]
    run = subprocess.run(
        [sys.executable, "-m", "server", "chat", *options, *name, "--data", str(tmp_path)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=DEADLINE_S,
        check=False,
    )
    assert run.returncode == 2
    assert words in " ".join(run.stderr.decode().split())


def test_a_person_at_a_terminal_types_reads_and_quits(doors: ScriptedDoors, tmp_path: Path) -> None:
    with open_screen() as screen:
        chat = Chat(doors, tmp_path, stdin=screen.far)
        screen.wait_for("connected to server a")
        screen.wait_for(">")
        screen.type("hello\r")
        screen.wait_for("anna: hello")
        doors.post(1, "hi anna")
        screen.wait_for("hi anna")
        screen.type("/quit\r")
        wait_until(lambda: screen.read() and chat.process.poll() is not None)
    assert chat.process.returncode == 0
    assert texts(doors) == ["hello", "hi anna"]


def test_ctrl_c_leaves_the_terminal_at_once(doors: ScriptedDoors, tmp_path: Path) -> None:
    with open_screen() as screen:
        chat = Chat(doors, tmp_path, stdin=screen.far)
        screen.wait_for("connected to server a")
        screen.wait_for(">")
        screen.type("\x03")
        wait_until(lambda: screen.read() and chat.process.poll() is not None)
    assert chat.process.returncode == 0


def is_back(screen: Screen, line: str) -> bool:
    """Press the arrow; whether it has brought a line back. The first press may come before it can."""
    screen.type("\x1b[A")
    return line in screen.read().rpartition("anna: first words")[2]


def test_a_tab_ends_what_was_begun_and_an_arrow_brings_it_back_at_the_next_start(
    doors: ScriptedDoors, tmp_path: Path
) -> None:
    with open_screen() as screen:
        chat = Chat(doors, tmp_path, stdin=screen.far)
        screen.wait_for("connected to server a")
        doors.post(1, "hello anna")
        screen.wait_for("hello anna")
        screen.type("/stat\t")
        screen.wait_for("/status")
        screen.type("\r")
        screen.wait_for("servers: a ● leader")
        screen.type("first words\r")
        screen.wait_for("anna: first words")
        screen.type("/quit\r")
        wait_until(lambda: screen.read() and chat.process.poll() is not None)
    (history,) = tmp_path.glob("*.history")
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    with open_screen() as screen:
        chat = Chat(doors, tmp_path, stdin=screen.far)
        screen.wait_for("anna: first words")
        # Past /quit; only what begins as what stands there is brought back.
        screen.type("fir")
        wait_until(lambda: is_back(screen, "st words"), what="the line before")
        screen.type(" again\r")
        screen.wait_for("anna: first words again")
        screen.type("/quit\r")
        wait_until(lambda: screen.read() and chat.process.poll() is not None)
    assert texts(doors)[-2:] == ["first words", "first words again"]


def test_what_comes_while_one_types_stands_above_and_the_line_stays(
    doors: ScriptedDoors, tmp_path: Path
) -> None:
    with open_screen() as screen:
        chat = Chat(doors, tmp_path, stdin=screen.far)
        screen.wait_for("connected to server a")
        screen.type("half a li")
        screen.wait_for("> half a li")
        doors.post(1, "by the way")
        screen.wait_for("by the way")
        # Drawn again below it.
        wait_until(lambda: "> half a li" in screen.read().rpartition("by the way")[2])
        screen.type("ne\r")
        screen.wait_for("anna: half a line")
        screen.type("/quit\r")
        wait_until(lambda: screen.read() and chat.process.poll() is not None)
    assert texts(doors) == ["by the way", "half a line"]


def begin_with(doors: ScriptedDoors, data: Path, screen: Screen, text: str) -> Chat:
    """A person at a terminal, in whose line this stands as soon as there is one."""
    chat = Chat(doors, data, stdin=screen.far)
    screen.wait_for("connected to server a")
    screen.wait_for(f"[general] > {text}".rstrip())
    return chat


def await_end(chat: Chat, screen: Screen) -> None:
    wait_until(lambda: screen.read() and chat.process.poll() is not None, what="the end")


@pytest.mark.parametrize("ends", ["\x03", "\x15\x04", "\x15/quit\r", signal.SIGTERM, signal.SIGHUP])
def test_a_half_written_line_is_there_again_at_the_next_start(
    doors: ScriptedDoors, tmp_path: Path, ends: str | signal.Signals
) -> None:
    with open_screen() as screen:
        chat = begin_with(doors, tmp_path, screen, "")
        screen.type("half a li")
        screen.wait_for("> half a li")
        if isinstance(ends, str):
            screen.type(ends)
        else:
            chat.process.send_signal(ends)
        await_end(chat, screen)
    assert (chat.process.returncode, texts(doors)) == (0, [])
    with open_screen() as screen:
        chat = begin_with(doors, tmp_path, screen, "half a li")
        screen.type("ne\r")
        screen.wait_for("anna: half a line")
        screen.type("/draft\r")
        screen.wait_for("Nothing is kept unsent here.")
        screen.type("/quit\r")
        await_end(chat, screen)
    assert texts(doors) == ["half a line"]


def test_what_stands_in_the_line_is_kept_when_the_terminal_goes_away(
    doors: ScriptedDoors, tmp_path: Path
) -> None:
    with open_screen() as screen:
        chat = begin_with(doors, tmp_path, screen, "")
        screen.type("half a li")
        screen.wait_for("> half a li")
        screen.hang_up()
        chat.process.send_signal(signal.SIGHUP)
        chat.process.wait(DEADLINE_S)
    code, _out, notes = Chat(doors, tmp_path).talk("/draft\n")
    assert code == 0
    assert "* not sent yet: half a li\n" in notes


def test_what_was_laid_aside_outlives_kill_9_at_a_terminal_and_in_a_pipe(
    doors: ScriptedDoors, tmp_path: Path
) -> None:
    with open_screen() as screen:
        chat = begin_with(doors, tmp_path, screen, "")
        screen.type("/draft a long thought\r")
        screen.wait_for("Kept, and not sent")
        screen.type("something else")
        screen.wait_for("> something else")
        chat.process.kill()
        await_end(chat, screen)
    pipe = Chat(doors, tmp_path, "--json")
    assert pipe.process.stdin is not None
    assert pipe.process.stdout is not None
    pipe.process.stdin.write(b"/drafts\n/draft another thought\n/drafts\n")
    pipe.process.stdin.flush()
    told: list[str] = []
    while len(told) < 2:
        notice = msgspec.json.decode(pipe.process.stdout.readline())
        told += [text for _room, text in notice["drafts"]] if notice["notice"] == "drafts" else []
    assert told == ["a long thought", "another thought"]
    pipe.process.kill()
    pipe.process.communicate(timeout=DEADLINE_S)
    with open_screen() as screen:
        chat = begin_with(doors, tmp_path, screen, "another thought")
        screen.type("\r")
        screen.wait_for("anna: another thought")
        screen.type("/quit\r")
        await_end(chat, screen)
    assert texts(doors) == ["another thought"]


def test_a_password_that_is_typed_ahead_of_its_question_is_neither_shown_nor_kept(
    doors: ScriptedDoors, tmp_path: Path
) -> None:
    with open_screen() as screen:
        chat = Chat(doors, tmp_path, stdin=screen.far)
        screen.wait_for("connected to server a")
        # Nobody answers which rooms there are: all that follows waits.
        screen.type("/join garden\r/password\rthe old secret\rthe new secret\rthe new secret\r\x03")
        wait_until(lambda: screen.read() and chat.process.poll() is not None)
        assert "secret" not in screen.read()
    (history,) = tmp_path.glob("*.history")
    assert [msgspec.json.decode(line) for line in history.read_text().splitlines()] == [
        "/join garden",
        "/password",
    ]
    assert texts(doors) == []


def test_a_password_that_is_pasted_with_its_command_is_not_kept(doors: ScriptedDoors, tmp_path: Path) -> None:
    with open_screen() as screen:
        chat = Chat(doors, tmp_path, stdin=screen.far)
        screen.wait_for("connected to server a")
        screen.type("\x1b[200~/password\nthe old secret\nthe new secret\nanother one\x1b[201~\r")
        screen.wait_for("The two are not the same")
        screen.type("/quit\r")
        wait_until(lambda: screen.read() and chat.process.poll() is not None)
    (history,) = tmp_path.glob("*.history")
    assert "secret" not in history.read_text()
