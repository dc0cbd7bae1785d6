"""Which of the chats on the local network is meant, for whoever gave no address."""

import sys

import click

from server.commands.find import announcement_lines, find
from server.i18n.translation import _
from server.names.announcements import Announcement


def found_addresses(*, is_asked_for: bool) -> str:
    """The addresses of a chat that was found, as `--server` takes them.

    They are as good as addresses that a stranger called out: their certificate is asked about.
    """
    is_person = sys.stdin.isatty() and sys.stdout.isatty()
    if not (is_asked_for or is_person):
        raise click.UsageError(_("Say where the chat is with --server, or look for one with --find."))
    click.echo(_("Looking for chats on the local network …"), err=True)
    found = find()
    if not found:
        raise click.ClickException(
            _("No chat announces itself on this network. An invite link always works.")
        )
    return ",".join(map(str, _chosen(found, is_person=is_person).addresses))


def _chosen(found: list[Announcement], *, is_person: bool) -> Announcement:
    for number, chat in enumerate(found, 1):
        name, *more = announcement_lines(chat)
        click.echo("\n".join([f"{number}  {name}", *more]), err=True)
    if is_person:
        number = click.prompt(
            _("Which one?"),
            type=click.IntRange(1, len(found)),
            default=1 if len(found) == 1 else None,
            err=True,
        )
        return found[number - 1]
    if len(found) > 1:
        raise click.UsageError(_("There are several chats: choose one with --server."))
    return found[0]
