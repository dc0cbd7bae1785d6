"""Files in the state: who may read which, what counts, and that equal archives mean the same."""

from hypothesis import given
from hypothesis import strategies as st

from server.protocol import limits
from server.state.bodies import FileBody
from server.state.files import FileUse, FileUses, judge_file

SHA, OTHER = "a" * 64, "b" * 64


def test_a_file_is_in_the_rooms_whose_messages_carry_it() -> None:
    uses = FileUses()
    uses.add(SHA, "general", "anna", 10)
    assert uses.is_in(("general",), SHA)
    assert not uses.is_in(("other",), SHA)
    assert not uses.is_in(("general",), OTHER)
    assert (uses.hashes(), uses.size_of(SHA)) == ([SHA], 10)


def test_a_content_counts_once_for_each_person() -> None:
    uses = FileUses()
    for room, person in [("general", "anna"), ("other", "anna"), ("general", "anna"), ("general", "bert")]:
        uses.add(SHA, room, person, 10)
    assert (uses.bytes_of("anna"), uses.bytes_of("bert"), uses.bytes_of("cleo")) == (10, 10, 0)
    assert uses.has_sent("bert", SHA)
    assert not uses.has_sent("cleo", SHA)


def test_one_content_has_one_size() -> None:
    uses = FileUses()
    for room, size in (("general", 10), ("other", 7)):
        uses.add(SHA, room, "anna", size)
    again = FileUses(uses.all())
    for each in (uses, again):
        each.drop(SHA, "general", "anna")
        assert (each.size_of(SHA), each.bytes_of("anna")) == (10, 10)
        each.drop(SHA, "other", "anna")
        assert each.bytes_of("anna") == 0


def test_it_is_carried_until_the_last_message_with_it_is_gone() -> None:
    uses = FileUses()
    uses.add(SHA, "general", "anna", 10)
    uses.add(SHA, "general", "anna", 10)
    uses.drop(SHA, "general", "anna")
    assert (uses.is_carried(SHA), uses.bytes_of("anna")) == (True, 10)
    uses.drop(SHA, "general", "anna")
    assert (uses.is_carried(SHA), uses.bytes_of("anna")) == (False, 0)
    uses.drop(SHA, "general", "anna")
    assert uses.all() == []


STEPS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([SHA, OTHER]), st.sampled_from("xy"), st.sampled_from("ab"))
)


@given(STEPS)
def test_what_was_folded_and_what_a_snapshot_brings_back_are_the_same(
    steps: list[tuple[bool, str, str, str]],
) -> None:
    uses = FileUses()
    messages: dict[tuple[str, str, str], int] = {}
    for is_new, sha256, room, person in steps:
        key = (sha256, room, person)
        if is_new:
            uses.add(sha256, room, person, 7)
            messages[key] = messages.get(key, 0) + 1
        elif messages.get(key):
            uses.drop(sha256, room, person)
            messages[key] -= 1
    expected = [FileUse(*key, 7, count) for key, count in sorted(messages.items()) if count]
    assert uses.all() == expected
    assert FileUses(uses.all()).all() == expected
    for person in "ab":
        contents = {use.sha256 for use in expected if use.person == person}
        assert uses.bytes_of(person) == FileUses(expected).bytes_of(person) == 7 * len(contents)


def code_of(uses: FileUses, file: FileBody) -> str:
    refusal = judge_file(uses, "anna", file)
    return refusal.code if refusal else ""


def test_what_is_too_large_or_too_much_is_refused() -> None:
    uses = FileUses()
    assert code_of(uses, FileBody(SHA, limits.FILE_BYTES_MAX, "a")) == ""
    assert code_of(uses, FileBody(SHA, limits.FILE_BYTES_MAX + 1, "a")) == "file_too_large"
    for n in range(20):
        uses.add(f"{n:064x}", "general", "anna", limits.FILE_BYTES_MAX)
    rest = limits.FILE_BYTES_PER_PERSON_MAX - 20 * limits.FILE_BYTES_MAX
    assert code_of(uses, FileBody(SHA, rest, "a")) == ""
    assert code_of(uses, FileBody(SHA, rest + 1, "a")) == "quota_exceeded"
    # Once more what counts already.
    assert code_of(uses, FileBody(f"{3:064x}", limits.FILE_BYTES_MAX, "a")) == ""


def test_a_name_that_is_no_label_is_refused() -> None:
    for name in ("", "../x", "/etc/passwd", "con", "a\u202eb", ".profile", "x" * 121):
        assert code_of(FileUses(), FileBody(SHA, 1, name)) == "bad_file_name", name
