"""Avatars on a canvas: a coloured disc with initials, and a presence dot when asked for."""

import tkinter as tk

from desktop_chat.view_models.people import avatar_colour, initials
from desktop_chat.widgets.look import Look


def draw_avatar(
    canvas: tk.Canvas,
    look: Look,
    key: str,
    name: str,
    place: tuple[int, int],
    *,
    size: int,
    behind: str,
    tag: str,
) -> None:
    """Draw the avatar of a person or room, its top left at `place`.

    `key` decides the colour, `name` the initials.
    """
    left, top = place
    picture = look.pictures.disc(size, avatar_colour(key), behind)
    canvas.create_image(left, top, image=picture, anchor="nw", tags=tag)
    role = "label" if size < look.pixels(38) else "name_bold"
    canvas.create_text(
        left + size // 2,
        top + size // 2,
        text=initials(name),
        font=look.fonts[role],
        fill="#ffffff",
        tags=tag,
    )


def draw_presence(
    canvas: tk.Canvas, look: Look, place: tuple[int, int], *, size: int, behind: str, tag: str
) -> None:
    """A green dot at the lower right of an avatar."""
    dot = look.pixels(13)
    picture = look.pictures.ringed_disc(dot, look.palette.good, behind)
    reach = size - dot + look.pixels(1)
    canvas.create_image(place[0] + reach, place[1] + reach, image=picture, anchor="nw", tags=tag)
