"""The limit of open files: a connection is a file, so the server takes as many as the system lets it have."""

import contextlib
import logging
import os
from typing import Final

from server.i18n.marking import marked

_log = logging.getLogger(__name__)

# The archive, the log, the sockets that listen, the link between the servers, and some to spare.
_OWN_FILES: Final = 100
# Where the system says "without a limit" it may still refuse more than its kernel's own one.
_STEPS: Final = (1_048_576, 65_536, 10_240)
_FEW: Final = marked(
    "The system lets this server open %s files, and each connection is one: it can take about %s of them."
    " With this --max-users it may need %s files: allow them with `ulimit -n` before the start, or with"
    " LimitNOFILE in systemd."
)


def raise_file_limit(users_max: int) -> None:
    """As far as it goes; say so when that is too little for so many people at each of two servers.

    While one of the servers is away the other one has the people of both; while it is there, their
    standby links.
    """
    if os.name == "nt":
        return
    allowed = _raised()
    needed = 2 * users_max + _OWN_FILES
    if allowed < needed:
        _log.warning(_FEW, allowed, max(0, allowed - _OWN_FILES), needed)


def _raised() -> int:
    """The limit of this process, now as high as may be."""
    import resource  # noqa: PLC0415 - not there on Windows

    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _STEPS if hard == resource.RLIM_INFINITY else (hard,)
    for limit in wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            break
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return int(soft) if soft != resource.RLIM_INFINITY else max(_STEPS)
