"""`find`: the chats that announce themselves on the local network."""

import click
import msgspec

from server.commands.on_loop import StoppedError, command_loop
from server.commands.serving import fail
from server.i18n.translation import _, use_language
from server.names.announcements import Announcement
from server.names.fingerprints import fingerprint_text, fingerprint_words

SEARCH_S = 2.0


@click.command(
    epilog="""\b
Examples:
  python -m server find
  python -m server find --seconds 5 --json
"""
)
@click.option(
    "--seconds",
    "time_s",
    type=click.FloatRange(0.1, 60.0),
    default=SEARCH_S,
    show_default=True,
    help="How long to listen.",
)
@click.option("--json", "is_json", is_flag=True, help="One JSON object a chat and line.")
def command(*, time_s: float, is_json: bool) -> None:
    """Find chats on the local network.

    Anybody on the network can announce anything: compare the words of the certificate with those that
    whoever runs the chat tells you. `chat --find` asks for the same words before anything is sent.

    Exit code 0: there is one. 1: there is none.
    """
    if is_json:
        # For programs: in one language, whoever starts them.
        use_language("en")
    found = find(time_s)
    for chat in found:
        if is_json:
            click.echo(msgspec.json.encode(plain_announcement(chat)))
        else:
            click.echo("\n".join(announcement_lines(chat)))
    if not found:
        fail(_("No chat announces itself on this network. An invite link always works."))


def find(time_s: float = SEARCH_S) -> list[Announcement]:
    """The chats that answer; ends the program in words where the network cannot be asked."""
    # The library is loaded by the few programs that need it.
    from server.names.local_network import find_chats  # noqa: PLC0415

    try:
        with command_loop() as loop:
            return loop.run(find_chats(time_s))
    except StoppedError:
        return []
    except OSError as error:
        fail(_("The local network cannot be asked: {reason}.").format(reason=error.strerror or error))


def plain_announcement(chat: Announcement) -> dict[str, object]:
    """For programs; the fingerprint as in an invite link, "" without encryption."""
    return {
        "chat": chat.chat,
        "cluster": chat.cluster,
        "fingerprint": fingerprint_text(chat.fingerprint) if chat.fingerprint else "",
        "addresses": [str(address) for address in chat.addresses],
    }


def announcement_lines(chat: Announcement) -> list[str]:
    """For people: the name, where it is, and the words of its certificate."""
    words = (
        _("certificate: {words}").format(words=fingerprint_words(chat.fingerprint))
        if chat.fingerprint
        else _("without encryption (--plain)")
    )
    return [chat.chat or "-", f"    {','.join(map(str, chat.addresses))}", f"    {words}"]
