"""The part of the message list that is seen: an anchor (row, pixel offset) and what follows from it; pure.

Only rows in sight are ever laid out, so opening a conversation of 100,000 messages costs what a
screen costs. There is no total height: the scrollbar counts rows.
"""

from collections.abc import Callable


class Viewport:
    """Rows numbered from 0, each with a height; `anchor_y` is where the anchor row's top stands.

    After every change call `settle`: it moves the anchor to the first row in sight and keeps the
    list from being scrolled beyond its ends.
    """

    def __init__(self, row_count: Callable[[], int], row_height: Callable[[int], int]) -> None:
        self._row_count = row_count
        self._row_height = row_height
        self.padding_bottom = 0
        self.height = 1
        self.anchor_row = 0
        self.anchor_y = 0
        self.is_at_end = True

    def scroll_by(self, pixels: int) -> None:
        """Move the view down (positive) or up."""
        self.anchor_y -= pixels
        self.is_at_end = False
        self.settle()

    def scroll_to_end(self) -> None:
        """Show the last row at the bottom, and stay there when rows are appended."""
        self.is_at_end = True
        self.settle()

    def scroll_to_row(self, row: int, y: int = 0) -> None:
        """Put the top of a row at this height of the view."""
        self.anchor_row, self.anchor_y = row, y
        self.is_at_end = False
        self.settle()

    def scroll_to_share(self, share: float) -> None:
        """Put the row at this share of all rows at the top (a dragged scrollbar)."""
        place = max(0.0, share) * self._row_count()
        row = min(int(place), max(0, self._row_count() - 1))
        height = self._row_height(row) if self._row_count() else 0
        self.scroll_to_row(row, -round((place - row) * height))

    def show_row(self, row: int) -> None:
        """Scroll as little as needed to bring a whole row in sight."""
        for seen, y in self.visible():
            if seen == row:
                bottom = y + self._row_height(row) + self.padding_bottom
                if y < 0:
                    self.scroll_by(y)
                elif bottom > self.height:
                    self.scroll_by(bottom - self.height)
                return
        self.scroll_to_row(row, 0 if row < self.anchor_row else self.height - self._row_height(row))

    def rows_inserted(self, at: int, count: int) -> None:
        """Rows came in: what is seen stays where it is, unless the end is what is seen."""
        if at <= self.anchor_row and not (self.anchor_row == 0 == self._row_count() - count):
            self.anchor_row += count
        self.settle()

    def rows_removed(self, at: int, count: int) -> None:
        """Rows went away."""
        if at < self.anchor_row:
            self.anchor_row = max(at, self.anchor_row - count)
        self.settle()

    def resize(self, height: int) -> None:
        """The window has another height; the end stays at the bottom."""
        if not self.is_at_end:
            # What stood at the bottom edge stays there: a growing composer must not hide it.
            self.anchor_y += height - self.height
        self.height = height
        self.settle()

    def settle(self) -> None:
        """Bring the anchor in sight and keep to the ends."""
        count = self._row_count()
        if count == 0:
            self.anchor_row = self.anchor_y = 0
            self.is_at_end = True
            return
        self.anchor_row = min(self.anchor_row, count - 1)
        if self.is_at_end:
            self._anchor_at_end(count)
            return
        while self.anchor_y > 0 and self.anchor_row > 0:
            self.anchor_row -= 1
            self.anchor_y -= self._row_height(self.anchor_row)
        while self.anchor_row < count - 1 and self.anchor_y + self._row_height(self.anchor_row) <= 0:
            self.anchor_y += self._row_height(self.anchor_row)
            self.anchor_row += 1
        self._keep_to_ends(count)

    def visible(self) -> list[tuple[int, int]]:
        """Every row in sight with the y of its top."""
        rows = []
        row, y = self.anchor_row, self.anchor_y
        while row < self._row_count() and y < self.height:
            height = self._row_height(row)
            if y + height > 0:
                rows.append((row, y))
            row += 1
            y += height
        return rows

    def thumb(self) -> tuple[float, float]:
        """The scrollbar's thumb as shares of all rows."""
        count = self._row_count()
        seen = self.visible()
        if not seen:
            return 0.0, 1.0
        first, first_y = seen[0]
        last, last_y = seen[-1]
        first_part = min(1.0, max(0.0, -first_y / max(1, self._row_height(first))))
        last_part = min(1.0, (self.height - last_y) / max(1, self._row_height(last)))
        return (first + first_part) / count, (last + last_part) / count

    def _anchor_at_end(self, count: int) -> None:
        y = self.height - self.padding_bottom
        row = count
        while row > 0 and y > 0:
            row -= 1
            y -= self._row_height(row)
        # Few messages stand at the top of the list, under its header.
        self.anchor_row, self.anchor_y = row, min(y, 0) if row == 0 else y

    def _keep_to_ends(self, count: int) -> None:
        if self.anchor_row == 0 and self.anchor_y > 0:
            self.anchor_y = 0
        bottom = self.anchor_y
        row = self.anchor_row
        while row < count and bottom <= self.height - self.padding_bottom:
            bottom += self._row_height(row)
            row += 1
        if row == count and bottom <= self.height - self.padding_bottom:
            self.is_at_end = True
            self._anchor_at_end(count)
