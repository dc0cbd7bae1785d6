"""A conversation as a file: nothing is lost, and nothing that others wrote does anything in it."""

from datetime import UTC
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.protocol.events import Message
from server.protocol.facts import FileFacts
from server.terminal.export_formats import FORMATS, Heading
from tests.terminal.paper import NOON_MS, message

HEADING = Heading(chat="Lab", room="garden", label="#garden", exported_ms=NOON_MS, zone=UTC)
EVIL = (
    "<script>alert(1)</script>",
    "</p></article><img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "<!--", "-->", "<![CDATA[", "&lt;script&gt;", "<style>*{display:none}</style>",
    "javascript:alert(1)", "</title><script>", "<base href=//evil>", "\u202egnp.exe", "\x1b[2J\x00",
    "' onclick='x",
)  # fmt: skip


def exported(kind: str, messages: list[Message], heading: Heading = HEADING) -> str:
    made = FORMATS[kind]()
    half = len(messages) // 2
    parts = [made.begin(heading), made.messages(messages[:half]), made.messages(messages[half:]), made.end()]
    return "".join(parts)


class Page(HTMLParser):
    """A page as a browser takes it apart."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag != "meta":
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]][-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")


def test_a_page_says_who_said_what_and_when() -> None:
    page = Page(exported("html", [message(1, "one\ntwo", name="Ana María"), message(2, "")]))
    assert page.texts["title"] == ["#garden in Lab"]
    assert page.texts["b"] == ["Ana María", "anna"]
    assert page.texts["p"][1:] == ["one\ntwo"]
    assert page.texts["h2"] == ["2023-11-14"]
    assert page.texts["time"] == ["22:13", "22:13"]
    assert ("time", "datetime", "2023-11-14T22:13:20+00:00") in page.attributes
    assert page.open == []


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_that_others_wrote_becomes_a_part_of_the_page(evil: str) -> None:
    file = FileFacts(sha256="0" * 64, size=1, name=evil)
    said = msgspec.structs.replace(message(1, evil, name=evil), file=file, reactions={evil: ["u"]})
    harmless = Page(
        exported("html", [msgspec.structs.replace(said, name="x", text="x", reactions={"x": ["u"]})])
    )
    text = exported("html", [said], Heading(evil, evil, evil, NOON_MS, UTC))
    page = Page(text)
    assert page.tags == harmless.tags
    assert page.attributes == harmless.attributes
    assert not any(character in text for character in "\u202e\x1b\0")


def test_a_page_loads_and_runs_nothing() -> None:
    page = Page(exported("html", [message(1, "http://example.org/")]))
    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    assert not {"script", "link", "img", "a", "iframe", "object"} & set(page.tags)


def test_json_has_every_field_of_every_message() -> None:
    messages = [message(n, f'"{n}"\n\x1b', name="<b>") for n in range(5)]
    found = msgspec.json.decode(exported("json", messages))
    assert (found["chat"], found["room"], found["exported_ms"]) == ("Lab", "garden", NOON_MS)
    assert msgspec.convert(found["messages"], list[Message]) == messages


def test_json_of_an_empty_room_is_json() -> None:
    assert msgspec.json.decode(exported("json", []))["messages"] == []


def test_text_has_a_line_a_message_and_indents_the_rest() -> None:
    text = exported("text", [message(1, "one\ntwo\x1b[2J", name="ana\nben"), message(2, "three")])
    assert text.splitlines() == [
        "#garden in Lab",
        "Exported on 2023-11-14 22:13. The times are those of UTC.",
        "",
        "2023-11-14 22:13 ana�ben: one",
        "    two�[2J",
        "2023-11-14 22:13 anna: three",
    ]


def test_a_file_is_named() -> None:
    said = msgspec.structs.replace(message(1, ""), file=FileFacts(sha256="0" * 64, size=1, name="plan.pdf"))
    assert "anna: [plan.pdf]" in exported("text", [said])
    assert Page(exported("html", [said])).texts["p"][1:] == ["plan.pdf"]


def test_what_became_of_a_message_is_noted() -> None:
    edited = msgspec.structs.replace(
        message(1, "new"), edited_ms=1, reactions={"👍": ["a", "b"], "🎉": ["c"]}
    )
    gone = msgspec.structs.replace(message(2, ""), is_deleted=True)
    lines = exported("text", [edited, gone]).splitlines()[3:]
    assert [line.rpartition("anna: ")[2].strip() for line in lines] == [
        *["new", "[edited]", "[👍 2]", "[🎉 1]"],
        "[deleted]",
    ]
    assert Page(exported("html", [edited, gone])).texts["p"][1:] == [
        "new",
        "edited",
        "👍 2",
        "🎉 1",
        "deleted",
    ]


@given(st.text(), st.text(), st.text())
def test_any_text_stays_one_message(name: str, text: str, room: str) -> None:
    page = Page(
        exported("html", [message(1, text, name=name)], Heading("Lab", room, f"#{room}", NOON_MS, UTC))
    )
    assert page.tags.count("article") == 1
    assert page.open == []
