"""Messages as the window keeps them."""

from msgspec import structs

from desktop_chat.store.messages import from_event
from server.protocol.facts import FileFacts
from tests.terminal.paper import message


def test_a_message_with_a_file_is_not_empty_and_keeps_its_words() -> None:
    carried = structs.replace(message(1, ""), file=FileFacts(sha256="0" * 64, size=5, name="plan.pdf"))
    assert from_event(carried, 2).text == "📎 plan.pdf"
    with_words = structs.replace(carried, text="look at this")
    assert from_event(with_words, 2).text == "look at this\n📎 plan.pdf"
    assert from_event(message(2, "hello"), 2).text == "hello"
