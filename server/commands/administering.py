"""Administering a running pair as the owner of a server's data folder: signed in, asked, asked again.

Acts have a counter, so that one whose answer was lost is asked again, at whichever server, and done once.
"""

import dataclasses
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final, TypeVar

from server.accounts.proofs import operator_device, operator_proof
from server.cluster.data_folder import Cluster, DataFolder
from server.commands.asking import Conversation, RefusedError, Target, UnansweredError, open_conversation
from server.commands.known_servers import folder_of, known_targets, trust_in
from server.commands.on_loop import CommandLoop
from server.commands.serving import fail, invite_link
from server.i18n.translation import _
from server.network.clock import SystemClock
from server.protocol import events, requests
from server.protocol.administration import AccountFacts, InviteFacts
from server.protocol.names import name_key
from server.protocol.one_time_codes import CODE_BYTES, code_text
from server.state.state import OPERATOR

E = TypeVar("E", bound=events.Event)

# A failover takes a second or two.
_ROUNDS: Final = 6
_PAUSE_S: Final = 1.0
_PASSING: Final = frozenset({"unknown", "shutting_down", "catching_up", "internal", "too_many_requests"})


class Administering:
    """One run of `admin`. Every method ends the program with a sentence when nobody does it."""

    def __init__(self, loop: CommandLoop, data: Path) -> None:
        self._loop: Final = loop
        cluster, trust = trust_in(data, "", is_plain=False)
        assert cluster is not None, "a folder was given"
        self._cluster: Final[Cluster] = cluster
        self._folder: Final[DataFolder] = folder_of(data)
        self._targets: Final[list[Target]] = known_targets(cluster, trust)
        # Microseconds of Unix time: no two runs share one, and they stay below 2^53 for two centuries.
        self._counter = SystemClock().wall_ms() * 1000 + secrets.randbelow(1000)

    def act(self, kind: type[requests.AnyRequest], **fields: Any) -> events.Stored:
        """Have something done and archived."""
        self._counter += 1
        return self.ask(events.Stored, kind, counter=self._counter, **fields)

    def ask(self, wanted: type[E], kind: type[requests.AnyRequest], **fields: Any) -> E:
        """Ask one server after the other, for as long as a failover takes."""
        answer = self._ask(kind, fields)
        if isinstance(answer, str):
            fail(_("No server did it ({reason}). Is the pair running?").format(reason=answer))
        assert isinstance(answer, wanted), answer
        return answer

    def _ask(self, kind: type[requests.AnyRequest], fields: dict[str, Any]) -> events.AnyEvent | str:
        """The answer, or why there is none."""
        reason = ""
        for place in range(_ROUNDS * len(self._targets)):
            target = self._targets[place % len(self._targets)]
            try:
                return self._loop.run(self._ask_one(target, kind, fields))
            except RefusedError as error:
                if error.code not in _PASSING:
                    fail(f"{error}.")
                reason = f"{target.address}: {error}"
            except UnansweredError as error:
                reason = f"{target.address}: {error}"
            if place % len(self._targets) == len(self._targets) - 1:
                self._loop.pause(_PAUSE_S)
        return reason

    async def _ask_one(
        self, target: Target, kind: type[requests.AnyRequest], fields: dict[str, Any]
    ) -> events.AnyEvent:
        conversation, _note = await open_conversation(target)
        try:
            await self._sign_in(conversation)
            return await conversation.ask(kind(id=conversation.next_id(), **fields))
        finally:
            await conversation.close()

    async def _sign_in(self, conversation: Conversation) -> None:
        welcome = conversation.welcome
        assert welcome is not None, "it was greeted"
        secret = bytes.fromhex(self._cluster.secret)
        device, device_secret = operator_device(secret, self._cluster.server)
        await conversation.ask(
            requests.SignIn(
                id=conversation.next_id(),
                name=OPERATOR,
                device=device,
                secret=device_secret,
                standby=True,
                proof=operator_proof(secret, welcome.nonce),
            )
        )

    # --- what several acts need

    def people(self) -> list[AccountFacts]:
        """Everybody."""
        return self.ask(events.AccountList, requests.Accounts).accounts

    def person(self, name: str) -> str:
        """The id of somebody, by name or by the id itself."""
        user = user_of(self.people(), name)
        if not user:
            fail(_("There is nobody called {name}: `admin users` lists everybody.").format(name=name))
        return user

    def invite(self, beginning: str) -> InviteFacts:
        """One invite, by the beginning of its hash."""
        invites = self.ask(events.InviteList, requests.Invites).invites
        found = [one for one in invites if one.hash.startswith(beginning.lower())]
        if len(found) != 1:
            fail(_("Which one? `admin invites` lists them; enough of the first word says which."))
        return found[0]

    def link(self, code: str) -> str:
        """An invite link with a code."""
        addresses = [target.address for target in self._targets]
        link = invite_link(self._folder, self._cluster, addresses)
        return str(dataclasses.replace(link, code=code))


def user_of(people: Collection[AccountFacts], wanted: str) -> str:
    """The id of somebody, by the id itself, else by name: anybody may be called like another one's id."""
    by_id = {one.user: one.user for one in people}
    by_name = {name_key(one.name): one.user for one in people}
    return by_id.get(wanted) or by_name.get(name_key(wanted), "")


def new_code() -> str:
    """A new one-time code."""
    return code_text(secrets.token_bytes(CODE_BYTES))
