"""The ttkbootstrap theme of the same palette, for the fields and buttons that ttk draws."""

from typing import Final

from ttkbootstrap.style import Theme

from desktop_chat.theme.palette import DARK, LIGHT, Palette

FAMILY: Final = "desktop-chat"


def theme_name(palette: Palette) -> str:
    """The name ttkbootstrap knows our palette by."""
    return f"{FAMILY}-{palette.name}"


def register_theme() -> None:
    """Tell ttkbootstrap our colours; called before the root is made, so that it starts in them."""
    theme = Theme(
        name=FAMILY,
        primary=LIGHT.accent,
        success=LIGHT.good,
        info=LIGHT.accent,
        warning=LIGHT.warning,
        danger=LIGHT.bad,
        neutral=LIGHT.text_faint,
        light={"background": LIGHT.window, "foreground": LIGHT.text},
        dark={"background": DARK.window, "foreground": DARK.text},
    )
    theme.register()  # type: ignore[no-untyped-call]
