"""docs/replication.md says what the code does, and its diagram what really happens."""

import random
import re
import typing

from server.cluster.pairing_messages import PairingMessage
from server.cluster.peer_frames import PeerMessage
from server.replication.replica import TRANSITIONS
from tests.documents.made_tables import BLOCK, with_tables
from tests.documents.replication_tables import DOCUMENT, MESSAGES, all_tables
from tests.simulation.script import draw_script
from tests.simulation.simulate import simulate

TEXT = DOCUMENT.read_text(encoding="utf-8")
_LIFE = re.compile(r"^ *[\d.]+ ([ab]) +(starts|is (?=leader|follower|recovering))(\w*)")


def test_every_made_part_is_as_the_code_says() -> None:
    expected = with_tables(TEXT, all_tables())
    assert expected == TEXT, "run: python -m tests.documents.replication_tables"


def test_every_made_part_is_in_the_document_once() -> None:
    assert sorted(block[0] for block in BLOCK.findall(TEXT)) == sorted(all_tables())


def test_every_message_between_servers_is_in_one_table() -> None:
    told = [kind for kinds in MESSAGES.values() for kind in kinds]
    assert len(told) == len(set(told))
    assert set(told) == {*typing.get_args(PeerMessage), *typing.get_args(PairingMessage)}


def role_changes(trace: list[str]) -> set[tuple[str, str]]:
    """What a run's trace tells of one role after another in one life of a server."""
    found: set[tuple[str, str]] = set()
    roles: dict[str, str] = {}
    for line in trace:
        life = _LIFE.match(line)
        if life is None:
            continue
        server, _, role = life.groups()
        role = role or "recovering"
        if life[2] != "starts" and roles[server] != role:
            found.add((roles[server], role))
        roles[server] = role
    return found


def test_the_diagram_shows_the_changes_that_happen_and_no_others(rng: random.Random) -> None:
    drawn = {(before, after) for before, after, _ in TRANSITIONS}
    met: set[tuple[str, str]] = set()
    first = rng.randrange(2**31)
    # The rarest one, of a strict pair, comes in about one run of fifty.
    for seed in range(first, first + 2_000):
        met |= role_changes(simulate(draw_script(seed), with_trace=True).trace)
        assert met <= drawn, f"seed {seed}"
        if met == drawn:
            return
    assert met == drawn
