"""What a person may type to get into a chat, and which links may be opened."""

import pytest

from desktop_chat.app.browser import is_web_link
from desktop_chat.app.joining import BareAddress, Mistake, read_place
from desktop_chat.i18n.translation import use_language
from desktop_chat.store.facts import KnownServers
from server.names.addresses import Address

FINGERPRINT = "A" * 43


def test_an_invite_link_is_known_servers() -> None:
    found = read_place(f" desktop-chat://10.0.0.1,10.0.0.2:7001/?ca={FINGERPRINT}&name=The%20lab\n")
    assert found == KnownServers(("10.0.0.1:7000", "10.0.0.2:7001"), "00" * 32, "", "The lab")


def test_an_address_has_to_be_asked_about() -> None:
    assert read_place("Chat.example.org") == BareAddress((Address("chat.example.org", 7000),))


@pytest.mark.parametrize(
    "text", ["desktop-chat://x/?ca=short", "http://example.org", "a:b:c:", "1.2.3", "x:0"]
)
def test_mistakes_are_said_in_a_sentence(text: str) -> None:
    use_language("en")
    found = read_place(text)
    assert isinstance(found, Mistake)
    assert len(found.text) > 10


@pytest.mark.parametrize(
    ("target", "may_open"),
    [
        ("https://example.org/x", True),
        ("HTTP://example.org", True),
        ("file:///etc/passwd", False),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("https://[broken", False),
    ],
)
def test_only_web_links_are_opened(target: str, may_open: bool) -> None:
    assert is_web_link(target) is may_open
