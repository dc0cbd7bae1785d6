"""How many runs a planted bug may take to be found, and where rare ones are looked for."""

from dataclasses import dataclass
from typing import Final

from tests.simulation.campaign import run_seeds
from tests.simulation.simulate import Run, simulate

DEFAULT_RUNS: Final = 400


@dataclass(frozen=True, slots=True)
class Budget:
    """Where to look: with drawn faults, with these kinds, or under this lasting fault."""

    runs: int = DEFAULT_RUNS
    kinds: tuple[str, ...] = ()
    ending: str = ""


# Those that need something rare to happen, and what.
BUDGETS: Final[dict[str, Budget]] = {
    "copies_remembered_at_a_replacement": Budget(kinds=("replace",)),
    # An epoch that was lost, and a client that had read in it.
    "cursor_without_epoch": Budget(1_000, kinds=("cut", "stale_first", "restart_app")),
    # A crash between two transactions of one merge.
    "cut_before_quarantine": Budget(2_500, kinds=("one_way", "crash_at")),
    # Namesakes who signed up on both sides of a cut.
    "device_given_to_the_name": Budget(1_500, kinds=("cut", "one_way")),
    # Two guests with one invite, at two servers that do not see each other.
    "invite_counts_twice": Budget(2_500, kinds=("cut", "one_way")),
    # A connection that ends between a message and the position behind it.
    "given_forgotten_at_a_resume": Budget(kinds=("crash", "double")),
    # A disk that lied, and a machine that starts alone after that.
    "less_than_confirmed_leads": Budget(kinds=("lying_disk", "stale_first", "power")),
    # Both sides of a cut write, and somebody marks what only one of them has.
    "marks_moved_by_a_merge": Budget(1_500, kinds=("cut", "one_way")),
    # Two devices of one person, of which the second begins at the end of the archive.
    "marks_over_a_gap": Budget(kinds=("restart_app", "slow_reader")),
    "name_given_twice": Budget(1_000, kinds=("cut", "one_way")),
    "old_session_counted": Budget(kinds=("late", "drop", "cut")),
    "one_way_liveness": Budget(ending="one_way"),
    # Room that comes back while a client is being refused what it has sent ahead.
    "overtakes_what_was_refused": Budget(4_000, kinds=("little_room",)),
    # A crash while the re-submission is under way.
    "quarantine_dropped_when_sent": Budget(1_500, kinds=("cut", "crash_at")),
    # A crash between the cut and the re-submission.
    "quarantine_in_memory": Budget(1_500, kinds=("cut", "crash_at")),
    # Somebody who is put out on the side of a cut that loses.
    "removal_lost_by_a_merge": Budget(1_500, kinds=("cut", "stale_first")),
    # A person in a group, who is put out of it and comes back to a server.
    "removed_reads_on": Budget(1_000, kinds=("restart_app", "crash", "stop")),
    "retired_goes_too_early": Budget(kinds=("replace",)),
    "slow_reader_is_written_to": Budget(kinds=("slow_reader",)),
    # A client far behind, and something new while it is served.
    "store_read_twice_at_once": Budget(kinds=("slow_reader", "stale_first", "restart_app")),
}


# What Python says of a replacement that does not fit the core (any more): that finds nothing.
_MISFITS: Final = ("TypeError", "AttributeError", "ImportError")


def _is_misfit(run: Run) -> bool:
    return run.rule == "the core raised" and any(misfit in run.failure for misfit in _MISFITS)


def hunt(bug: str, *, jobs: int = 1) -> tuple[int, Run | None]:
    """How many runs it took, and the one that found the bug (None: none did)."""
    budget = BUDGETS.get(bug, Budget())
    runs = run_seeds(0, budget.runs, jobs=jobs, bug=bug, kinds=budget.kinds, ending=budget.ending)
    count = 0
    for count, run in enumerate(runs, start=1):
        # What fails without the bug as well shows another one.
        if run.failure and not _is_misfit(run) and not simulate(run.script).failure:
            return count, run
    return count, None
