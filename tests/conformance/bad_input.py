"""The shape of one bad input: how far the connection has come, the bytes, and what must come back."""

import itertools
import json
from typing import Any, Final

import msgspec

from server.sessions.stages import Stage
from tests.conformance.valid_requests import KIND_BY_TAG

# The id of the request that is wrong, told apart from those that bring a connection to its stage.
ASKED_ID: Final = 77
# Whatever is documented will do: an error's code, or the answer to the request.
ANYTHING: Final = "anything that is documented"


class BadInput(msgspec.Struct, frozen=True):
    """`expected`: the code of an error, the name of the event that accepts it, or `ANYTHING`.

    `before`: what is asked first, one after the other; it gets its answers. `person`: who is signed in.
    """

    theme: str
    sends: bytes
    expected: str
    stage: Stage = Stage.GREETED
    person: str = "Mallory"
    before: tuple[bytes, ...] = ()

    @property
    def title(self) -> str:
        """What stands in the test's name."""
        return f"{self.theme}: {self.sends[:60]!r} at {self.stage.name}"


def lines(theme: str, rows: list[tuple[bytes, str]], stage: Stage = Stage.GREETED) -> list[BadInput]:
    """Each row is a line, without its end, and the answer to it."""
    return [BadInput(theme, line + b"\n", expected, stage) for line, expected in rows]


def asked(request: str, **fields: Any) -> bytes:
    """A request as a line."""
    return json.dumps({"id": ASKED_ID, "request": request, **fields}).encode()


def earlier(request: str, **fields: Any) -> bytes:
    """A request that comes before; it is answered under an id of its own."""
    return asked(request, **fields, id=next(_earlier_ids)) + b"\n"


def requests(
    theme: str, rows: list[tuple[str, dict[str, Any], str]], stage: Stage = Stage.ACTIVE
) -> list[BadInput]:
    """Each row is a request, its fields, and the answer to it. Where one is archived it gets a counter."""
    return [
        BadInput(theme, asked(name, **with_counter(name, fields)) + b"\n", expected, stage)
        for name, fields, expected in rows
    ]


def with_counter(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields, with a counter that nobody has used, where the request needs one and has none."""
    kind = KIND_BY_TAG.get(name)
    needs_one = kind is not None and "counter" in kind.__struct_fields__ and "counter" not in fields
    return {**fields, "counter": next(_counters)} if needs_one else fields


_counters = itertools.count(1)
_earlier_ids = itertools.count(ASKED_ID + 1)
