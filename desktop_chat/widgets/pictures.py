"""The pictures of one window at one scale: rounded corners, discs, icons, emoji; each made once.

PhotoImages must be made and freed on the Tk thread, so they are kept here as long as the window.
"""

import tkinter as tk
from collections.abc import Callable
from typing import Final

from PIL import Image, ImageDraw, ImageTk

from desktop_chat.theme.emoji_atlas import EmojiAtlas
from desktop_chat.widgets.icons import draw_icon

_OVERSAMPLING: Final = 8

Corners = tuple[ImageTk.PhotoImage, ImageTk.PhotoImage, ImageTk.PhotoImage, ImageTk.PhotoImage]


class Pictures:
    """Makes and keeps pictures. `atlas` holds the emoji."""

    def __init__(self, root: tk.Misc, scale: float, atlas: EmojiAtlas) -> None:
        self._root = root
        self.atlas = atlas
        self.edge_width = max(1, round(scale))
        self._corners: dict[tuple[str, str, int, str], Corners] = {}
        self._kept: dict[tuple[object, ...], ImageTk.PhotoImage] = {}

    def corners(self, colour: str, behind: str, radius: int, edge: str = "") -> Corners:
        """The four corners (nw, ne, sw, se) of a rounded box of one colour on another."""
        key = (colour, behind, radius, edge)
        found = self._corners.get(key)
        if found is None:
            disc = _disc_image(radius * 2, colour, behind, edge, self.edge_width)
            whole = (
                disc.crop((0, 0, radius, radius)),
                disc.crop((radius, 0, 2 * radius, radius)),
                disc.crop((0, radius, radius, 2 * radius)),
                disc.crop((radius, radius, 2 * radius, 2 * radius)),
            )
            north_west, north_east, south_west, south_east = (self._photo(part) for part in whole)
            found = self._corners[key] = (north_west, north_east, south_west, south_east)
        return found

    def disc(self, size: int, colour: str, behind: str) -> ImageTk.PhotoImage:
        """A filled circle."""
        return self._keep(("disc", size, colour, behind), lambda: _disc_image(size, colour, behind))

    def ringed_disc(self, size: int, colour: str, ring: str) -> ImageTk.PhotoImage:
        """A presence dot with a ring of the colour it stands on, clear outside."""
        return self._keep(("ringed", size, colour, ring), lambda: _ringed_image(size, colour, ring))

    def icon(self, name: str, size: int, colour: str) -> ImageTk.PhotoImage:
        """An icon in a colour on nothing."""
        return self._keep(("icon", name, size, colour), lambda: draw_icon(name, size, colour))

    def emoji(self, cluster: str, size: int) -> ImageTk.PhotoImage:
        """The picture of an emoji of the atlas."""
        return self._keep(("emoji", cluster, size), lambda: self.atlas.picture(cluster, size))

    def _keep(self, key: tuple[object, ...], make: Callable[[], Image.Image]) -> ImageTk.PhotoImage:
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._photo(make())
        return found

    def _photo(self, image: Image.Image) -> ImageTk.PhotoImage:
        return ImageTk.PhotoImage(image, master=self._root)


def _disc_image(size: int, colour: str, behind: str, edge: str = "", edge_width: int = 0) -> Image.Image:
    side = size * _OVERSAMPLING
    large = Image.new("RGB", (side, side), behind)
    draw = ImageDraw.Draw(large)
    draw.ellipse((0, 0, side - 1, side - 1), fill=edge or colour)
    if edge:
        inset = edge_width * _OVERSAMPLING
        draw.ellipse((inset, inset, side - 1 - inset, side - 1 - inset), fill=colour)
    return large.resize((size, size), Image.Resampling.LANCZOS)


def _ringed_image(size: int, colour: str, ring: str) -> Image.Image:
    side = size * _OVERSAMPLING
    mask = Image.new("L", (side, side), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
    large = Image.new("RGB", (side, side), ring)
    inset = round(side * 0.17)
    ImageDraw.Draw(large).ellipse((inset, inset, side - 1 - inset, side - 1 - inset), fill=colour)
    picture = large.resize((size, size), Image.Resampling.LANCZOS)
    picture.putalpha(mask.resize((size, size), Image.Resampling.LANCZOS))
    return picture
