"""SERVES: the headless server: one log, everything else follows it."""

from typing import Final

__version__: Final = "0.1.0"
