"""Whole conversations, drawn at random, with a real server: everything that comes back is documented."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from server.protocol.errors import ERRORS
from server.sessions.stages import Stage
from tests.commands.bad_clients import RawClient
from tests.conformance.fuzz import lines
from tests.conformance.server_under_test import Honest, ServerUnderTest, checked, come_to

# Short: this runs with every `make test`.
EXAMPLES = 100
LINES_MAX = 12
LAST_ID = 5_000_000


@settings(max_examples=EXAMPLES)
@given(stage=st.sampled_from(Stage), said=st.lists(lines, max_size=LINES_MAX), cut=st.integers(1, 4_000))
def test_any_conversation_is_answered_as_documented(
    server: ServerUnderTest, stage: Stage, said: list[bytes], cut: int
) -> None:
    with RawClient(server.port) as client:
        come_to(client, stage, "Random")
        stream = b"".join(said) + b'{"request":"ping","id":%d}\n' % LAST_ID
        # Cut anywhere, as a network does.
        client.send(stream[:cut])
        if stream[cut:]:
            client.send(stream[cut:])
        event: dict[str, Any] = {}
        for line in client.lines():
            event = json.loads(line)
            code = checked(event)
            if event.get("answer") == LAST_ID:
                return
        # Who is not answered to the end was told why.
        assert event, "the connection ended without a word"
        assert event["event"] == "goodbye" or ERRORS[code].is_fatal, event


def test_the_honest_one_is_still_there(honest: Honest) -> None:
    honest.is_served()
