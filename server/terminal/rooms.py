"""Conversations in the terminal: which there are, which one is talked in, and what is done with it."""

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from server.client.notices import (
    Answered,
    AnyNotice,
    Connected,
    Happened,
    QuestionFailed,
    RoomsChanged,
    Stored,
)
from server.i18n.error_texts import error_text
from server.i18n.translation import _
from server.network.client_links import ClientLinks
from server.protocol import limits
from server.protocol.events import HistoryPage, Message, RoomDeleted, RoomLeft, UnreadCounts
from server.protocol.facts import RoomFacts
from server.protocol.names import name_key
from server.protocol.requests import (
    CreateRoom,
    DeleteRoom,
    History,
    JoinRoom,
    LeaveRoom,
    RenameRoom,
    Rooms,
    SetTopic,
    Unread,
)
from server.terminal.asking import Answer, Asking, AskingErrand
from server.terminal.room_list import RoomList
from server.terminal.sentences import nowhere
from server.terminal.words import one_name

GENERAL: Final = "general"
# So much of a conversation is shown when one comes into it; and of a muted one, where more was kept back.
_LAST_ROWS: Final = 10
_KEPT_BACK_ROWS: Final = 50
_NAME_CHARACTERS_MAX: Final = 64


class Keeping(Protocol):
    """What remembers facts over restarts."""

    def fact(self, name: str) -> str:
        """Something that was kept, or nothing."""

    def keep(self, name: str, value: str) -> None:
        """Keep something."""


