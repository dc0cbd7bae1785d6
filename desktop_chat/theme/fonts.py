"""The window's fonts: which family, which sizes, and how Inter comes with the program."""

import os
import sys
import tkinter
from collections.abc import Sequence
from pathlib import Path
from tkinter import font as tk_font
from typing import Final, Literal

FONT_FOLDER: Final = Path(__file__).parent / "inter"

TkWeight = Literal["normal", "bold"]

# Inter travels with the program where fontconfig can be told of it; elsewhere the system's own face.
FAMILIES: Final = ("Inter", "Segoe UI", "SF Pro Text", "Cantarell", "Ubuntu", "Noto Sans", "DejaVu Sans")
FALLBACK_FAMILY: Final = "TkDefaultFont"

# Roles: size in pixels at 100 %, and weight. Sizes are negative for Tk: pixels, not points.
ROLES: Final = {
    "body": (15, "medium"),
    "body_bold": (15, "semibold"),
    "author": (14, "bold"),
    "title": (17, "bold"),
    "subtitle": (13, "medium"),
    "name": (15, "medium"),
    "name_bold": (15, "semibold"),
    "preview": (13, "medium"),
    "meta": (11, "medium"),
    "day": (13, "semibold"),
    "badge": (12, "semibold"),
    "status": (13, "medium"),
    "button": (15, "semibold"),
    "heading": (22, "bold"),
    "label": (13, "semibold"),
    "code": (13, "mono"),
}


def offer_shipped_fonts(environment: dict[str, str] | os._Environ[str] = os.environ) -> None:
    """Let fontconfig find Inter. Must be called before Tk starts; a person's own setting wins."""
    if sys.platform.startswith("linux"):
        environment.setdefault("FONTCONFIG_FILE", str(FONT_FOLDER / "fonts.conf"))


def choose_family(families: Sequence[str]) -> str:
    """The first of our families that is installed."""
    present = {family.casefold() for family in families}
    return next((family for family in FAMILIES if family.casefold() in present), FALLBACK_FAMILY)


class Fonts:
    """Fonts by role at one scale. Must live and die on the Tk thread."""

    def __init__(self, root: tkinter.Misc, scale: float) -> None:
        self.scale = scale
        self._present = {family.casefold(): family for family in tk_font.families(root)}
        self.family = choose_family(tuple(self._present.values()))
        self._fonts = {role: self._make(root, size, weight) for role, (size, weight) in ROLES.items()}
        self._width_by_text: dict[str, dict[str, int]] = {role: {} for role in ROLES}

    def __getitem__(self, role: str) -> tk_font.Font:
        return self._fonts[role]

    def pixels(self, size: float) -> int:
        """A length of the design at this scale."""
        return round(size * self.scale)

    def line_height(self, role: str) -> int:
        """The distance from one line to the next."""
        return round(ROLES[role][0] * self.scale * 1.4)

    def ascent(self, role: str) -> int:
        """From the top of a line to its base line."""
        return int(self._fonts[role].metrics("ascent"))

    def measure(self, role: str, text: str) -> int:
        """The width of a text in pixels. Cached by word, for words come again and again."""
        known = self._width_by_text[role]
        width = known.get(text)
        if width is None:
            if len(known) > 20_000:
                known.clear()
            width = known[text] = self._fonts[role].measure(text)
        return width

    def _make(self, root: tkinter.Misc, size: int, weight: str) -> tk_font.Font:
        pixels = -max(1, round(size * self.scale))
        if weight == "mono":
            return tk_font.Font(root, family="TkFixedFont", size=pixels)
        family, tk_weight = self._face(weight)
        return tk_font.Font(root, family=family, size=pixels, weight=tk_weight)

    def _face(self, weight: str) -> tuple[str, TkWeight]:
        """The family that has this weight: Tk knows normal and bold, the rest are families of their own."""
        wanted = {"medium": (f"{self.family} medium",), "semibold": (
            f"{self.family} semibold", f"{self.family} semi bold")}  # fmt: skip
        for family in wanted.get(weight, ()):
            if family.casefold() in self._present:
                return self._present[family.casefold()], "normal"
        return self.family, "normal" if weight == "medium" else "bold"
