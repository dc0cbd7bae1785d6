"""What every widget draws with: palette, fonts, pictures and sizes, at one scale."""

import tkinter as tk

from desktop_chat.theme.emoji_atlas import EmojiAtlas
from desktop_chat.theme.fonts import Fonts
from desktop_chat.theme.palette import Palette
from desktop_chat.view_models.measures import Measures
from desktop_chat.widgets.pictures import Pictures


class Look:
    """One look of the window. A change of theme or zoom makes a new one and rebuilds the window."""

    def __init__(self, root: tk.Misc, palette: Palette, scale: float, atlas: EmojiAtlas) -> None:
        self.palette = palette
        self.scale = scale
        self.fonts = Fonts(root, scale)
        self.pictures = Pictures(root, scale, atlas)
        self.measures = Measures(self.fonts.measure, scale, atlas.__contains__)

    def pixels(self, length: float) -> int:
        """A length of the design at this scale."""
        return round(length * self.scale)
