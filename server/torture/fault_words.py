"""What is done to a server, as people read it."""

from typing import Final

from server.i18n.marking import marked
from server.i18n.state_words import state_word
from server.i18n.translation import _
from server.torture.faults import FaultKind
from server.torture.plan import CutPlace, PlannedCut, PlannedDisk, PlannedFault

_PARTITION: Final[dict[CutPlace, str]] = {
    CutPlace.SERVERS: marked("is cut off from the other server"),
    CutPlace.MACHINE: marked("is cut off from the other server and from all clients"),
    CutPlace.CLIENTS: marked("is cut off from all clients"),
}
_DEAF: Final[dict[CutPlace, str]] = {
    CutPlace.SERVERS: marked("does not hear the other server"),
    CutPlace.MACHINE: marked("hears neither the other server nor clients"),
    CutPlace.CLIENTS: marked("does not hear clients"),
}
_MUTE: Final[dict[CutPlace, str]] = {
    CutPlace.SERVERS: marked("is not heard by the other server"),
    CutPlace.MACHINE: marked("is heard neither by the other server nor by clients"),
    CutPlace.CLIENTS: marked("is not heard by clients"),
}


def role_words(role: str) -> str:
    """What a server was when it was hit."""
    words = {"leader": _("the leader"), "follower": _("the follower")}
    return words.get(role) or _("which was {role}").format(role=state_word(role))


def fault_words(planned: PlannedFault) -> str:
    """What happens to a server, behind its name."""
    lasts = f"{planned.lasts_s:.1f}"
    if planned.cut is not None:
        return _cut_words(planned.kind, planned.cut, lasts)
    if planned.disk is not None:
        return _disk_words(planned.disk, lasts)
    if planned.kind is FaultKind.PAUSE:
        return _("stands still for {lasts} s").format(lasts=lasts)
    return _("is killed and comes back after {lasts} s").format(lasts=lasts)


def _cut_words(kind: FaultKind, cut: PlannedCut, lasts: str) -> str:
    table = _PARTITION if kind is FaultKind.PARTITION else (_DEAF if cut.is_towards else _MUTE)
    text = _("{what} for {lasts} s").format(what=_(table[cut.place]), lasts=lasts)
    if len(cut.moments_s) > 1:
        text += _(", on and off")
    return text + (_(", then what was cut is reset") if cut.resets else "")


def _disk_words(disk: PlannedDisk, lasts: str) -> str:
    if disk.sync_s:
        text = _("needs {sync} s more for every sync, for {lasts} s")
        return text.format(sync=f"{disk.sync_s:.2f}", lasts=lasts)
    if disk.fails_late:
        return _("has a disk that fails at the sync, for {lasts} s").format(lasts=lasts)
    return _("has {room} bytes left on its disk, for {lasts} s").format(room=disk.room_bytes, lasts=lasts)
