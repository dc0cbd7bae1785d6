"""What a person takes for one character: emoji sequences and letters with their marks.

Source: Unicode Technical Standard 51 (emoji) and Standard Annex 29 (text segmentation), the part
of them that chat texts need; no tables beside the expression.
"""

import re
from typing import Final

_TONE: Final = "[\U0001f3fb-\U0001f3ff]"
_JOINER: Final = "\u200d"
_PICTURE_SIGN: Final = "\ufe0f"

# Signs of the basic plane that are pictures by themselves (Emoji_Presentation=Yes).
_PICTURES: Final = (
    "\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1"
    "\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705"
    "\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50"
    "\u2b55\U0001f004-\U0001f0cf\U0001f18e\U0001f191-\U0001f19a\U0001f201-\U0001f251"
    "\U0001f300-\U0001f3fa\U0001f400-\U0001faff"
)
# Signs that are text unless the picture sign follows.
_CHOOSABLE: Final = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u2328-\u23fa\u24c2\u25aa-\u25fe\u2600-\u27bf"
    "\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f170-\U0001f17f\U0001f202-\U0001f237"
)
_ONE: Final = f"(?:[{_PICTURES}]{_PICTURE_SIGN}?{_TONE}?|[{_CHOOSABLE}](?:{_PICTURE_SIGN}|{_TONE}))"
_TAGS: Final = "[\U000e0020-\U000e007f]+"

EMOJI: Final = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"
    f"|[0-9#*]{_PICTURE_SIGN}?\u20e3"
    f"|{_ONE}(?:{_TAGS})?(?:{_JOINER}(?:{_ONE}|[{_CHOOSABLE}]))*"
)
# A letter with the marks above and below it; a sign with its joiners.
_MARKS: Final = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20f0\ufe00-\ufe0f\ufe20-\ufe2f\u200d]"
)
_CLUSTER: Final = re.compile(f"{EMOJI.pattern}|\r\n|.{_MARKS}*", re.DOTALL)


def clusters(text: str) -> list[str]:
    """The text cut into what a person takes for single characters."""
    return _CLUSTER.findall(text)


def last_cluster_length(text: str) -> int:
    """How many code points BackSpace takes away at the end of this text."""
    # A cluster is short: looking at the tail is enough and keeps long texts quick.
    found = clusters(text[-64:])
    return len(found[-1]) if found else 0


def is_only_emoji(text: str, count_max: int) -> bool:
    """Whether the text is nothing but a few emoji, which are then drawn large."""
    bare = "".join(text.split())
    found = EMOJI.findall(bare)
    return 0 < len(found) <= count_max and "".join(found) == bare
