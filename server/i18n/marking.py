"""Marks a text that is translated later, where it is shown (pure).

A table at the top of a module is made before anybody knows the language; `_` belongs where its text
is used. The test of the catalogues finds texts by both names.
"""


def marked(message: str) -> str:
    """The text itself."""
    return message
