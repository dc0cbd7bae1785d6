"""What `admin` prints for people: one line a person, an invite, an act."""

from typing import Final

from server.i18n.marking import marked
from server.i18n.translation import _
from server.protocol.administration import AccountFacts, AccountList, ActFacts, InviteFacts
from server.terminal.inviting import invite_end, time_text
from server.terminal.printing import printable

_STANDINGS: Final = {
    "administrator": marked("administrator"),
    "member": marked("member"),
    "disabled": marked("disabled"),
    "banned": marked("banned"),
    "left": marked("has left"),
}
# Sentences by act, for `str.format` with who did it, to whom, and what else is known.
_ACTS: Final = {
    "setup": marked("{by} became the first administrator with the setup code"),
    "invite": marked("{by} made the invite {detail}"),
    "take_back": marked("{by} took the invite {detail} back"),
    "reset": marked("{by} gave {person} a code for a new password"),
    "settings": marked("{by} changed the settings: {detail}"),
    "delete_room": marked("{by} deleted the room {detail}"),
    "disabled": marked("{by} disabled {person}"),
    "enabled": marked("{by} let {person} in again"),
    "banned": marked("{by} banned {person}"),
    "administrator": marked("{by} made {person} an administrator"),
    "member": marked("{by} made {person} a member again"),
}


def person_line(person: AccountFacts) -> str:
    """One person."""
    mark = "●" if person.is_online else "○"
    devices = _("devices: {count}").format(count=person.devices)
    words = [_(_STANDINGS.get(person.standing, person.standing)), devices]
    words += [] if person.has_password or person.standing == "left" else [_("without a password")]
    return f"{mark} {_name(person.name)}  ({', '.join(words)})"


def settings_lines(answer: AccountList) -> list[str]:
    """What the chat allows."""
    lines = [_("Members may make invites.") if answer.members_invite else _("Administrators make invites.")]
    if answer.send_rate_per_s is not None:
        lines.append(_("Messages a second of one person: {rate:g}").format(rate=answer.send_rate_per_s))
    if answer.one_device:
        lines.append(_("Everybody is signed in on one device at a time."))
    return lines


def invite_line(invite: InviteFacts) -> str:
    """One invite: its word, who made it, and what became of it."""
    return f"{invite.hash[:8]}  {invite_end(invite)}"


def act_line(act: ActFacts) -> str:
    """One act."""
    names = {"by": _name(act.by), "person": _name(act.person), "detail": printable(act.detail)}
    if act.act in _ACTS:
        text = _(_ACTS[act.act]).format_map(names)
    else:
        # What a merge took back, or a newer server knows.
        text = _("{by}: {act}, which does not hold ({detail})").format_map({**names, "act": act.act})
    return f"{time_text(act.time_ms)}  {text}"


def _name(name: str) -> str:
    return printable(name) or "?"
