"""The window's own icons, drawn on a grid of 24 units and scaled down smoothly."""

from collections.abc import Callable
from typing import Final

from PIL import Image, ImageDraw

_OVERSAMPLING: Final = 8
_GRID: Final = 24

Points = list[tuple[float, float]]


class _Pen:
    """Draws in grid units on an oversampled mask."""

    def __init__(self, size: int) -> None:
        self._unit = size * _OVERSAMPLING / _GRID
        side = size * _OVERSAMPLING
        self.mask = Image.new("L", (side, side), 0)
        self._draw = ImageDraw.Draw(self.mask)

    def line(self, points: Points, width: float, ink: int = 255) -> None:
        """A stroke with round ends and corners."""
        scaled = [(x * self._unit, y * self._unit) for x, y in points]
        self._draw.line(scaled, fill=ink, width=max(1, round(width * self._unit)), joint="curve")
        for x, y in points:
            self.disc(x, y, width / 2, ink)

    def disc(self, x: float, y: float, radius: float, ink: int = 255) -> None:
        """A filled circle."""
        unit = self._unit
        box = ((x - radius) * unit, (y - radius) * unit, (x + radius) * unit, (y + radius) * unit)
        self._draw.ellipse(box, fill=ink)

    def ring(self, x: float, y: float, radius: float, width: float) -> None:
        """A circle line."""
        self.disc(x, y, radius + width / 2)
        self.disc(x, y, radius - width / 2, 0)

    def arc(self, x: float, y: float, radius: float, span: tuple[float, float], width: float) -> None:
        """A part of a circle line; degrees clockwise from three o'clock."""
        unit, reach = self._unit, radius + width / 2
        box = ((x - reach) * unit, (y - reach) * unit, (x + reach) * unit, (y + reach) * unit)
        self._draw.arc(box, *span, fill=255, width=max(1, round(width * unit)))

    def shape(self, points: Points, ink: int = 255) -> None:
        """A filled polygon."""
        self._draw.polygon([(x * self._unit, y * self._unit) for x, y in points], fill=ink)


def _send(pen: _Pen) -> None:
    pen.shape([(1.5, 10.8), (22.5, 1.5), (13.6, 22.5), (10.6, 13.6)])
    pen.line([(10.3, 13.9), (17.2, 6.9)], 1.5, ink=0)


def _people(pen: _Pen) -> None:
    pen.ring(8.6, 7.6, 3.4, 1.7)
    pen.arc(8.6, 19.6, 6.4, (180, 360), 1.7)
    pen.line([(2.2, 19.6), (15.0, 19.6)], 1.7)
    pen.arc(16.0, 7.6, 3.4, (250, 470), 1.7)
    pen.arc(16.0, 19.6, 6.2, (285, 360), 1.7)
    pen.line([(18.2, 19.6), (22.2, 19.6)], 1.7)


def _menu(pen: _Pen) -> None:
    for y in (5.0, 12.0, 19.0):
        pen.disc(12, y, 2.1)


def _close(pen: _Pen) -> None:
    pen.line([(6, 6), (18, 18)], 1.9)
    pen.line([(18, 6), (6, 18)], 1.9)


def _down(pen: _Pen) -> None:
    pen.line([(5.5, 9), (12, 15.5), (18.5, 9)], 2.2)


def _clock(pen: _Pen) -> None:
    pen.ring(12, 12, 8.5, 1.8)
    pen.line([(12, 7), (12, 12.4), (15.6, 14.4)], 1.8)


def _tick(pen: _Pen) -> None:
    pen.line([(4.5, 13), (9.2, 18), (19.5, 6)], 1.9)


def _ticks(pen: _Pen) -> None:
    pen.line([(1.2, 13), (5.8, 18), (15.5, 6)], 1.9)
    pen.line([(11.2, 16.8), (12.4, 18), (22.3, 6)], 1.9)


def _alert(pen: _Pen) -> None:
    pen.ring(12, 12, 9, 1.9)
    pen.line([(12, 7.2), (12, 13)], 2.1)
    pen.disc(12, 16.6, 1.35)


def _chat(pen: _Pen) -> None:
    pen.disc(12, 10.8, 9)
    pen.shape([(5, 14), (4.6, 21.6), (12, 19.2)])
    for x in (8.0, 12.0, 16.0):
        pen.disc(x, 10.8, 1.25, 0)


_DRAWINGS: Final[dict[str, Callable[[_Pen], None]]] = {
    "send": _send,
    "people": _people,
    "menu": _menu,
    "close": _close,
    "down": _down,
    "clock": _clock,
    "tick": _tick,
    "ticks": _ticks,
    "alert": _alert,
    "chat": _chat,
}

ICON_NAMES: Final = tuple(_DRAWINGS)


def draw_icon(name: str, size: int, colour: str) -> Image.Image:
    """One icon in a colour on nothing."""
    pen = _Pen(size)
    _DRAWINGS[name](pen)
    mask = pen.mask.resize((size, size), Image.Resampling.LANCZOS)
    icon = Image.new("RGBA", (size, size), colour)
    icon.putalpha(mask)
    return icon
