"""Shrinking: the fewest faults with which a seed still breaks the same promise.

Delta debugging over the plan (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing
Input", 2002): leave out ever smaller parts as long as the run still fails by the same rule.
"""

from collections.abc import Callable

from tests.simulation.script import Script
from tests.simulation.simulate import Run, simulate

Numbers = tuple[int, ...]


def shrink(script: Script, *, bug: str = "") -> Run:
    """The failing run of a script with the fewest faults that was found; as it is when it does not fail."""
    best = simulate(script, bug=bug)
    if not best.failure:
        return best

    def fails(numbers: Numbers) -> bool:
        nonlocal best
        run = simulate(script.keep(numbers), bug=bug)
        if run.rule == best.rule:
            best = run
            return True
        return False

    fewest(tuple(fault.number for fault in script.kept_plan), fails)
    return best


def fewest(numbers: Numbers, fails: Callable[[Numbers], bool]) -> Numbers:
    """A part of the numbers that fails, and does not any more when any one of them is left out."""
    if fails(()):
        return ()
    parts = 2
    while len(numbers) > 1:
        size = max(1, len(numbers) // parts)
        for start in range(0, len(numbers), size):
            rest = numbers[:start] + numbers[start + size :]
            if fails(rest):
                numbers, parts = rest, max(2, parts - 1)
                break
        else:
            if size == 1:
                break
            parts = min(len(numbers), 2 * parts)
    return numbers
