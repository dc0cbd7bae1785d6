"""The pictures of the README: a real pair, people, a killed server, and a window, light and dark.

Written below the test's own folder; with DESKTOP_CHAT_PICTURES=1 into docs/pictures, which is how the
pictures there were made.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageGrab

from desktop_chat.app.application import Application
from desktop_chat.theme.palette import PALETTES
from desktop_chat.view_models.ticks import Tick
from server.commands.pair import make_pair_folders
from tests.end_to_end.people import People, Person
from tests.end_to_end.real_pair import RealPair
from tests.windows.acting import status_texts, ticks, wait, wait_connected, write

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
SIZE = (1240, 742)

ONE_SERVER = "running on one server"
ANNA = "Anna Rossi"
PLUG = "I pulled the plug of server A just now, by the way"
TALK = (
    ("Grace Hopper", "Morning! Both servers are up, and their archives are equal 🎉"),
    ("Grace Hopper", "So every message gets its two ticks."),
    (ANNA, "Nice. And when one of them dies?"),
    ("Ada Lovelace", "We go on talking. I wrote it up: https://example.org/notes/two-servers"),
    ("Ada Lovelace", "With both of them off you can still write: it is sent later, in order, and once."),
    (ANNA, "Good to know 👍"),
    ("Ken Thompson", PLUG),
    (ANNA, "I saw an amber dot for a moment, that was all 😄"),
)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[RealPair]:
    """A running pair whose chat has a name of its own."""
    make_pair_folders(tmp_path / "lab", chat="The lab", is_plain=False)
    found = RealPair(tmp_path / "lab")
    found.start()
    yield found
    found.stop()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_of_the_readme(
    theme: str,
    open_window: Callable[..., Application],
    lab: RealPair,
    people: People,
    tmp_path: Path,
) -> None:
    names = [name for name in dict.fromkeys(name for name, _text in TALK) if name != ANNA]
    others = {name: people.person(lab.invite, name) for name in names}
    for person in others.values():
        person.connected()
    application = open_window(str(lab.invite), ANNA, theme=theme)
    application.root.geometry(f"{SIZE[0]}x{SIZE[1]}+0+0")
    wait_connected(application)
    talk(application, others, lab)
    wait(application, lambda: ONE_SERVER in status_texts(application), ONE_SERVER)
    lab.start_again(0)
    wait(application, lambda: ONE_SERVER not in status_texts(application), "both servers again")
    wait(application, lambda: ticks(application)[-1] is Tick.STORED_ON_BOTH, "both ticks")
    wait(application, lambda: {"A", "B"} <= set(status_texts(application)), "both servers")
    wait(application, lambda: any(" ms" in text for text in status_texts(application)), "the latency")
    picture = grab(application)
    folder = PICTURES if os.environ.get("DESKTOP_CHAT_PICTURES") else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    picture.save(folder / f"main-{theme}.png", optimize=True)
    check(picture, theme)


def talk(application: Application, others: dict[str, Person], lab: RealPair) -> None:
    """Everybody says what they have to say, in turn; the plug is pulled when they say so."""
    for number, (name, text) in enumerate(TALK):
        if name == ANNA:
            write(application, text)
        else:
            others[name].say(text)
        expected = [line for _name, line in TALK[: number + 1]]
        wait(application, lambda expected=expected: archived(application) == expected, text)  # type: ignore[misc]
        if text == PLUG:
            lab.kill(0)


def archived(application: Application) -> list[str]:
    """The conversation without what still waits in the outbox: that has no place in it yet."""
    model = application.chat.model if application.chat is not None else None
    found = [model.message(number) for number in range(len(model))] if model is not None else []
    return [message.text for message in found if not message.is_pending]


def grab(application: Application) -> Image.Image:
    """The window as it is on the screen, without the blinking caret."""
    root = application.root
    assert application.window is not None
    application.window.composer.text.configure(insertontime=0)
    application.window.composer.text.focus_force()
    root.update()
    left, top = root.winfo_rootx(), root.winfo_rooty()
    box = (left, top, left + root.winfo_width(), top + root.winfo_height())
    return ImageGrab.grab(bbox=box, xdisplay=os.environ["DISPLAY"])


def check(picture: Image.Image, theme: str) -> None:
    """It is a picture of a window with a conversation, in the colours of its theme."""
    palette = PALETTES[theme]
    assert picture.size == SIZE
    counted = picture.convert("RGB").getcolors(2**20)
    assert counted is not None
    colours = {f"#{red:02x}{green:02x}{blue:02x}" for _count, (red, green, blue) in counted}  # type: ignore[misc]
    wanted = {palette.window, palette.sidebar, palette.bubble_own, palette.bubble_other, palette.accent}
    assert wanted <= colours
