"""Opens links in the person's browser: http and https only."""

import webbrowser
from urllib.parse import urlsplit


def is_web_link(target: str) -> bool:
    """Whether a text is a link that may be opened."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme.casefold() in {"http", "https"} and bool(parts.hostname)


def open_link(target: str) -> bool:
    """Open it; False when it is no web link or there is no browser."""
    return is_web_link(target) and webbrowser.open(target)
