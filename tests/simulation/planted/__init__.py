"""Planted bugs: each file replaces one function of the real core, and the simulator must find it.

A file names its `TARGET` (a dotted path, or the several under which one function is known) and gives
`replacement`; its first line says what is wrong. This is how one knows that the simulator works.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

BUGS: tuple[str, ...] = tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


@contextmanager
def plant(bug: str) -> Iterator[None]:
    """While this is entered the core has that bug."""
    module = importlib.import_module(f"{__name__}.{bug}")
    targets = (module.TARGET,) if isinstance(module.TARGET, str) else module.TARGET
    with ExitStack() as stack:
        for target in targets:
            stack.enter_context(mock.patch(target, module.replacement))
        yield


def describe(bug: str) -> str:
    """What is wrong, in one line."""
    module = importlib.import_module(f"{__name__}.{bug}")
    return (module.__doc__ or "").partition("\n")[0]
