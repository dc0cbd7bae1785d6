"""One line of text with emoji on a canvas, cut with an ellipsis where it must end."""

import tkinter as tk

from desktop_chat.theme.xft_guard import drawable
from desktop_chat.view_models.graphemes import EMOJI
from desktop_chat.widgets.look import Look

_EMOJI_SHARE = 1.2


def draw_text_line(
    canvas: tk.Canvas,
    look: Look,
    place: tuple[int, int],
    text: str,
    *,
    role: str,
    colour: str,
    width_max: int,
    tag: str,
) -> int:
    """Draw the line from `place` (left, middle) on; gives its width."""
    left, middle = place
    font = look.fonts[role]
    size = round(look.fonts.line_height(role) / 1.4 * _EMOJI_SHARE)
    x = 0
    for part, is_emoji in _parts(text, look):
        if is_emoji and x + size <= width_max:
            picture = look.pictures.emoji(part, size)
            canvas.create_image(left + x, middle, image=picture, anchor="w", tags=tag)
            x += size + 1
            continue
        shown = drawable(part)
        width = font.measure(shown)
        is_cut = x + width > width_max
        if is_cut:
            shown = _cut(look, role, shown, width_max - x)
        canvas.create_text(left + x, middle, text=shown, font=font, fill=colour, anchor="w", tags=tag)
        x += width
        if is_cut:
            return width_max
    return x


def _parts(text: str, look: Look) -> list[tuple[str, bool]]:
    parts: list[tuple[str, bool]] = []
    position = 0
    for match in EMOJI.finditer(text):
        if match.group() in look.pictures.atlas:
            parts.append((text[position : match.start()], False))
            parts.append((match.group(), True))
            position = match.end()
    parts.append((text[position:], False))
    return [part for part in parts if part[0]]


def _cut(look: Look, role: str, text: str, width_max: int) -> str:
    """As much of the text as fits with an ellipsis; nothing where not even that fits."""
    font = look.fonts[role]
    if font.measure("…") > width_max:
        return ""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if font.measure(text[:middle].rstrip() + "…") <= width_max:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"
