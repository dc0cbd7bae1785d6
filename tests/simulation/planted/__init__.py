"""Planted bugs: each file replaces one function of the real core, and the simulator must find it.

A file names its `TARGET` (a dotted path) and gives `replacement`; its first line says what is wrong.
This is how one knows that the simulator works.
"""

import importlib
import pkgutil
from contextlib import AbstractContextManager
from unittest import mock

BUGS: tuple[str, ...] = tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def plant(bug: str) -> AbstractContextManager[object]:
    """While this is entered the core has that bug."""
    module = importlib.import_module(f"{__name__}.{bug}")
    return mock.patch(module.TARGET, module.replacement)


def describe(bug: str) -> str:
    """What is wrong, in one line."""
    module = importlib.import_module(f"{__name__}.{bug}")
    return (module.__doc__ or "").partition("\n")[0]
