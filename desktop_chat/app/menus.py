"""The window's menu: invite link, look, language, shortcuts."""

import tkinter as tk
from collections.abc import Callable
from typing import TYPE_CHECKING, get_args

import msgspec

from desktop_chat.i18n.translation import LANGUAGES, _
from desktop_chat.settings.preferences import Preferences, ThemeChoice
from desktop_chat.widgets.menus import styled_menu
from server.names.addresses import AddressError, parse_address
from server.names.invite_links import InviteLink, is_chat_name

if TYPE_CHECKING:
    from desktop_chat.app.application import Application


class WindowMenu:
    """Builds the menu anew each time it is opened, so that it is always in the right language."""

    def __init__(self, application: "Application") -> None:
        self._application = application
        self._variables: list[tk.Variable] = []

    def open(self, x_root: int, y_root: int) -> None:
        """Pop it up, its right edge at a point of the screen."""
        menu = self.build()
        menu.update_idletasks()
        try:
            menu.tk_popup(x_root - menu.winfo_reqwidth() + self._application.look.pixels(34), y_root)
        finally:
            menu.grab_release()

    def build(self) -> tk.Menu:
        """All entries."""
        application = self._application
        menu = styled_menu(application.root, application.look)
        # The variables of radio entries must live as long as the menu.
        self._variables = []
        if self.invite_link():
            menu.add_command(label=_("Copy invite link"), command=self.copy_invite_link)
        menu.add_command(label=_("Connection and servers"), command=application.dialogs.show_details)
        menu.add_separator()
        menu.add_cascade(label=_("Appearance"), menu=self._theme_menu(menu))
        menu.add_cascade(label=_("Size"), menu=self._zoom_menu(menu))
        menu.add_cascade(label=_("Language"), menu=self._language_menu(menu))
        menu.add_separator()
        menu.add_command(
            label=_("Keyboard shortcuts"), accelerator="F1", command=application.dialogs.show_shortcuts
        )
        return menu

    def invite_link(self) -> str:
        """The link that brings others into this chat, empty when there is none."""
        chat = self._application.chat
        servers = chat.session.servers if chat is not None else None
        if servers is None:
            return ""
        addresses = [parse_address(text) for text in servers.addresses]
        found = tuple(address for address in addresses if not isinstance(address, AddressError))
        name = servers.chat_name if is_chat_name(servers.chat_name) else ""
        fingerprint = bytes.fromhex(servers.fingerprint) if servers.fingerprint else None
        return str(InviteLink(found, fingerprint, name, plain=fingerprint is None)) if found else ""

    def copy_invite_link(self) -> None:
        """Put the link into the clipboard, and say so."""
        application = self._application
        application.root.clipboard_clear()
        application.root.clipboard_append(self.invite_link())
        if application.chat is not None:
            application.chat.say(_("The invite link is in the clipboard. Send it to whomever you want here."))

    def _theme_menu(self, parent: tk.Menu) -> tk.Menu:
        labels = {"light": _("Light"), "dark": _("Dark"), "system": _("As the system")}
        chosen = self._application.preferences.theme
        return self._choices(
            parent,
            [(choice, labels[choice]) for choice in get_args(ThemeChoice)],
            chosen,
            lambda value: msgspec.structs.replace(self._application.preferences, theme=value),
        )

    def _language_menu(self, parent: tk.Menu) -> tk.Menu:
        return self._choices(
            parent,
            [("", _("As the system")), *LANGUAGES.items()],
            self._application.preferences.language,
            lambda value: msgspec.structs.replace(self._application.preferences, language=value),
        )

    def _zoom_menu(self, parent: tk.Menu) -> tk.Menu:
        menu = styled_menu(parent, self._application.look)
        for label, keys, direction in (
            (_("Larger"), "Ctrl++", 1), (_("Smaller"), "Ctrl+-", -1), (_("As it was"), "Ctrl+0", 0),
        ):  # fmt: skip
            menu.add_command(
                label=label, accelerator=keys,
                command=lambda direction=direction: self._application.zoom(direction),  # type: ignore[misc]
            )  # fmt: skip
        return menu

    def _choices(
        self,
        parent: tk.Menu,
        choices: list[tuple[str, str]],
        chosen: str,
        changed: Callable[[str], Preferences],
    ) -> tk.Menu:
        menu = styled_menu(parent, self._application.look)
        variable = tk.StringVar(menu, value=chosen)
        self._variables.append(variable)
        for value, label in choices:
            menu.add_radiobutton(
                label=label,
                value=value,
                variable=variable,
                command=lambda: self._application.change_preferences(changed(variable.get())),
            )
        return menu
