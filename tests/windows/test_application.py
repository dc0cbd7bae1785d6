"""The whole window on a real pair: joining, talking, failing over, what stays when nothing answers."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from desktop_chat.app.application import Application
from desktop_chat.dialogs.people import PeopleDialog
from desktop_chat.dialogs.question import QuestionDialog
from desktop_chat.store.chat_folder import FolderLock
from desktop_chat.view_models.ticks import Tick
from server.client.reading import START_OF_ARCHIVE
from tests.end_to_end.people import People
from tests.end_to_end.real_pair import RealPair
from tests.windows.acting import (
    banner_text,
    drawn_texts,
    shown_texts,
    status_texts,
    ticks,
    wait,
    wait_connected,
    write,
)

OpenWindow = Callable[..., Application]
NOBODY = "desktop-chat://127.0.0.1:9/?plain=1"


def dialogs(application: Application) -> list[QuestionDialog]:
    return [child for child in application.root.winfo_children() if isinstance(child, QuestionDialog)]


def join_by_form(application: Application, place: str, name: str) -> None:
    form = application.entrance.form
    assert form is not None
    form.place_text.set(place)
    form.name_text.set(name)
    form.fields["name"].entry.focus_force()
    application.root.update()
    form.fields["name"].entry.event_generate("<Return>")
    application.root.update()


def hint(application: Application, field: str) -> str:
    form = application.entrance.form
    return form.hint_texts()[field] if form is not None else ""


def test_mistakes_are_said_under_the_field_they_are_in(open_window: OpenWindow) -> None:
    application = open_window()
    for place, name, field, words in (
        ("", "Anna", "place", "Give an address or an invite link."),
        ("desktop-chat://x", "Anna", "place", "The invite link is cut off"),
        ("10.0.0.1:99999", "Anna", "place", "The port in “10.0.0.1:99999” is not a number"),
        ("10.0.0.1", "", "name", "Give a name."),
    ):
        join_by_form(application, place, name)
        assert hint(application, field).startswith(words)


def test_an_address_where_nobody_answers_is_said_under_its_field(open_window: OpenWindow) -> None:
    application = open_window()
    join_by_form(application, "127.0.0.1:9", "Anna")
    wait(application, lambda: hint(application, "place").startswith("No server answers at this address."))
    join_by_form(application, NOBODY, "Anna")
    wait(application, lambda: hint(application, "place").startswith("No server answers at this address."))


def test_an_invite_link_and_a_name_are_enough(open_window: OpenWindow, pair: RealPair) -> None:
    application = open_window()
    join_by_form(application, str(pair.invite), "Anna")
    wait_connected(application)
    assert application.entrance.form is None
    wait(application, lambda: "1 of 1" not in status_texts(application) and banner_text(application) == "")
    wait(application, lambda: {"A", "B"} <= set(status_texts(application)))


def test_a_bare_address_asks_about_the_certificate_and_no_is_the_default(
    open_window: OpenWindow, pair: RealPair
) -> None:
    application = open_window()
    address = str(pair.invite.addresses[0])
    join_by_form(application, address, "Anna")
    question = wait(application, lambda: dialogs(application))[0]
    question.no_button.event_generate("<Return>")
    wait(application, lambda: hint(application, "place").startswith("You did not trust"))
    join_by_form(application, address, "Anna")
    wait(application, lambda: dialogs(application))[0].yes_button.press()
    wait_connected(application)
    assert application.chat is not None
    servers = application.chat.session.servers
    assert servers is not None
    assert servers.chat_name == "Test"


def test_the_window_closes_with_an_open_question(open_window: OpenWindow, pair: RealPair) -> None:
    application = open_window()
    join_by_form(application, str(pair.invite.addresses[0]), "Anna")
    wait(application, lambda: dialogs(application))
    application.close()


def test_a_name_that_is_not_allowed_is_said_under_the_name(open_window: OpenWindow, pair: RealPair) -> None:
    application = open_window()
    join_by_form(application, str(pair.invite), "a/b")
    wait(application, lambda: hint(application, "name").startswith("The name a/b is not allowed."))
    join_by_form(application, str(pair.invite), "Anna")
    wait_connected(application)


def test_two_people_talk_and_the_clock_becomes_two_ticks(
    open_window: OpenWindow, pair: RealPair, people: People
) -> None:
    ada = people.person(pair.invite, "Ada")
    ada.connected()
    application = open_window(str(pair.invite), "Anna")
    wait_connected(application)
    ada.say("hello 🙂")
    wait(application, lambda: shown_texts(application) == ["hello 🙂"])
    write(application, "good morning")
    ada.reads("hello 🙂", "good morning")
    wait(application, lambda: ticks(application) == [None, Tick.STORED_ON_BOTH])
    assert "Ada" in drawn_texts(application)


def test_the_window_shows_what_was_said_before_it_came(
    open_window: OpenWindow, pair: RealPair, people: People
) -> None:
    ada = people.person(pair.invite, "Ada")
    texts = [f"line {number}" for number in range(350)]
    for text in texts:
        counter = ada.say(text)
    ada.stored(counter)
    application = open_window(str(pair.invite), "Anna")
    wait(application, lambda: shown_texts(application)[-1:] == texts[-1:])

    def scroll_up() -> bool:
        assert application.window is not None
        application.window.messages.viewport.scroll_to_row(0)
        application.window.messages.refresh()
        return shown_texts(application) == texts

    wait(application, scroll_up, "the whole history")


def test_r0_6_a_server_is_killed_and_the_window_talks_on(
    open_window: OpenWindow, pair: RealPair, people: People
) -> None:
    ada = people.person(pair.invite, "Ada")
    ada.connected()
    application = open_window(str(pair.invite), "Anna")
    wait_connected(application)
    write(application, "before")
    ada.reads("before")
    wait(application, lambda: ticks(application) == [Tick.STORED_ON_BOTH])
    pair.kill(0)
    write(application, "during")
    ada.say("and I")
    wait(application, lambda: sorted(shown_texts(application)) == ["and I", "before", "during"])
    wait(application, lambda: "running on one server" in status_texts(application))
    wait(application, lambda: Tick.WAITING not in ticks(application))
    ada.reads_any_order("before", "during", "and I")
    assert banner_text(application) == ""
    pair.start_again(0)
    wait(application, lambda: "running on one server" not in status_texts(application))
    wait(application, lambda: Tick.STORED_ON_ONE not in ticks(application))


def test_after_a_merge_the_window_shows_each_message_once_and_in_everybodys_order(
    open_window: OpenWindow, pair: RealPair, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = open_window(str(pair.invite), "Anna")
    wait_connected(application)
    write(application, "both")
    wait(application, lambda: ticks(application) == [Tick.STORED_ON_BOTH])
    pair.kill(0)
    write(application, "only B 1")
    write(application, "only B 2")
    wait(application, lambda: ticks(application)[1:] == [Tick.STORED_ON_ONE] * 2)
    pair.kill(1)
    monkeypatch.setenv("DESKTOP_CHAT_BOOT_WAIT_S", "0")
    pair.start_again(0)
    ada = people.person(pair.invite, "Ada", cursor=START_OF_ARCHIVE)
    ada.stored(ada.say("only A"))
    pair.start_again(1)
    everything = {"both", "only A", "only B 1", "only B 2"}
    wait(application, lambda: sorted(shown_texts(application)) == sorted(everything))
    ada.wait_for_texts(everything)
    # It may have held all of it before it was told of the merge.
    wait(application, lambda: shown_texts(application) == ada.texts, "everybody's order")
    wait(application, lambda: set(ticks(application)) == {None, Tick.STORED_ON_BOTH})


def test_with_both_servers_down_one_reads_and_writes_and_nothing_is_lost(
    open_window: OpenWindow, pair: RealPair, people: People
) -> None:
    application = open_window(str(pair.invite), "Anna")
    wait_connected(application)
    write(application, "one")
    wait(application, lambda: ticks(application) == [Tick.STORED_ON_BOTH])
    pair.kill(0)
    pair.kill(1)
    wait(application, lambda: banner_text(application).startswith("No server answers."))
    for text in ("two", "three", "four"):
        write(application, text)
    assert ticks(application) == [Tick.STORED_ON_BOTH, *[Tick.WAITING] * 3]
    wait(application, lambda: "Not connected · 3 messages wait" in status_texts(application))
    pair.start_again(0)
    pair.start_again(1)
    wait(application, lambda: banner_text(application) == "")
    wait(application, lambda: Tick.WAITING not in ticks(application))
    assert shown_texts(application) == ["one", "two", "three", "four"]


def test_what_the_servers_refuse_comes_back_into_the_box(open_window: OpenWindow, pair: RealPair) -> None:
    application = open_window(str(pair.invite), "Anna")
    wait_connected(application)
    too_long = "x" * 8001
    write(application, too_long)
    wait(application, lambda: banner_text(application).startswith("The message is too long."))
    assert application.window is not None
    assert application.window.composer.content() == too_long
    assert shown_texts(application) == []


def test_what_was_written_is_there_again_after_a_restart(open_window: OpenWindow) -> None:
    application = open_window(NOBODY, "Anna")
    write(application, "waits")
    assert application.window is not None
    application.window.composer.text.insert_text("half a sent")
    application.root.update()
    application.close()
    again = open_window(NOBODY, "")
    wait(again, lambda: shown_texts(again) == ["waits"])
    assert again.window is not None
    assert again.window.composer.content() == "half a sent"
    assert ticks(again) == [Tick.WAITING]


def test_the_last_chat_is_opened_again_without_a_question(open_window: OpenWindow) -> None:
    open_window(NOBODY, "Anna").close()
    again = open_window()
    assert again.entrance.form is None
    assert again.chat is not None
    assert again.chat.own_name == "Anna"


def test_the_look_changes_while_one_writes(open_window: OpenWindow, pair: RealPair) -> None:
    application = open_window(str(pair.invite), "Anna")
    wait_connected(application)
    write(application, "hello")
    assert application.window is not None
    application.window.composer.text.insert_text("a draft")
    for change in (
        {"theme": "dark"},
        {"zoom": 1.5},
        {"language": "es"},
        {"language": "it", "theme": "light"},
    ):
        application.change_preferences(msgspec.structs.replace(application.preferences, **change))
        application.root.update()
        assert application.window.composer.content() == "a draft"
        assert shown_texts(application) == ["hello"]
        assert application.window.look.palette.name == application.preferences.theme
    wait(application, lambda: "Oggi" in drawn_texts(application))


def test_zoom_by_keys(open_window: OpenWindow) -> None:
    application = open_window(NOBODY, "Anna")
    for key, zoom in (("<Control-plus>", 1.1), ("<Control-minus>", 1.0), ("<Control-Key-0>", 1.0)):
        application.root.event_generate(key)
        application.root.update()
        assert application.preferences.zoom == zoom


def test_the_dialogs_say_who_is_here_and_what_the_servers_do(
    open_window: OpenWindow, pair: RealPair, people: People
) -> None:
    people.person(pair.invite, "Ada").connected()
    application = open_window(str(pair.invite), "Anna")
    wait_connected(application)
    application.dialogs.show_details()
    application.dialogs.show_shortcuts()
    application.dialogs.show_people()
    found = [child for child in application.root.winfo_children() if isinstance(child, PeopleDialog)]

    def names() -> set[str]:
        canvas = found[0].list_canvas
        items = [item for item in canvas.find_all() if canvas.type(item) == "text"]  # type: ignore[comparison-overlap]
        return {str(canvas.itemcget(item, "text")) for item in items}  # type: ignore[no-untyped-call]

    wait(application, lambda: {"Ada", "Anna (you)"} <= names())
    found[0].focus_force()
    found[0].event_generate("<Escape>")
    application.root.update()
    assert not found[0].winfo_exists()


def test_the_menu_gives_the_invite_link_that_was_used(open_window: OpenWindow, pair: RealPair) -> None:
    application = open_window(str(pair.invite), "Anna")
    wait_connected(application)
    application.menu.copy_invite_link()
    assert application.root.clipboard_get() == str(pair.invite)
    assert "clipboard" in banner_text(application)
    application.menu.build().destroy()


def test_one_folder_is_for_one_window(open_window: OpenWindow, tmp_path: Path) -> None:
    first = open_window(NOBODY, "Anna")
    assert first.chat is not None
    folder = first.chat.session.folder
    first.close()
    with FolderLock(folder):
        second = open_window(NOBODY, "Anna")
        assert second.entrance.form is not None
        assert "open in another window" in hint(second, "place")
