"""Links in texts: http and https only, cut where people end them."""

import re
from typing import Final

# What ends a link: quotes and brackets, and whatever is not seen or turns the reading direction, for that
# would make a link look like another one.
_UNSEEN: Final = r"\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_LINK: Final = re.compile(rf"\bhttps?://[^\s<>\"'`\u201c\u201d\u00ab\u00bb{_UNSEEN}]+", re.IGNORECASE)
# A sentence's own signs at the end of a link belong to the sentence.
_SENTENCE_SIGNS: Final = ".,;:!?…"
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}


def find_links(text: str) -> list[tuple[int, int]]:
    """Start and end of every link."""
    found = []
    for match in _LINK.finditer(text):
        start, end = match.span()
        end = start + len(_trimmed(text[start:end]))
        if end > start + len("https://"):
            found.append((start, end))
    return found


def _trimmed(link: str) -> str:
    while link:
        last = link[-1]
        opener = _PAIRS.get(last)
        if last in _SENTENCE_SIGNS or (opener and link.count(opener) < link.count(last)):
            link = link[:-1]
        else:
            break
    return link
