"""The sizes of the message list at one scale, and the rulers its texts are measured with; pure."""

from collections.abc import Callable
from typing import Final

from desktop_chat.view_models.graphemes import clusters
from desktop_chat.view_models.line_breaking import Kind, Ruler

Measure = Callable[[str, str], int]
HasEmoji = Callable[[str], bool]

# A line longer than this is hard to read, however wide the window is.
_BUBBLE_WIDTH_MAX: Final = 620
_BUBBLE_SHARE: Final = 0.66


class _FontRuler:
    def __init__(self, measure: Measure, has_emoji: HasEmoji, emoji_width: int) -> None:
        self._measure = measure
        self._emoji_width = emoji_width
        self.has_emoji = has_emoji

    def text_width(self, text: str) -> int:
        return self._measure("body", text)

    def emoji_width(self) -> int:
        return self._emoji_width


class Measures:
    """Lengths of the design times the scale. `measure(role, text)` gives the width of a text."""

    def __init__(
        self, measure: Measure, scale: float = 1.0, has_emoji: HasEmoji = lambda cluster: False
    ) -> None:
        def pixels(length: float) -> int:
            return round(length * scale)

        self._measure = measure
        self._pixels = pixels
        self.scale = scale
        self.padding_x = pixels(13)
        self.padding_y = pixels(7)
        self.padding_top_author = pixels(6)
        self.padding_bottom_author = pixels(8)
        self.author_height = pixels(20)
        self.line_height = pixels(21)
        self.large_line_height = pixels(42)
        self.meta_gap = pixels(14)
        self.meta_line_height = pixels(16)
        self.meta_drop = pixels(2)
        self.tick_width = pixels(21)
        self.run_gap = pixels(11)
        self.bubble_gap = pixels(3)
        self.separator_height = pixels(60)
        self.new_mark_height = pixels(36)
        self.avatar_left = pixels(13)
        self.avatar_size = pixels(35)
        self.bubble_left_other = pixels(58)
        self.margin_right = pixels(29)
        self._rulers: dict[bool, Ruler] = {
            is_large: _FontRuler(measure, has_emoji, self.emoji_size(is_large) + pixels(2))
            for is_large in (False, True)
        }

    def ruler(self, is_large: bool) -> Ruler:
        """The ruler for ordinary text, or for a few emoji alone."""
        return self._rulers[is_large]

    def emoji_size(self, is_large: bool) -> int:
        """The side of an emoji's picture."""
        return self._pixels(36 if is_large else 19)

    def bubble_width_max(self, width: int) -> int:
        """The widest bubble in a list of this width."""
        free = width - self.bubble_left_other - self.margin_right
        return max(self._pixels(120), min(round(free * _BUBBLE_SHARE), self._pixels(_BUBBLE_WIDTH_MAX)))

    def time_width(self, text: str) -> int:
        """The width of a bubble's time."""
        return self._measure("meta", text)

    def author_width(self, text: str) -> int:
        """The width of an author's name."""
        return self._measure("author", text)

    def part_width(self, part: str, kind: Kind, ruler: Ruler) -> int:
        """The width of the beginning of a piece."""
        return ruler.emoji_width() if kind is Kind.EMOJI else ruler.text_width(part)

    def offset_in(self, part: str, x: int, kind: Kind, ruler: Ruler) -> int:
        """The place in a piece nearest to x pixels from its left: before or behind a character."""
        if kind is Kind.EMOJI:
            return 0 if x < ruler.emoji_width() / 2 else len(part)
        left = offset = 0
        for cluster in clusters(part):
            width = ruler.text_width(cluster)
            if x < left + width / 2:
                return offset
            left += width
            offset += len(cluster)
        return offset
