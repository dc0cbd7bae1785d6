"""How large the window draws: the display's density times the person's zoom."""

import tkinter
from typing import Final

# Tk counts pixels a point; a display of ordinary density (96 dpi) has 4/3 of them.
_ORDINARY_PIXELS_PER_POINT: Final = 4 / 3
ZOOM_STEPS: Final = (0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)


def display_scale(root: tkinter.Misc) -> float:
    """The density of the display, 1.0 for 96 dpi, in quarters (as fonts are hinted), at least 1."""
    raw = float(root.tk.call("tk", "scaling")) / _ORDINARY_PIXELS_PER_POINT
    return max(1.0, round(raw * 4) / 4)


def next_zoom(zoom: float, direction: int) -> float:
    """The step above (1) or below (-1) this zoom; 0 goes back to 100 %."""
    if direction == 0:
        return 1.0
    if direction > 0:
        return next((step for step in ZOOM_STEPS if step > zoom + 0.001), ZOOM_STEPS[-1])
    return next((step for step in reversed(ZOOM_STEPS) if step < zoom - 0.001), ZOOM_STEPS[0])
