"""What people are told after a merge: the two halves of a chat, apart for a while, are one again."""

from server.i18n.error_texts import Arguments, error_text
from server.i18n.translation import _


def renamed_text(what: str, wanted_name: str, name: str) -> str:
    """Somebody else had the name on the other server; `what` is person or room."""
    if what == "room":
        text = _(
            "The servers were apart for a while, and somebody else made a room called {wanted} there."
            " Yours is called {name} now, with everything in it."
        )
    else:
        text = _(
            "The servers were apart for a while, and somebody else took the name {wanted} there."
            " You are called {name} now, and keep everything."
        )
    return text.format(wanted=wanted_name, name=name)


def withdrawn_text(code: str, arguments: Arguments) -> str:
    """A command that was accepted for the time being, and why it does not hold."""
    reason = error_text(code, arguments)
    text = _("The servers were apart for a while, and something that you did does not hold: {reason}")
    return text.format(reason=reason)
