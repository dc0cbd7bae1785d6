"""Which parts of a text are links."""

import pytest

from desktop_chat.view_models.links import find_links


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://example.org/x.", ["https://example.org/x"]),
        ("(https://example.org/a_(b))", ["https://example.org/a_(b)"]),
        ("HTTP://EXAMPLE.ORG", ["HTTP://EXAMPLE.ORG"]),
        ("http://a.b and https://c.d!", ["http://a.b", "https://c.d"]),
        ("“https://example.org”", ["https://example.org"]),
        ("javascript:alert(1) file:///etc/passwd ftp://x", []),
        ("https://", []),
        ("xhttps://example.org", []),
        ("https://good.org/\u202egro.live", ["https://good.org/"]),
        ("https://good.org\u200b.evil.org", ["https://good.org"]),
    ],
)
def test_links_are_http_and_end_with_the_sentence(text: str, links: list[str]) -> None:
    assert [text[start:end] for start, end in find_links(text)] == links
