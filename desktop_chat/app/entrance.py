"""The way into a chat: what was given at the start, what is known from before, and what must be asked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from desktop_chat.app.connection_events import NAME_CODES
from desktop_chat.app.joining import BareAddress, Mistake, read_place
from desktop_chat.app.session import Session, folder_of
from desktop_chat.dialogs.first_run import FirstRun
from desktop_chat.dialogs.question import QuestionDialog, certificate_question
from desktop_chat.gui_events import GuiEvent
from desktop_chat.i18n.translation import _
from desktop_chat.network.probe import Probe
from desktop_chat.settings.preferences import write_preferences
from desktop_chat.store.chat_folder import FolderInUseError, known_chats
from desktop_chat.store.database import CacheError
from desktop_chat.store.facts import KnownServers
from server.client import notices
from server.i18n.error_texts import error_text
from server.names.fingerprints import fingerprint_hex, fingerprint_words

if TYPE_CHECKING:
    from desktop_chat.app.application import Application


class Entrance:
    """Asks until there is a chat to show, then gives it to the application."""

    def __init__(self, application: "Application") -> None:
        self._application = application
        self._form: FirstRun | None = None
        self._joining: Session | None = None
        self._servers: KnownServers | None = None
        self._probe: Probe | None = None
        self._name = ""

    @property
    def form(self) -> FirstRun | None:
        """The form that is shown, if any."""
        return self._form

    def begin(self) -> None:
        """Go in by the flags, by what is known from before, or ask."""
        options = self._application.options
        if not options.place:
            self._begin_known()
            return
        place = read_place(options.place)
        if isinstance(place, Mistake):
            self._ask(place=options.place, name=options.name)
            self._show_place_error(place.text)
        elif isinstance(place, BareAddress):
            self._ask(place=options.place, name=options.name)
            if options.name:
                self._join(options.place, options.name)
        else:
            self._servers = place
            self._begin_with_link(place)

    def take(self, events: Sequence[GuiEvent]) -> None:
        """While joining: the first answer decides."""
        for event in events:
            if self._joining is None:
                return
            match event:
                case notices.Connected():
                    self._joined()
                case notices.SignInRefused():
                    self._refused(event)
                case notices.Disconnected() if event.code != "stopped":
                    self._give_up()
                    self._show_place_error(error_text(event.code, event.arguments))
                case notices.CertificateChanged():
                    self._give_up()
                    self._show_place_error(error_text("wrong_certificate", {}))

    def ask_name_again(self) -> None:
        """The servers refuse the name of a chat that is shown."""
        chat = self._application.chat
        if chat is None:
            return
        servers, sentence = chat.session.servers, chat.state.refusal
        chat.session.forget_identity()
        self._application.show_entrance()
        self._servers = servers
        self._ask(asks_place=False, chat_name=servers.chat_name if servers else "")
        if self._form is not None:
            self._form.show_name_error(sentence)

    def rebuild(self) -> None:
        """The look changed."""
        if self._form is not None and self._joining is None:
            form = self._form
            self._ask(
                asks_place=form.asks_place,
                place=form.place_text.get(),
                name=form.name_text.get(),
                chat_name=form.chat_name,
            )

    def stop(self) -> None:
        """The window closes."""
        # A question that is still open is answered by its end, when there is no form to say anything.
        self._form = None
        self._stop_probe()
        self._give_up()

    def _begin_known(self) -> None:
        """The chat that was open last, if there is one that can be opened."""
        for folder in known_chats(self._application.options.data):
            try:
                session = Session(folder, self._application.clock)
            except (FolderInUseError, CacheError):
                # Another window has it; there may be another chat.
                continue
            if session.servers is not None and session.identity is not None:
                self._application.enter_chat(session)
                return
            session.close()
        self._ask()

    def _begin_with_link(self, servers: KnownServers) -> None:
        """A link was given: only the name may be missing."""
        options = self._application.options
        session = self._open(servers, options.name)
        if session is None:
            return
        if session.identity is not None:
            self._application.enter_chat(session)
            return
        session.close()
        self._ask(asks_place=False, chat_name=servers.chat_name)

    def _ask(self, *, asks_place: bool = True, place: str = "", name: str = "", chat_name: str = "") -> None:
        application = self._application
        self._take_form_away()
        name = name or application.preferences.name
        self._form = FirstRun(
            application.root,
            application.look,
            self._join,
            asks_place=asks_place,
            place=place,
            name=name,
            chat_name=chat_name,
        )
        self._form.pack(fill="both", expand=True)

    def _join(self, place_text: str, name: str) -> None:
        self._name = name
        if self._servers is not None:
            self._enter(self._servers)
            return
        place = read_place(place_text)
        if isinstance(place, Mistake):
            self._show_place_error(place.text)
        elif isinstance(place, KnownServers):
            self._enter(place)
        else:
            self._look_at(place)

    def _look_at(self, place: BareAddress) -> None:
        """A bare address: see which certificate is there, and ask the person about it."""
        application = self._application
        self._stop_probe()
        answers: list[tuple[str, str]] = []
        self._probe = Probe(place.addresses[0], lambda fingerprint, code: answers.append((fingerprint, code)))

        def look() -> None:
            if self._probe is None:
                return
            if not answers:
                application.after("probe", 30, look)
                return
            self._stop_probe()
            self._probed(place, *answers[0])

        look()

    def _probed(self, place: BareAddress, fingerprint: str, code: str) -> None:
        if code:
            self._show_place_error(error_text(code, {}))
            return
        raw = bytes.fromhex(fingerprint)
        servers = KnownServers(tuple(map(str, place.addresses)), fingerprint=fingerprint)
        QuestionDialog(
            self._application.root,
            self._application.look,
            certificate_question(servers.addresses[0], fingerprint_words(raw), fingerprint_hex(raw)),
            lambda: self._enter(servers),
            lambda: self._show_place_error(_("You did not trust the server at this address.")),
        )

    def _enter(self, servers: KnownServers) -> None:
        """Open the chat's folder and knock at the servers."""
        session = self._open(servers, self._name)
        if session is not None:
            self._joining = session
            pump = self._application.pump
            session.connect(pump.post, pump.backlog)

    def _open(self, servers: KnownServers, name: str) -> Session | None:
        application = self._application
        try:
            session = Session(folder_of(application.options.data, servers), application.clock)
        except FolderInUseError:
            sentence = _(
                "This chat is open in another window. Use another folder for a second person (--data)."
            )
            self._fail(sentence)
            return None
        except CacheError as error:
            self._fail(cache_error_text(error))
            return None
        try:
            session.prepare(servers, name)
        except CacheError as error:
            session.close()
            self._fail(cache_error_text(error))
            return None
        return session

    def _fail(self, sentence: str) -> None:
        if self._form is None:
            self._ask()
        self._show_place_error(sentence)

    def _joined(self) -> None:
        session, self._joining = self._joining, None
        assert session is not None
        application = self._application
        application.preferences = msgspec.structs.replace(application.preferences, name=self._name)
        write_preferences(application.options.data, application.preferences)
        self._take_form_away()
        application.enter_chat(session)

    def _refused(self, event: notices.SignInRefused) -> None:
        session = self._joining
        assert session is not None
        session.forget_identity()
        self._give_up()
        sentence = error_text(event.code, event.arguments)
        if event.code in NAME_CODES and self._form is not None:
            self._form.show_name_error(sentence)
        else:
            self._show_place_error(sentence)

    def _give_up(self) -> None:
        session, self._joining = self._joining, None
        if session is not None:
            session.close()

    def _show_place_error(self, sentence: str) -> None:
        if self._form is not None:
            self._form.show_place_error(sentence)

    def _stop_probe(self) -> None:
        probe, self._probe = self._probe, None
        if probe is not None:
            probe.stop()

    def _take_form_away(self) -> None:
        if self._form is not None:
            self._form.destroy()
            self._form = None


def cache_error_text(error: CacheError) -> str:
    """The sentence for a cache that cannot be opened."""
    texts = {
        "newer_version": _("A newer version of this program has written {path}. Update this program."),
        "not_writable": _("Nothing can be written to {path}. Is the disk full or the folder read-only?"),
        "damaged": _("The file {path} is damaged. Move it away: the servers still have your messages."),
    }
    return texts[error.code].format(path=error.path)