class Conversations(AskingErrand):
    """Its commands take what stands behind their word; `show` prints messages of a conversation once more."""

    def __init__(
        self,
        asking: Asking,
        show: Callable[[list[Message]], None],
        *,
        keep: "Keeping",
        start: str = "",
        is_interactive: bool = True,
    ) -> None:
        """`start` is the name of the conversation to begin in; without it that is the general room.

        `keep` remembers over restarts where that is, so that what a pipe brings is kept without a server.
        """
        super().__init__(asking)
        self._show: Final = show
        self._is_interactive: Final = is_interactive
        self._links: ClientLinks | None = None
        self._keep: Final = keep
        self._start = start
        self._start_fact = f"room {name_key(start)}"
        # The id of the one that is talked in; "" when what is typed has no place to go to.
        self.room = keep.fact(self._start_fact) if start else GENERAL
        self._user = ""
        self.rooms: Final = RoomList()
        self._is_known = False
        # The ids of those that were made here: it is not news that they are there.
        self._made: Final[set[str]] = set()
        # The tickets of their last messages, and how many: of each one that was entered.
        self._pages: Final[dict[int, int]] = {}

    # As the other errands.

    @property
    def is_waiting(self) -> bool:
        """Whether something has no answer yet."""
        return super().is_waiting or bool(self._pages) or self._is_starting

    def connect(self, links: ClientLinks) -> None:
        """Where questions go."""
        super().connect(links)
        self._links = links

    def hear(self, notice: AnyNotice) -> None:
        """Something is about our conversations, perhaps."""
        match notice:
            case Connected(user=user):
                self._user = user
            case RoomsChanged(rooms=rooms):
                self._learn(rooms)
            case Happened(RoomLeft(room=room, user=user, is_removed=True)):
                if user == self._user and room == self.room:
                    # What is being typed was meant for those in there, and for nobody else.
                    self.room = ""
            case Happened(RoomDeleted(room=room)) if room == self.room:
                self.room = ""
            case Answered(ticket, HistoryPage(messages=messages)) if ticket in self._pages:
                self._show(messages[-self._pages.pop(ticket) :])
            case QuestionFailed(ticket) if ticket in self._pages:
                del self._pages[ticket]
            case _:
                self._asking.hear(notice)

    # What others want to know.

    @property
    def is_known(self) -> bool:
        """Whether it was told which rooms there are."""
        return self._is_known

    @property
    def is_deciding(self) -> bool:
        """Whether it is still to be seen where the next line goes."""
        return self._asking.is_waiting or self._is_starting

    @property
    def user(self) -> str:
        """The own id; "" before the first connection."""
        return self._user

    @property
    def facts(self) -> RoomFacts | None:
        """What is known of the one that is talked in."""
        return self.rooms.get(self.room)

    def is_quiet(self, room: str) -> bool:
        """Whether nothing is to be told of a conversation now: it is muted, and one is elsewhere."""
        return room in self.rooms.muted and room != self.room

    def private_with(self, name: str) -> str:
        """The id of the private chat with a person, or nothing."""
        wanted = name_key(name.removeprefix("@"))
        return next((facts.room for facts in self.rooms.own("private") if name_key(facts.name) == wanted), "")

    def private_names(self) -> list[str]:
        """Those with whom there is a private chat."""
        return [facts.name for facts in self.rooms.own("private")]

    # The commands.

    def list_all(self, _argument: str) -> None:
        """`/rooms`."""
        self._ask_all(lambda: self._asking.ask(Unread(id=1), self._listed))

    def _listed(self, answer: Answer) -> None:
        if isinstance(answer, Answered) and isinstance(answer.answer, UnreadCounts):
            self._asking.note("\n".join(self.rooms.lines(self.room, dict(answer.answer.counts))))

    def switch(self, argument: str) -> None:
        """`/room NAME`: talk there."""
        name = one_name(argument)
        if not name:
            self._asking.note(self._place_line())
            return
        mine = self._found(name, self.rooms.own())
        if mine:
            self.enter(mine)
        elif mine is not None:
            self._ask_all(lambda: self._miss_other(name))

    def join(self, argument: str) -> None:
        """`/join NAME`: be a member of a public room, and talk there."""
        name = one_name(argument)
        mine = self._found(name, self.rooms.own())
        if mine:
            self.enter(mine)
        elif mine is not None:
            self._ask_all(lambda: self._join_other(name))

    def _ask_all(self, then: Callable[[], None]) -> None:
        """We hear of rooms that we are not in only when we ask."""
        self._asking.ask(Rooms(id=1), lambda _answer: then(), self.be_nowhere)

    def _miss_other(self, name: str) -> None:
        other = self._found(name, self.rooms.others())
        if other:
            self._miss(_("You are not in #{name} yet: /join {name}").format(name=self.rooms.name_of(other)))
        elif other is not None:
            self._miss(_unknown(name))

    def _join_other(self, name: str) -> None:
        room = self._found(name, self.rooms.others())
        if room:
            self._made.add(room)
            self.rooms.call(room, self.rooms.name_of(room))
            join = JoinRoom(id=1, counter=self._asking.next_counter(), room=room)
            self._asking.ask(join, self.enter_answered, self.be_nowhere)
        elif room is not None:
            self._miss(_unknown(name))

    def leave(self, argument: str) -> None:
        """`/leave`: this conversation, or that of a name."""
        room = self.meant(argument)
        if room:
            leave = LeaveRoom(id=1, counter=self._asking.next_counter(), room=room)
            self._asking.ask(leave, lambda _answer: self._left(room))

    def delete(self, argument: str) -> None:
        """`/delete-room NAME`; the name is asked for also of this one, for there is no way back."""
        if not one_name(argument):
            self._asking.fail(
                _("Which one? /delete-room NAME ends a conversation, for everybody and for good.")
            )
            return
        room = self.meant(argument)
        is_here = room == self.room
        if room:
            delete = DeleteRoom(id=1, counter=self._asking.next_counter(), room=room)
            self._asking.ask(delete, lambda _answer: self.enter(GENERAL) if is_here else None)

    def meant(self, argument: str) -> str:
        """The id of the one that is called so, or without a name of this one; "" for none (told)."""
        name = one_name(argument)
        room = self._found(name, self.rooms.own()) if name else self.room
        if room == "":
            self._asking.fail(_unknown(name) if name else nowhere())
        return room or ""

    def _left(self, room: str) -> None:
        if room == self.room:
            self.enter(GENERAL)

    def create(self, argument: str) -> None:
        """`/create NAME`: a public room."""
        name = self.new_name(argument)
        if name:
            create = CreateRoom(id=1, counter=self._asking.next_counter(), name=name)
            self._asking.ask(create, self.naming(name), self.be_nowhere)

    def rename(self, argument: str) -> None:
        """`/rename NAME`: this conversation."""
        name = self.new_name(argument)
        if name and self.is_somewhere():
            counter = self._asking.next_counter()
            self._asking.ask(RenameRoom(id=1, counter=counter, room=self.room, name=name))

    def describe(self, argument: str) -> None:
        """`/topic TEXT`; nothing: what it is, `""`: none any more."""
        if not argument:
            self._asking.note(self._place_line())
            return
        topic = one_name(argument)
        if len(topic) > limits.TOPIC_CHARACTERS_MAX:
            self._asking.fail(error_text("bad_topic", {"limit": limits.TOPIC_CHARACTERS_MAX}))
        elif self.is_somewhere():
            counter = self._asking.next_counter()
            self._asking.ask(SetTopic(id=1, counter=counter, room=self.room, topic=topic))

    # Where one is.

    def enter(self, room: str) -> None:
        """Talk there from the next line on."""
        assert self._links is not None
        self.room = room
        self._asking.note(self._place_line())
        rows = _KEPT_BACK_ROWS if room in self.rooms.muted else _LAST_ROWS
        self._pages[self._links.ask(History(id=1, room=room, limit=rows))] = rows

    def enter_answered(self, answer: Answer) -> None:
        """The same, once the room is ours."""
        if isinstance(answer, Stored):
            self.enter(answer.room)

    def naming(self, name: str, kind: str = "public") -> Callable[[Answer], None]:
        """The same for a room that was just made with this name."""

        def made(answer: Answer) -> None:
            if isinstance(answer, Stored):
                self._made.add(answer.room)
                self.rooms.call(answer.room, name, kind)
                self.enter(answer.room)

        return made

    def be_nowhere(self) -> None:
        """What a pipe brings was meant for a place that is not there: it must not be said elsewhere."""
        if not self._is_interactive:
            self.room = ""

    def new_name(self, argument: str) -> str:
        """A name for a room, or nothing (told)."""
        name = one_name(argument)
        if not name or len(name) > _NAME_CHARACTERS_MAX:
            text = error_text("bad_room_name", {"name": name[:_NAME_CHARACTERS_MAX]})
            self._asking.fail(text if name else _("Which name? Type it behind the command."))
            self.be_nowhere()
            return ""
        return name

    def is_somewhere(self) -> bool:
        """Whether there is a place where something can be done (told if not)."""
        if not self.room:
            self._asking.fail(nowhere())
        return bool(self.room)

    def _miss(self, sentence: str) -> None:
        self._asking.fail(sentence)
        self.be_nowhere()

    def _learn(self, rooms: list[RoomFacts]) -> None:
        was_known, self._is_known = self._is_known, True
        before = {facts.room for facts in self.rooms.own()}
        self.rooms.learn(rooms)
        for facts in self.rooms.own("group"):
            if was_known and facts.room not in before and facts.room not in self._made:
                text = _("You are in the group {name} now: /room {room}")
                self._asking.note(text.format(name=facts.name, room=self.rooms.label_of(facts.room)))
        if self._start:
            self._begin(self._start)

    @property
    def _is_starting(self) -> bool:
        return bool(self._start) and not self.room

    def _begin(self, start: str) -> None:
        self._start = ""
        if self.room in {facts.room for facts in self.rooms.own()}:
            return
        self.room = ""
        mine = self._found(start, self.rooms.own())
        if mine in {facts.room for facts in self.rooms.own("group")}:
            # Others may have put us into it, and called it like a room that is meant and not joined yet.
            self._ask_all(lambda: self._begin_beside(start, mine or ""))
        elif mine:
            self._begin_in(mine)
        elif mine is not None:
            self._ask_all(lambda: self._join_other(start))

    def _begin_in(self, room: str) -> None:
        self.room = room
        self._keep.keep(self._start_fact, room)

    def _begin_beside(self, start: str, group: str) -> None:
        if self._found(start, self.rooms.others()) == "":
            self._begin_in(group)
        else:
            self._join_other(start)

    def _found(self, name: str, among: Iterable[RoomFacts]) -> str | None:
        """The id of the one that is called so, "" for none; None when there are several (told)."""
        found = self.rooms.found(name, among) if name else []
        if len(found) > 1:
            text = _("Several conversations are called {name}: take the number from /rooms")
            self._miss(text.format(name=name))
            return None
        return found[0] if found else ""

    def _place_line(self) -> str:
        if not self.room:
            return nowhere()
        facts = self.facts
        topic = f": {facts.topic}" if facts is not None and facts.topic else ""
        return _("You talk in {room}{topic}").format(room=self.rooms.label_of(self.room), topic=topic)


def _unknown(name: str) -> str:
    return _("There is no conversation called {name} here; /rooms shows them all.").format(name=name)
