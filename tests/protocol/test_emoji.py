"""Reactions: one short sign, with nothing in it that steers a screen."""

import pytest

from server.protocol import limits
from server.protocol.emoji import is_emoji


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("👍", True),
        ("👩‍👩‍👧‍👦", True),
        ("❤️", True),
        ("🇪🇸", True),
        ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", True),
        ("‼️", True),
        ("*️⃣", True),
        ("€", True),
        # Of Unicode 15 and 16, and one that is to come.
        ("\U0001fae8", True),
        ("\U0001fae9", True),
        ("\U0001f6ff", True),
        ("", False),
        ("ok", False),
        (":)", False),
        ("👍 👍", False),
        ("👍ok", False),
        ("\u202e👍\n", False),
        ("é", False),
        ("\u200d", False),
        ("…", False),
        ("👍" * (limits.EMOJI_CHARACTERS_MAX + 1), False),
        *(
            (f"€{sign}", False)
            for sign in "\x00\x1b\x9b\u00ad\u0301\u200b\u200e\u202e\u2066\ufeff\ue000\ud800\U0001fbfa"
        ),
    ],
)
def test_a_reaction_is_one_short_sign(text: str, verdict: bool) -> None:
    assert is_emoji(text) is verdict
