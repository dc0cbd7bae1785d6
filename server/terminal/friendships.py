"""Friends in the terminal: asking, answering, ending, blocking, and what is written to one of them."""

from collections.abc import Callable
from typing import Final, Literal

from server.client.notices import Answered, AnyNotice, Connected, Happened
from server.i18n.error_texts import error_text
from server.i18n.marking import marked
from server.i18n.translation import _
from server.network.client_links import ClientLinks
from server.protocol.events import FriendList, FriendshipChanged
from server.protocol.facts import FriendFacts
from server.protocol.names import name_key
from server.protocol.requests import Friend, Friends
from server.terminal.asking import Answer, Asking, AskingErrand
from server.terminal.words import name_and_text, one_name, quoted

NAME_CHARACTERS_MAX: Final = 64
# Said when it happens, and at a start to a person who was away.
_ASKS: Final = marked("{name} wants to be your friend: /accept {quoted}")
_Act = Literal["ask", "accept", "decline", "remove", "block", "unblock"]


class Friendships(AskingErrand):
    """Its commands take what stands behind their word.

    `private_with` gives the id of the private chat with a person of that name, `private_names` all of these
    names; `write` sends a text into it.
    """

    def __init__(
        self,
        asking: Asking,
        *,
        private_with: Callable[[str], str],
        private_names: Callable[[], list[str]],
        write: Callable[[str, str], None],
        is_interactive: bool,
    ) -> None:
        super().__init__(asking)
        self._private_with: Final = private_with
        self._private_names: Final = private_names
        self._write: Final = write
        # Whether a person is told, without asking, who waits for an answer.
        self._is_interactive: Final = is_interactive
        self._links: ClientLinks | None = None
        self._user = ""
        self._waiting_ticket = 0
        self._told: Final[set[str]] = set()

    def connect(self, links: ClientLinks) -> None:
        """Where questions go."""
        super().connect(links)
        self._links = links

    # The commands.

    def list_all(self, _argument: str) -> None:
        """`/friends`."""
        self._asking.ask(Friends(id=1), self._listed)

    def ask(self, argument: str) -> None:
        """`/friend NAME`."""
        self._act("ask", argument)

    def accept(self, argument: str) -> None:
        """`/accept NAME`."""
        self._act("accept", argument)

    def decline(self, argument: str) -> None:
        """`/decline NAME`."""
        self._act("decline", argument)

    def end(self, argument: str) -> None:
        """`/unfriend NAME`."""
        self._act("remove", argument)

    def block(self, argument: str) -> None:
        """`/block NAME`."""
        self._act("block", argument)

    def unblock(self, argument: str) -> None:
        """`/unblock NAME`."""
        self._act("unblock", argument)

    def message(self, argument: str) -> None:
        """`/msg NAME TEXT`: to one person, wherever one talks."""
        name, text = name_and_text(argument)
        if not name or not text:
            self._asking.fail(_("What to whom? /msg anna How are you?"))
            return
        longer = self._longer_name(argument)
        if longer:
            # Private words must not go to ben when they were meant for "ben i".
            text = _("Whom do you mean? A name with spaces stands in quotes: /msg {quoted} TEXT")
            self._asking.fail(text.format(quoted=quoted(longer)))
            return
        room = self._private_with(name)
        if room:
            self._write(room, text)
        else:
            self._asking.fail(error_text("not_friends", {"user": name}))

    # What is told.

    def hear(self, notice: AnyNotice) -> None:
        """Something is about our friends, perhaps."""
        match notice:
            case Connected(user=user):
                self._user = user
                if self._is_interactive and self._links is not None:
                    self._waiting_ticket = self._links.ask(Friends(id=1))
            case Answered(ticket, FriendList(friends=friends)) if ticket == self._waiting_ticket:
                self._tell_who_asks(friends)
            case Happened(FriendshipChanged() as event):
                self._told.add(event.user)
                self._asking.note(friendship_text(event, self._user))
            case _:
                self._asking.hear(notice)

    def _act(self, act: _Act, argument: str) -> None:
        name = one_name(argument).removeprefix("@")
        if not name:
            self._asking.fail(_("Whom? Type the name behind the command."))
            return
        if len(name) > NAME_CHARACTERS_MAX:
            self._asking.fail(error_text("unknown_person", {"user": name[:NAME_CHARACTERS_MAX]}))
            return
        counter = self._asking.next_counter()
        self._asking.ask(Friend(id=1, counter=counter, user=f"@{name}", act=act))

    def _longer_name(self, argument: str) -> str:
        """The name of a friend with which it begins, when there are spaces in it and no quotes around it."""
        said = name_key(" ".join(argument.removeprefix("@").split())) + " "
        names = (name for name in self._private_names() if " " in name)
        return next((name for name in names if said.startswith(name_key(name) + " ")), "")

    def _listed(self, answer: Answer) -> None:
        if isinstance(answer, Answered) and isinstance(answer.answer, FriendList):
            friends = answer.answer.friends
            lines = map(_friend_line, friends)
            self._asking.note(
                "\n".join(lines) or _("You have no friends here yet: /friend NAME asks somebody.")
            )

    def _tell_who_asks(self, friends: list[FriendFacts]) -> None:
        for friend in friends:
            if friend.status == "asks" and friend.user not in self._told:
                self._told.add(friend.user)
                self._asking.note(_(_ASKS).format(name=friend.name, quoted=quoted(friend.name)))


def friendship_text(event: FriendshipChanged, user: str) -> str:
    """What happened, for the person with this id."""
    texts = {
        "ask": _("You asked {name} to be your friend."),
        "accept": _("You and {name} are friends now: /msg {quoted} TEXT"),
        "decline": _("You declined to be {name}'s friend."),
        "remove": _("You and {name} are no friends any more."),
        "block": _("You blocked {name}."),
        "unblock": _("{name} is not blocked any more."),
    }
    if event.user == user:
        return texts.get(event.act, "").format(name=event.other_name, quoted=quoted(event.other_name))
    texts |= {
        "ask": _(_ASKS),
        "accept": _("{name} is your friend now: /msg {quoted} TEXT"),
        "decline": _("{name} does not want to be your friend."),
    }
    return texts.get(event.act, "").format(name=event.name, quoted=quoted(event.name))


def _friend_line(friend: FriendFacts) -> str:
    states = {
        "friend": "",
        "asked": _("was asked by you"),
        "asks": _("wants to be your friend: /accept {quoted}").format(quoted=quoted(friend.name)),
        "blocked": _("is blocked"),
    }
    mark = "●" if friend.is_online else "○"
    state = states.get(friend.status, friend.status)
    return f"{mark} {friend.name}  {state}".rstrip()
