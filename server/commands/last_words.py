"""The last words of a server that ends by itself: what happened, what it means, what can be done."""

import errno
from pathlib import Path
from typing import Final

from server.archive.disk import DamagedDiskError, DiskError, DiskFullError
from server.i18n.marking import marked
from server.i18n.translation import _
from server.replication import steps

_HALT_SENTENCES: Final[dict[str, str]] = {
    "same_server_id": marked(
        "The other server says that it is this one ({server}): its data folder is a copy."
        " Nothing was changed. Remove the copy and take the machine in with `join`."
    ),
    "copied_folder": marked(
        "The other server is connected with a server that has this one's id ({server}): one of the two"
        " data folders is a copy of the other. This one does not go on, and nothing was changed."
        " Remove the copy, and take a new machine in with `join`."
    ),
    "retired": marked(
        "Another server has taken this one's place, says {name}. This one serves nobody any more:"
        " it hands over what it alone holds."
    ),
    "retired_not_noted": marked(
        "Another server has taken this one's place, says {name}. This one serves nobody any more, but cannot"
        " note it: {reason} Then start it once more: it hands over what it alone holds."
    ),
    "foreign_cluster": marked(
        "At the other server's address another chat answers ({theirs}, ours is {mine})."
        " Nothing was changed. Check --peer."
    ),
    "foreign_certificate": marked(
        "At the other server's address ({address}) the server of another chat answers."
        " Nothing was changed. Check --peer."
    ),
}

# After a failure: who serves meanwhile.
_WITH_PEER: Final = marked("The other server goes on meanwhile.")
_ALONE: Final = marked("Nobody is served until then.")


def halt_sentence(halt: steps.Halt) -> str:
    """Why the core ended it."""
    return _(_HALT_SENTENCES[halt.code]).format(**halt.arguments)


def failure_sentence(error: Exception, data: Path, *, has_peer: bool) -> str:
    """What failed, and what to do about it."""
    if isinstance(error, DamagedDiskError):
        return _("the archive is damaged, and is mended at the next start: {reason}").format(reason=error)
    if _is_for_want_of_room(error):
        text = _(
            "the server cannot go on: the disk of {data} is full. What was acknowledged is stored."
            " Make room there, and start it again."
        ).format(data=data)
    elif isinstance(error, DiskError | OSError):
        text = _(
            "the server cannot go on: the disk of {data} failed ({reason})."
            " Nothing was acknowledged that had not been written."
            " Look after that disk, and start the server again."
        ).format(data=data, reason=error)
    else:
        text = _(
            "the server cannot go on: it made a mistake ({reason}), which server.log in {data} describes."
            " Start it again, and report the mistake."
        ).format(data=data, reason=repr(error))
    return f"{text} {_(_WITH_PEER if has_peer else _ALONE)}"


def _is_for_want_of_room(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return isinstance(error, DiskFullError)
