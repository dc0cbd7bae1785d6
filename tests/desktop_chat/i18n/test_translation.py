"""The window's language can be changed while it runs, for its own texts and for those of both programs."""

from collections.abc import Iterator

import pytest

from desktop_chat.i18n.translation import _, ngettext, number_text, use_language
from server.i18n.error_texts import error_text


@pytest.fixture(autouse=True)
def back_to_english() -> Iterator[None]:
    yield
    use_language("en")


def test_the_language_can_be_changed_while_it_runs() -> None:
    use_language("es")
    assert _("Send") == "Enviar"
    assert ngettext("{count} member", "{count} members", 2) == "{count} miembros"
    assert number_text(1204) == "1.204"
    use_language("it")
    assert _("Send") == "Invia"
    assert ngettext("{count} member", "{count} members", 1) == "{count} membro"
    use_language("en")
    assert _("Send") == "Send"


def test_errors_of_the_servers_speak_the_language_of_the_window() -> None:
    use_language("it")
    assert error_text("lost", {}) == "La connessione è caduta."
