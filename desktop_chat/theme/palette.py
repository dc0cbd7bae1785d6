"""The two palettes, light and dark: every colour of the window by its role, nothing else."""

from typing import Final

import msgspec


class Palette(msgspec.Struct, frozen=True):
    """Colours as `#rrggbb`, named by what they are for."""

    name: str
    window: str
    sidebar: str
    selected: str
    hovered: str
    field: str
    composer: str
    line: str
    text: str
    text_faint: str
    text_on_accent: str
    accent: str
    accent_pressed: str
    accent_text: str
    bubble_other: str
    bubble_own: str
    meta_own: str
    link_other: str
    link_own: str
    tick_read: str
    selection_other: str
    selection_own: str
    badge: str
    good: str
    warning: str
    bad: str
    absent: str
    scrollbar: str
    scrollbar_hovered: str
    banner_warning: str
    banner_warning_text: str
    banner_bad: str
    banner_bad_text: str
    banner_info: str
    banner_info_text: str
    tooltip: str
    tooltip_text: str

    @property
    def is_dark(self) -> bool:
        """Whether light text stands on a dark window."""
        return self.name == "dark"


LIGHT: Final = Palette(
    name="light",
    window="#ffffff",
    sidebar="#f4f6f9",
    selected="#e3ecfb",
    hovered="#e9edf3",
    field="#ffffff",
    composer="#f4f6f9",
    line="#e2e6ec",
    text="#1c2330",
    text_faint="#667080",
    text_on_accent="#ffffff",
    accent="#2f6fed",
    accent_pressed="#2559c4",
    accent_text="#2563d9",
    bubble_other="#f0f2f6",
    bubble_own="#2f6fed",
    meta_own="#d3e1ff",
    link_other="#2158c7",
    link_own="#ffffff",
    tick_read="#76d6fc",
    selection_other="#b8d3ff",
    selection_own="#1b4bb3",
    badge="#e5484d",
    good="#2fb36a",
    warning="#e8a33d",
    bad="#d63d42",
    absent="#b4bcc8",
    scrollbar="#c3c9d3",
    scrollbar_hovered="#9aa3b1",
    banner_warning="#fdf3df",
    banner_warning_text="#6b4a0b",
    banner_bad="#fdeaea",
    banner_bad_text="#8a2226",
    banner_info="#e3ecfb",
    banner_info_text="#1c3f86",
    tooltip="#1c2330",
    tooltip_text="#ffffff",
)

DARK: Final = Palette(
    name="dark",
    window="#16191f",
    sidebar="#1c2028",
    selected="#2a3550",
    hovered="#252b36",
    field="#16191f",
    composer="#222834",
    line="#2a303b",
    text="#e6e9ef",
    text_faint="#8b95a7",
    text_on_accent="#ffffff",
    accent="#2f62c9",
    accent_pressed="#2552ac",
    accent_text="#5b92ff",
    bubble_other="#242a35",
    bubble_own="#2f62c9",
    meta_own="#c3d5fb",
    link_other="#7fb0ff",
    link_own="#ffffff",
    tick_read="#76d6fc",
    selection_other="#35507f",
    selection_own="#183a80",
    badge="#f0555a",
    good="#3ccf7e",
    warning="#f0b35a",
    bad="#f2666b",
    absent="#5a6475",
    scrollbar="#3d4553",
    scrollbar_hovered="#5d6778",
    banner_warning="#3a3020",
    banner_warning_text="#f3d9a4",
    banner_bad="#40252a",
    banner_bad_text="#f7bfc1",
    banner_info="#22304d",
    banner_info_text="#bcd3ff",
    tooltip="#e6e9ef",
    tooltip_text="#16191f",
)

PALETTES: Final = {palette.name: palette for palette in (LIGHT, DARK)}

# A person keeps a colour for ever: chosen by name from these, readable in both palettes.
AVATAR_COLOURS: Final = (
    "#e07a5f",
    "#d9a441",
    "#4aa3a2",
    "#b565a7",
    "#c25b78",
    "#5b8def",
    "#6a9f58",
    "#8e6bd1",
    "#3f8fb5",
    "#a6855a",
    "#c9708f",
    "#7d8f3f",
)
