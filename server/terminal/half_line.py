"""A line while it is typed: what stood in it before it was emptied, to type something else (pure)."""


def is_command(line: str) -> bool:
    """Whether this is for the program and not for people."""
    return line.startswith("/") and not line.startswith("//")


class HalfLine:
    """Call `begin` with every new line, and `changed` with each text that it comes to have."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Nothing was typed yet."""
        self._text = ""
        self._is_deleting = False
        self._whole = ""
        # What stood there before somebody took it all away.
        self.cleared = ""

    def changed(self, text: str) -> None:
        """The line has another text; one sign less at a time, a word, or all at once."""
        is_shorter = len(text) < len(self._text)
        if is_shorter and not self._is_deleting:
            self._whole = self._text
        self._is_deleting = is_shorter
        if is_shorter and not text and not is_command(self._whole):
            self.cleared = self._whole
        self._text = text
