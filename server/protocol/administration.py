"""Invites and administration: what is asked, and what is told of accounts and of what administrators did."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from server.protocol import limits
from server.protocol.event import Event
from server.protocol.request import Count, Counter, Identifier, Request

Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Standing = Literal["administrator", "member", "disabled", "enabled", "banned"]


class CreateInvite(Request, frozen=True, tag="create_invite"):
    """An invite for one new person, good for 7 days. The client makes the code; `hash` is its SHA-256."""

    counter: Counter
    hash: Hash


class TakeBackInvite(Request, frozen=True, tag="take_back_invite"):
    """An invite that shall let nobody in any more: an own one, or as administrator any."""

    counter: Counter
    hash: Hash


class Invites(Request, frozen=True, tag="invites"):
    """The own invites; for administrators all of them."""


class SetStanding(Request, frozen=True, tag="set_standing"):
    """Make somebody an administrator or a member again; disable, enable, ban (administrators)."""

    counter: Counter
    user: Identifier
    standing: Standing


class ResetPassword(Request, frozen=True, tag="reset_password"):
    """A one-time code for a new password, good for a day; `hash` is its SHA-256 (administrators)."""

    counter: Counter
    user: Identifier
    hash: Hash


class ChangeSettings(Request, frozen=True, tag="change_settings"):
    """What the chat allows (administrators). Fields that are left out stay.

    `send_rate_per_s`: messages a second of one person for long, from the next connection on.
    `one_device`: whoever signs in on a new device with a password is signed out on all others.
    """

    counter: Counter
    members_invite: bool | None = None
    send_rate_per_s: Annotated[float, Meta(ge=0.1, le=10_000)] | None = None
    one_device: bool | None = None


class Accounts(Request, frozen=True, tag="accounts"):
    """Everybody with an account, and how they stand (administrators)."""


class Audit(Request, frozen=True, tag="audit"):
    """A page of what administrators did: the newest acts before an index (administrators)."""

    before: Count | None = None
    limit: Annotated[int, Meta(ge=1, le=limits.HISTORY_ROWS_MAX)] = 50


AdministrationRequest = (
    CreateInvite | TakeBackInvite | Invites | SetStanding | ResetPassword | ChangeSettings | Accounts | Audit
)


class InviteFacts(msgspec.Struct, frozen=True):
    """An invite by its `hash` (SHA-256 of its code, hex), made by `name`. Times are Unix, ms.

    `used_by` are names: none, one, or two when it was used on both sides of a cut.
    """

    hash: str
    name: str
    since_ms: int
    until_ms: int
    used_by: list[str]
    is_taken_back: bool


class AccountFacts(msgspec.Struct, frozen=True):
    """Somebody with an account. `standing` is administrator, member, disabled, banned or left."""

    user: str
    name: str
    standing: str
    devices: int
    has_password: bool
    is_online: bool


class ActFacts(msgspec.Struct, frozen=True):
    """An act of administration: `by` is who did it (a name), `person` to whom, `detail` what else is known.

    `act` is a standing, or setup, invite, take_back, reset, settings, delete_room; or void for one that a
    merge took back.
    """

    index: int
    time_ms: int
    by: str
    act: str
    person: str = ""
    detail: str = ""


class InviteList(Event, frozen=True, kw_only=True, tag="invite_list"):
    """The answer to `invites`, the oldest first."""

    invites: list[InviteFacts]


class AccountList(Event, frozen=True, kw_only=True, tag="account_list"):
    """The answer to `accounts`, and the settings of the chat (a rate of null: as each server has it)."""

    accounts: list[AccountFacts]
    members_invite: bool
    send_rate_per_s: float | None
    one_device: bool = False


class AuditPage(Event, frozen=True, kw_only=True, tag="audit_page"):
    """The answer to `audit`, the oldest first; `is_end` says that nothing was done before."""

    acts: list[ActFacts]
    is_end: bool
