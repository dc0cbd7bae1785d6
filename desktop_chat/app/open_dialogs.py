"""The dialogs that are open, and what keeps them up to date."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from desktop_chat.app.browser import is_web_link, open_link
from desktop_chat.dialogs.dialog import Dialog
from desktop_chat.dialogs.people import PeopleDialog
from desktop_chat.dialogs.question import QuestionDialog, link_question
from desktop_chat.dialogs.server_details import ServerDetailsDialog
from desktop_chat.dialogs.shortcuts import ShortcutsDialog
from desktop_chat.gui_events import GuiEvent
from desktop_chat.i18n.translation import _
from desktop_chat.network_requests import AskPeople
from desktop_chat.view_models.connection import ConnectionState
from desktop_chat.view_models.people import build_people
from desktop_chat.view_models.server_details import build_server_details
from server.client import notices
from server.i18n.error_texts import error_text
from server.protocol.events import MemberList

if TYPE_CHECKING:
    from desktop_chat.app.application import Application


class OpenDialogs:
    """At most one of each kind."""

    def __init__(self, application: "Application") -> None:
        self._application = application
        self._open: dict[str, Dialog] = {}
        self._people_ticket = 0

    def show_details(self) -> None:
        """What stands behind the status bar."""
        application = self._application
        if application.chat is not None and not self._raise("details"):
            details = build_server_details(application.chat.state)
            self._open["details"] = ServerDetailsDialog(
                application.root, application.look, details, lambda: self._closed("details")
            )

    def show_people(self) -> None:
        """Who is in the room."""
        application = self._application
        chat = application.chat
        if chat is None or not chat.room or self._raise("people"):
            return
        name = chat.conversations[chat.room].name
        dialog = PeopleDialog(application.root, application.look, name, lambda: self._closed("people"))
        self._open["people"] = dialog
        if chat.session.network is None or not chat.state.is_connected:
            dialog.show_failure(_("This is only known while there is a connection."))
        else:
            self._people_ticket = chat.session.network.request(AskPeople(chat.room))

    def show_shortcuts(self) -> None:
        """The keyboard shortcuts."""
        if not self._raise("shortcuts"):
            self._open["shortcuts"] = ShortcutsDialog(
                self._application.root, self._application.look, lambda: self._closed("shortcuts")
            )

    def ask_about_link(self, target: str) -> None:
        """Show the whole target before it is opened."""
        if is_web_link(target):
            QuestionDialog(
                self._application.root,
                self._application.look,
                link_question(target),
                lambda: self._open_link(target),
            )

    def take(self, events: Sequence[GuiEvent]) -> None:
        """Answers for the people dialog."""
        dialog, chat = self._open.get("people"), self._application.chat
        if not isinstance(dialog, PeopleDialog) or chat is None:
            return
        for event in events:
            match event:
                case notices.Answered(ticket, MemberList(members=members)) if ticket == self._people_ticket:
                    dialog.show(build_people(members, chat.own_user))
                case notices.QuestionFailed() if event.ticket == self._people_ticket:
                    dialog.show_failure(error_text(event.code, event.arguments))

    def refresh(self, state: ConnectionState) -> None:
        """The connection changed."""
        dialog = self._open.get("details")
        if isinstance(dialog, ServerDetailsDialog):
            dialog.show(build_server_details(state))

    def close_all(self) -> None:
        """The look changes."""
        for dialog in list(self._open.values()):
            dialog.close()

    def _open_link(self, target: str) -> None:
        chat = self._application.chat
        if not open_link(target) and chat is not None:
            self._application.root.clipboard_clear()
            self._application.root.clipboard_append(target)
            chat.say(_("No browser was found. The link is in the clipboard."))

    def _raise(self, name: str) -> bool:
        dialog = self._open.get(name)
        if dialog is None:
            return False
        dialog.lift()
        dialog.focus_force()
        return True

    def _closed(self, name: str) -> None:
        self._open.pop(name, None)
