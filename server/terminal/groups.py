"""Groups in the terminal: making one, and who is in it and administers it."""

from collections.abc import Callable
from typing import Final

from server.client.notices import AnyNotice, Happened
from server.i18n.error_texts import error_text
from server.i18n.translation import _
from server.protocol import limits
from server.protocol.events import RoomChanged, RoomDeleted, RoomLeft
from server.protocol.requests import AddMember, Administer, CreateGroup, RemoveMember
from server.terminal.asking import Asking, AskingErrand
from server.terminal.friendships import NAME_CHARACTERS_MAX
from server.terminal.rooms import Conversations
from server.terminal.sentences import nowhere
from server.terminal.words import names, one_name


class Groups(AskingErrand):
    """Its commands take what stands behind their word, and are about the conversation that is talked in."""

    def __init__(self, asking: Asking, conversations: Conversations) -> None:
        super().__init__(asking)
        self._conversations: Final = conversations

    # The commands.

    def create(self, argument: str) -> None:
        """`/group NAME PERSON...`."""
        words = names(argument)
        if not words:
            self._asking.fail(_('Which group, with whom? /group "our garden" anna bob'))
            self._conversations.be_nowhere()
            return
        people = [self._person(word) for word in words[1:]]
        name = self._conversations.new_name(words[0])
        if not name or not all(people):
            self._conversations.be_nowhere()
        elif len(people) > limits.ROOM_MEMBERS_MAX:
            self._asking.fail(error_text("room_full", {"limit": limits.ROOM_MEMBERS_MAX}))
            self._conversations.be_nowhere()
        else:
            create = CreateGroup(id=1, counter=self._asking.next_counter(), name=name, users=people)
            self._asking.ask(
                create, self._conversations.naming(name, "group"), self._conversations.be_nowhere
            )

    def add(self, argument: str) -> None:
        """`/add PERSON`. The others hear of it from the one who was taken in."""
        name, room = one_name(argument).removeprefix("@"), self._conversations.rooms.label_of
        self._do(
            argument,
            lambda counter, room, user: AddMember(id=1, counter=counter, room=room, user=user),
            lambda place: _("{name} is in {room} now.").format(name=name, room=room(place)),
        )

    def remove(self, argument: str) -> None:
        """`/remove PERSON`."""
        self._do(
            argument,
            lambda counter, room, user: RemoveMember(id=1, counter=counter, room=room, user=user),
        )

    def appoint(self, argument: str) -> None:
        """`/admin PERSON`."""
        self._do(argument, lambda *about: _administer(*about, is_administrator=True))

    def dismiss(self, argument: str) -> None:
        """`/unadmin PERSON`."""
        self._do(argument, lambda *about: _administer(*about, is_administrator=False))

    # What is told.

    def hear(self, notice: AnyNotice) -> None:
        """Something is about a conversation of ours, perhaps."""
        match notice:
            case Happened(RoomLeft() | RoomChanged() | RoomDeleted() as event):
                self._asking.note(self._text(event))
            case _:
                self._asking.hear(notice)

    def _do(
        self,
        argument: str,
        request: Callable[[int, str, str], AddMember | RemoveMember | Administer],
        done: Callable[[str], str] = lambda _room: "",
    ) -> None:
        """`done` says of the room what was done; of most of it the servers tell everybody."""
        person, room = self._person(one_name(argument)), self._conversations.room
        if not room:
            self._asking.fail(nowhere())
        elif person:
            counter = self._asking.next_counter()
            self._asking.ask(request(counter, room, person), lambda _answer: self._asking.note(done(room)))

    def _person(self, name: str) -> str:
        """As the servers are asked for a person of this name; "" when nobody can be called so (told)."""
        name = name.removeprefix("@")
        if not name:
            self._asking.fail(_("Whom? Type the name behind the command."))
            return ""
        if len(name) > NAME_CHARACTERS_MAX:
            self._asking.fail(error_text("unknown_person", {"user": name[:NAME_CHARACTERS_MAX]}))
            return ""
        return f"@{name}"

    def _text(self, event: RoomLeft | RoomChanged | RoomDeleted) -> str:
        """What to tell; of a muted room only what is about oneself."""
        whom = event.member if isinstance(event, RoomChanged) else event.user
        if self._conversations.is_quiet(event.room) and whom != self._conversations.user:
            return ""
        if isinstance(event, RoomDeleted):
            own = event.user == self._conversations.user
            text = _("You deleted {room}.") if own else _("{name} deleted {room}: nobody is in it any more.")
            return text.format(room=self._label(event), name=event.name)
        return self._left_text(event) if isinstance(event, RoomLeft) else self._changed_text(event)

    def _left_text(self, event: RoomLeft) -> str:
        room = self._conversations.rooms.label_of(event.room)
        if event.user == self._conversations.user:
            text = _("You were put out of {room}.") if event.is_removed else _("You left {room}.")
        else:
            text = _("{name} was put out of {room}.") if event.is_removed else _("{name} left {room}.")
        return text.format(room=room, name=event.name)

    def _changed_text(self, event: RoomChanged) -> str:
        is_here = event.room == self._conversations.room
        texts = {
            "name": _("{name} gave this room another name: {room}")
            if is_here
            else _("{name} gave another room of yours a new name: {room}"),
            "topic": _("{name} set the topic of {room}: {topic}")
            if event.topic
            else _("{name} took the topic of {room} away"),
            "administrator": _("{name} made {member} an administrator of {room}")
            if event.is_administrator
            else _("{name} made {member} an ordinary member of {room}"),
        }
        text = texts.get(event.what, "")
        return text.format(
            name=event.name, room=self._label(event), topic=event.topic, member=event.member_name
        )

    def _label(self, event: RoomChanged | RoomDeleted) -> str:
        return self._conversations.rooms.label(event.room, event.room_name)


def _administer(counter: int, room: str, user: str, *, is_administrator: bool) -> Administer:
    return Administer(id=1, counter=counter, room=room, user=user, is_administrator=is_administrator)
