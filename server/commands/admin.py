"""`admin`: people, invites and settings of a running pair, for the owner of a server's data folder."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from server.commands.admin_text import act_line, invite_line, person_line, settings_lines
from server.commands.administering import Administering, new_code
from server.commands.on_loop import StoppedError, command_loop
from server.commands.serving import fail, told_errors
from server.commands.spoken import in_language
from server.i18n.translation import _, use_language
from server.protocol import events, requests
from server.protocol.one_time_codes import code_hash
from server.state.administration import RESET_MS
from server.state.invites import INVITE_MS


class _Acts(click.Group):
    """What can be done, each with its own help."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The act of that name."""
        found = super().get_command(ctx, cmd_name)
        return None if found is None else in_language(found)


class _Run:
    """What every act gets: the folder it is done with, and how its answer is printed."""

    def __init__(self, data: Path, *, is_json: bool) -> None:
        self._data: Final = data
        self._is_json: Final = is_json

    @contextlib.contextmanager
    def open(self) -> Iterator[Administering]:
        """Ask and do; what goes wrong ends in one sentence."""
        try:
            with told_errors(), command_loop() as loop:
                yield Administering(loop, self._data)
        except StoppedError:
            fail(_("Stopped. What was asked for may be done or not: look, before you ask again."))

    def tell(self, answer: object, *lines: str) -> None:
        """For programs the answer as one JSON object, for people lines."""
        click.echo(msgspec.json.encode(answer).decode() if self._is_json else "\n".join(lines))


@click.group(
    cls=_Acts,
    epilog="""\b
Examples:
  python -m server admin --data /srv/chat invite
  python -m server admin --data /srv/chat users
  python -m server admin --data /srv/chat disable anna
  python -m server admin --data /srv/chat settings --members-invite yes
""",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder of a server, or of a `pair`.",
)
@click.option("--json", "is_json", is_flag=True, help="The answer as one JSON object.")
@click.pass_context
def command(ctx: click.Context, *, data: Path, is_json: bool) -> None:
    """Administer a running pair: people, invites, settings.

    Whoever has the data folder of a server may do this. Every act stands in the archive and in `audit`.
    """
    if is_json:
        # For programs: in one language, whoever starts them.
        use_language("en")
    ctx.obj = _Run(data, is_json=is_json)


@command.command()
@click.pass_obj
def users(run: _Run) -> None:
    """List everybody with an account."""
    with run.open() as chat:
        answer = chat.ask(events.AccountList, requests.Accounts)
        run.tell(answer, *map(person_line, answer.accounts), *settings_lines(answer))


@command.command()
@click.pass_obj
def invite(run: _Run) -> None:
    """Make an invite: a link that lets one new person in, for 7 days."""
    with run.open() as chat:
        code = new_code()
        chat.act(requests.CreateInvite, hash=code_hash(code).hex())
        link = chat.link(code)
        run.tell(
            {"link": link, "code": code, "hash": code_hash(code).hex(), "good_for_ms": INVITE_MS},
            link,
            _("It lets one new person in: `chat --register --server 'LINK' --name NAME`."),
        )


@command.command()
@click.pass_obj
def invites(run: _Run) -> None:
    """List the invites, and whom they let in."""
    with run.open() as chat:
        answer = chat.ask(events.InviteList, requests.Invites)
        run.tell(answer, *(map(invite_line, answer.invites) if answer.invites else [_("There are none.")]))


@command.command("take-back")
@click.argument("invite_hash", metavar="INVITE")
@click.pass_obj
def take_back(run: _Run, invite_hash: str) -> None:
    """Let nobody in with an invite any more; INVITE is its word in `invites`."""
    with run.open() as chat:
        found = chat.invite(invite_hash)
        chat.act(requests.TakeBackInvite, hash=found.hash)
        run.tell({"done": "take_back", "hash": found.hash}, _("Done."))


@command.command()
@click.argument("name")
@click.pass_obj
def reset(run: _Run, name: str) -> None:
    """Give somebody a code for a new password, good for a day."""
    with run.open() as chat:
        person, code = chat.person(name), new_code()
        chat.act(requests.ResetPassword, user=person, hash=code_hash(code).hex())
        run.tell(
            {"user": person, "code": code, "good_for_ms": RESET_MS},
            code,
            _("With it {name} takes a new password: `chat --reset CODE`. Give it to nobody else.").format(
                name=name
            ),
        )


def _standing_act(standing: str) -> Callable[[_Run, str], None]:
    def change(run: _Run, name: str) -> None:
        with run.open() as chat:
            person = chat.person(name)
            chat.act(requests.SetStanding, user=person, standing=standing)
            run.tell({"done": standing, "user": person}, _("Done."))

    return change


def _add_standing(name: str, standing: str, text: str) -> None:
    act = click.pass_obj(_standing_act(standing))
    command.add_command(click.Command(name, callback=act, params=[click.Argument(["name"])], help=text))


_add_standing("disable", "disabled", "Send somebody away until `enable`; the devices stay known.")
_add_standing("enable", "enabled", "Let somebody in again who was disabled or banned.")
_add_standing("ban", "banned", "Send somebody away, and sign out all devices for good.")
_add_standing("make-admin", "administrator", "Make somebody an administrator.")
_add_standing("make-member", "member", "Make an administrator a member again.")


@command.command()
@click.option("--members-invite", type=click.Choice(["yes", "no"]), help="Whether members may make invites.")
@click.option(
    "--send-rate",
    type=click.FloatRange(0.1, 10_000),
    help="Messages a second of one person for long; for connections that are made from now on.",
)
@click.option(
    "--one-device",
    type=click.Choice(["yes", "no"]),
    help="Whether who signs in on a new device is signed out on all others.",
)
@click.pass_obj
def settings(run: _Run, members_invite: str | None, send_rate: float | None, one_device: str | None) -> None:
    """Change what the chat allows; without options show it."""
    with run.open() as chat:
        given: dict[str, Any] = {"send_rate_per_s": send_rate}
        for name, answer in {"members_invite": members_invite, "one_device": one_device}.items():
            if answer is not None:
                given[name] = answer == "yes"
        if any(value is not None for value in given.values()):
            chat.act(requests.ChangeSettings, **given)
        found = chat.ask(events.AccountList, requests.Accounts)
        told = {name: getattr(found, name) for name in ("members_invite", "send_rate_per_s", "one_device")}
        run.tell(told, *settings_lines(found))


@command.command()
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="So many acts.")
@click.option("--before", type=click.IntRange(1), help="Only those before this index.")
@click.pass_obj
def audit(run: _Run, limit: int, before: int | None) -> None:
    """Show what administrators did: when, who, what."""
    with run.open() as chat:
        answer = chat.ask(events.AuditPage, requests.Audit, limit=limit, before=before)
        run.tell(answer, *(map(act_line, answer.acts) if answer.acts else [_("Nothing was done yet.")]))
