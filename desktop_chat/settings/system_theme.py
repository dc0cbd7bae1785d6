"""Whether the system prefers dark windows, as far as it says so without another library."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

_ASKED_S_MAX: Final = 1.0
_COMMANDS: Final[dict[str, list[str]]] = {
    "linux": ["gsettings", "get", "org.gnome.desktop.interface", "color-scheme"],
    "darwin": ["defaults", "read", "-g", "AppleInterfaceStyle"],
    "win32": [
        "reg", "query",
        r"HKCU\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize",
        "/v", "AppsUseLightTheme",
    ],
}  # fmt: skip
_SIGNS_OF_DARK: Final = {"linux": "prefer-dark", "darwin": "Dark", "win32": "0x0"}


def system_prefers_dark(environment: Mapping[str, str] = os.environ) -> bool:
    """Ask the system; no answer means light."""
    if ":dark" in environment.get("GTK_THEME", "").casefold():
        return True
    command = _COMMANDS.get(sys.platform)
    if command is None or (sys.platform == "linux" and "DBUS_SESSION_BUS_ADDRESS" not in environment):
        # Without a session there is nobody to ask, and the question would take long to fail.
        return False
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=_ASKED_S_MAX, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    return _SIGNS_OF_DARK[sys.platform] in answer
