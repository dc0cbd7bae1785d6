"""Both sides of a cut at random, and what the fold says when one is moved behind the other."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from server.archive.record import EPOCH_KIND, Draft, redraft
from server.protocol.errors import Refusal
from server.state.fold import fold
from server.state.state import State, restore
from tests.state.any_steps import ANY_STEP, BETWEEN_TWO
from tests.state.archive_of import Archive
from tests.state.test_state import archive_of

STEPS = st.lists(ANY_STEP, max_size=30)
CHAT = st.lists(BETWEEN_TWO, max_size=8)
# Of one id only one thing is asked, on whichever side.
_HERE, _THERE = 200, 400


def as_asked(steps: list[Draft], counters: int) -> list[Draft]:
    """What clients of one side ask, each under an id of its own."""
    asked = (step for step in steps if step.kind != EPOCH_KIND)
    return [
        replace(draft, origin=None, counter=counters + place if draft.kind != "device" else 0)
        for place, draft in enumerate(asked)
    ]


def continued(archive: Archive) -> Archive:
    again = Archive()
    again.records, again.state = list(archive.records), restore(archive.state.snapshot())
    return again


def accepted(archive: Archive, drafts: list[Draft]) -> list[Draft]:
    """What a side accepts of all this, as a cut puts it into the quarantine."""
    found = []
    for draft in drafts:
        known = archive.state.devices.get(draft.device)
        if archive.add(draft).refusal is None:
            device = archive.state.devices.get(draft.device)
            person = device.user if device is not None and known is None else ""
            found.append(redraft(archive.records[-1], person))
    return found


@given(STEPS, STEPS, STEPS)
def test_p6_a_merge_rejects_no_message(shared: list[Draft], here: list[Draft], there: list[Draft]) -> None:
    check_merge(shared, here, there)


@given(CHAT, CHAT, CHAT)
def test_p6_nor_one_between_two(shared: list[Draft], here: list[Draft], there: list[Draft]) -> None:
    check_merge(shared, here, there)


def check_merge(shared: list[Draft], here: list[Draft], there: list[Draft]) -> None:
    winner = archive_of(shared)
    loser = continued(winner)
    for draft in as_asked(here, _HERE):
        winner.add(draft)
    moved = accepted(loser, as_asked(there, _THERE))
    number = winner.state.number
    outcomes = [(draft, winner.add(draft)) for draft in moved]
    refused = [(draft, outcome.refusal) for draft, outcome in outcomes if outcome.refusal is not None]
    assert not [(draft, refusal) for draft, refusal in refused if draft.kind in {"message", "marks"}]
    assert winner.state.number == number + sum(draft.kind == "message" for draft in moved)
    assert not [draft for draft, refusal in refused if draft.kind == "delete"]
    # Whoever asked for what does not hold any more is told, and nothing of it happens later.
    for draft, outcome in outcomes:
        if outcome.refusal is not None and draft.kind != "device":
            assert outcome.told is not None
            assert winner.add(replace(draft, origin=None)).refusal == Refusal(
                "id_reuse", {"counter": draft.counter}
            )
    again = State()
    for record in winner.records:
        fold(again, record)
    assert again.digest() == restore(winner.state.snapshot()).digest() == winner.state.digest()
