"""Rounded boxes of any size on a canvas, from four cached corner pictures."""

import tkinter as tk

import msgspec

from desktop_chat.view_models.message_layout import Box
from desktop_chat.widgets.look import Look


class BoxStyle(msgspec.Struct, frozen=True):
    """The colours of a box, and the radius in pixels of the design; no edge without its colour."""

    colour: str
    behind: str
    radius: int
    edge: str = ""


def draw_rounded_box(canvas: tk.Canvas, look: Look, box: Box, style: BoxStyle, tag: str) -> None:
    """Draw a box, with a thin edge when the style has one; too small a box is not drawn."""
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    radius = min(look.pixels(style.radius), (right - left) // 2, (bottom - top) // 2)
    if radius < 1:
        return
    _draw_cross(canvas, box, radius, style.edge or style.colour, tag)
    if style.edge:
        # The same cross, smaller by the edge on the four outer sides only.
        edge = look.pictures.edge_width
        across = (left + edge, top + radius, right - edge, bottom - radius)
        along = (left + radius, top + edge, right - radius, bottom - edge)
        for area in (across, along):
            canvas.create_rectangle(*area, fill=style.colour, width=0, tags=tag)
    corners = look.pictures.corners(style.colour, style.behind, radius, style.edge)
    canvas.create_image(left, top, image=corners[0], anchor="nw", tags=tag)
    canvas.create_image(right, top, image=corners[1], anchor="ne", tags=tag)
    canvas.create_image(left, bottom, image=corners[2], anchor="sw", tags=tag)
    canvas.create_image(right, bottom, image=corners[3], anchor="se", tags=tag)


def _draw_cross(canvas: tk.Canvas, box: Box, radius: int, colour: str, tag: str) -> None:
    """Everything of the box but its corners."""
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    across = (left, top + radius, right, bottom - radius)
    along = (left + radius, top, right - radius, bottom)
    for area in (across, along):
        canvas.create_rectangle(*area, fill=colour, width=0, tags=tag)
