"""Files and folders as they are called behind a command."""

import errno
import os
from pathlib import Path


def path_in(text: str) -> Path:
    """With ~ for the own folder, ~name for somebody's. Raises OSError when nothing can be called so."""
    try:
        path = Path(text).expanduser()
        # As it is handed to the system.
        is_name = b"\0" not in os.fsencode(path)
    except (RuntimeError, ValueError):
        # Nobody has this name; or it has a character that no file can have.
        is_name = False
    if not is_name:
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    return path
