"""`init` and `join`: a pair on two machines, from the code to two servers that hold one archive."""

import shlex
from pathlib import Path

from server.archive.disk import SqliteReader
from server.archive.store import StoreReader
from server.client.reading import START_OF_ARCHIVE
from server.cluster.data_folder import DataFolder
from server.names.invite_links import InviteLink, parse_invite_link
from tests.commands.programs import Program, fails, run
from tests.end_to_end.people import People
from tests.end_to_end.real_pair import wait_for_mode
from tests.waiting import wait_until

ANY = "127.0.0.1:0"


def init(data: Path, *options: object) -> Program:
    return Program("init", "--data", data, *options)


def join_words(waiting: Program, data: Path) -> list[str]:
    """The line that `init` printed, as a person would finish it."""
    line = waiting.wait_line(" join ")
    words = shlex.split(line)
    return [str(data) if word == "DIR" else word for word in words[words.index("join") :]]


def make_pair(tmp_path: Path) -> tuple[Path, Path]:
    a, b = tmp_path / "a", tmp_path / "b"
    with init(a, "--name", "a", "--listen", ANY, "--peer-listen", ANY, "--chat", "Lab") as waiting:
        joined = run(*join_words(waiting, b), "--listen", ANY, "--peer-listen", ANY)
        assert joined.code == 0, joined.errors
        assert "second server of “Lab”" in joined.text
        assert waiting.wait() == 0
        assert f"serve --data {a}" in waiting.text
    return a, b


def served(program: Program) -> InviteLink:
    link = parse_invite_link(program.wait_line("invite: ").removeprefix("invite: "))
    assert isinstance(link, InviteLink)
    program.wait_line("ready: ")
    return link


def test_two_machines_become_a_pair_that_starts_without_another_flag(tmp_path: Path, people: People) -> None:
    a, b = make_pair(tmp_path)
    with Program("serve", "--open", "--data", a) as first, Program("serve", "--open", "--data", b) as second:
        link = served(first)
        assert served(second) == link
        assert link.chat_name == "Lab"
        assert list(map(str, link.addresses)) == [DataFolder(a).read().listen, DataFolder(b).read().listen]
        anna, bruno = people.person(link, "Anna"), people.person(link, "Bruno")
        bruno.connected()
        counter = anna.say("hello")
        bruno.reads("hello")
        anna.stored(counter)
        wait_for_mode(anna, "dual")
        first.kill()
        anna.say("still there?")
        bruno.reads("hello", "still there?")
        people.leave(anna)
        people.leave(bruno)
        assert second.interrupt() == 0


def test_a_server_that_was_alone_takes_in_a_second_one_with_all_it_has(
    tmp_path: Path, people: People
) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    assert run("init", "--data", a, "--listen", ANY, "--peer-listen", ANY, "--no-wait").code == 0
    with Program("serve", "--open", "--data", a) as alone:
        anna = people.person(served(alone), "Anna")
        anna.say("early")
        anna.stored(1)
        people.leave(anna)
        assert alone.interrupt() == 0
    with init(a) as waiting:
        assert run(*join_words(waiting, b), "--listen", ANY, "--peer-listen", ANY).code == 0
        assert waiting.wait() == 0
    with Program("serve", "--open", "--data", a) as first, Program("serve", "--open", "--data", b) as second:
        link = served(first)
        served(second)
        late = people.person(link, "Late", cursor=START_OF_ARCHIVE)
        late.reads("early")
        late.say("late")
        late.stored(1)
        people.leave(late)
        reader = StoreReader(SqliteReader(DataFolder(b).archive))
        wait_until(lambda: reader.last_number() == 2, what="both messages at the second server")


def test_init_again_gives_a_new_code_until_there_is_a_second_server(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    with init(a, "--listen", ANY, "--peer-listen", ANY) as waiting:
        old = join_words(waiting, b)
        assert waiting.interrupt() == 1
        assert "the code is void now" in waiting.errors
    made = DataFolder(a).read()
    with init(a) as waiting:
        new = join_words(waiting, b)
        assert new[1] != old[1]
        fails(
            1, "is not the one that the other server waits for", *old, "--listen", ANY, "--peer-listen", ANY
        )
        assert run(*new, "--listen", ANY, "--peer-listen", ANY).code == 0
        assert waiting.wait() == 0
    kept = DataFolder(a).read()
    assert (kept.cluster, kept.server, kept.listen) == (made.cluster, made.server, made.listen)
    fails(1, "has a second one already", "init", "--data", a)


def test_three_wrong_codes_end_the_wait(tmp_path: Path) -> None:
    with init(tmp_path / "a", "--listen", ANY, "--peer-listen", ANY) as waiting:
        words = join_words(waiting, tmp_path / "b")
        words[1] = words[1][:-22] + "A" * 22
        for sentence in ("not the one", "not the one", "is void"):
            fails(1, sentence, *words, "--listen", ANY, "--peer-listen", ANY)
        assert waiting.wait() == 1
        assert "is void" in waiting.errors
    assert DataFolder(tmp_path / "a").read().peer == ""


def test_nobody_at_the_codes_address_is_one_sentence(tmp_path: Path) -> None:
    with init(tmp_path / "a", "--listen", ANY, "--peer-listen", ANY) as waiting:
        words = join_words(waiting, tmp_path / "b")
    fails(1, "Nobody waits at 127.0.0.1:", *words, "--listen", ANY, "--peer-listen", ANY)


def test_nobody_takes_an_archive_for_the_own_one_that_nothing_belongs_to(tmp_path: Path) -> None:
    left_over = tmp_path / "b"
    left_over.mkdir()
    (left_over / "archive.sqlite").write_bytes(b"what another chat wrote")
    sentence = "nothing that says whose it is"
    fails(1, sentence, "serve", "--data", left_over, "--listen", ANY)
    fails(1, sentence, "init", "--data", left_over, "--listen", ANY, "--peer-listen", ANY)
    with init(tmp_path / "a", "--listen", ANY, "--peer-listen", ANY) as waiting:
        words = join_words(waiting, left_over)
        fails(1, sentence, *words, "--listen", ANY, "--peer-listen", ANY)
        assert waiting.is_running
    assert not DataFolder(left_over).is_made


def test_wrong_usage_is_told_with_code_2_and_makes_nothing(tmp_path: Path) -> None:
    data = tmp_path / "x"
    fails(2, "means every network card", "init", "--data", data, "--listen", "0.0.0.0:7000")
    fails(2, "not the name or number of a computer", "init", "--data", data, "--listen", "a b:1")
    fails(2, "letters, digits", "init", "--data", data, "--name", "a\nb")
    fails(2, "control characters", "init", "--data", data, "--chat", "a\nb")
    fails(2, "no pairing code", "join", "code", "--data", data)
    fails(2, "--listen HOST:PORT", "init", "--data", data)
    assert not data.exists()
