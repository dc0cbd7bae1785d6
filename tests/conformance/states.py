"""States: every request at every stage at which it may not be asked, by the command table."""

import json
from collections.abc import Iterator
from typing import Final

from server.sessions.command_table import COMMANDS
from server.sessions.stages import Stage
from tests.conformance.bad_input import ASKED_ID, BadInput
from tests.conformance.valid_requests import KINDS, tag_of, valid_request

# What is said at a stage that is too early for a request.
TOO_EARLY: Final = {
    Stage.CONNECTED: "hello_first",
    Stage.GREETED: "not_signed_in",
    Stage.ON_STANDBY: "on_standby",
}


def out_of_state() -> Iterator[BadInput]:
    """Too early, and too late."""
    for kind in KINDS:
        line = json.dumps(valid_request(kind, ASKED_ID)).encode() + b"\n"
        command = COMMANDS[kind]
        for stage in Stage:
            if stage < command.first_stage:
                yield BadInput("states", line, TOO_EARLY[stage], stage)
            elif stage > command.last_stage:
                code = "hello_again" if tag_of(kind) == "hello" else "already_signed_in"
                yield BadInput("states", line, code, stage)


STATES: Final[list[BadInput]] = list(out_of_state())
