"""Palettes that can be read, fonts that are shipped, emoji that are there."""

import os
import subprocess
import sys

import pytest

from desktop_chat.theme.emoji_atlas import TILE_PIXELS, EmojiAtlas
from desktop_chat.theme.fonts import FONT_FOLDER, choose_family, offer_shipped_fonts
from desktop_chat.theme.palette import PALETTES, Palette
from desktop_chat.theme.scaling import ZOOM_STEPS, next_zoom
from desktop_chat.theme.xft_guard import drawable

# WCAG 2.2, criterion 1.4.3: text of ordinary size.
CONTRAST_MIN = 4.5
TEXTS = (
    ("text", "window"), ("text", "sidebar"), ("text", "selected"), ("text", "bubble_other"),
    ("text_faint", "window"), ("text_faint", "sidebar"), ("text_on_accent", "bubble_own"),
    ("accent_text", "window"), ("link_other", "bubble_other"), ("banner_warning_text", "banner_warning"),
    ("banner_bad_text", "banner_bad"), ("banner_info_text", "banner_info"), ("tooltip_text", "tooltip"),
    ("text", "selection_other"), ("text_on_accent", "selection_own"),
)  # fmt: skip


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", PALETTES.values(), ids=str)
@pytest.mark.parametrize(("ink", "ground"), TEXTS)
def test_texts_have_contrast_enough(palette: Palette, ink: str, ground: str) -> None:
    bright, dark = sorted(
        (luminance(getattr(palette, ink)), luminance(getattr(palette, ground))), reverse=True
    )
    assert (bright + 0.05) / (dark + 0.05) >= CONTRAST_MIN


def test_the_fonts_that_are_shipped_come_with_their_licence() -> None:
    assert {path.name for path in FONT_FOLDER.glob("*.otf")} == {
        f"Inter-{weight}.otf" for weight in ("Regular", "Medium", "SemiBold", "Bold")
    }
    assert "SIL OPEN FONT LICENSE" in (FONT_FOLDER / "LICENSE.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["Inter"])
def test_fontconfig_finds_them(name: str) -> None:
    environment = dict(os.environ)
    offer_shipped_fonts(environment)
    if sys.platform.startswith("linux"):
        found = subprocess.run(
            ["fc-list", ":", "file"], env=environment, capture_output=True, text=True, check=True
        )
        assert f"{FONT_FOLDER}/Inter-Medium.otf" in found.stdout
    assert choose_family(["DejaVu Sans", "inter"]) == name


def test_emoji_have_a_picture_with_and_without_the_picture_sign() -> None:
    atlas = EmojiAtlas()
    for emoji in ("🙂", "👩‍💻", "👍🏽", "❤️", "❤", "🇮🇹", "1️⃣"):
        assert emoji in atlas
        assert atlas.picture(emoji, TILE_PIXELS).getbbox() is not None
    assert "漢" not in atlas


def test_an_old_font_library_never_gets_a_coloured_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_chat.theme.xft_guard.are_colour_fonts_safe", lambda: False)
    assert drawable("ok 🙂 漢") == "ok □ 漢"
    monkeypatch.setattr("desktop_chat.theme.xft_guard.are_colour_fonts_safe", lambda: True)
    assert drawable("ok 🙂") == "ok 🙂"


def test_zoom_goes_in_steps_and_back() -> None:
    assert next_zoom(1.0, 1) == 1.1
    assert next_zoom(1.1, -1) == 1.0
    assert next_zoom(ZOOM_STEPS[-1], 1) == ZOOM_STEPS[-1]
    assert next_zoom(ZOOM_STEPS[0], -1) == ZOOM_STEPS[0]
    assert next_zoom(1.75, 0) == 1.0
