"""The script of a run: its seed, its weather, its plan, and how much of the plan is played."""

import random
from dataclasses import dataclass, replace
from typing import Final

from tests.simulation.plan import Fault, draw_plan
from tests.simulation.weather import Weather, draw_weather


@dataclass(frozen=True, slots=True)
class Script:
    """Everything that a run follows from. `kept` None: the whole plan."""

    seed: int
    weather: Weather
    plan: tuple[Fault, ...]
    kinds: tuple[str, ...] = ()
    ending: str = ""
    kept: tuple[int, ...] | None = None

    @property
    def kept_plan(self) -> tuple[Fault, ...]:
        """The faults that are played."""
        return self.plan if self.kept is None else tuple(f for f in self.plan if f.number in self.kept)

    def keep(self, numbers: tuple[int, ...]) -> "Script":
        """The same run with only some of its faults."""
        return replace(self, kept=numbers)

    @property
    def options(self) -> str:
        """The options that play it again."""
        found = [f"--seed {self.seed}"]
        if self.kinds:
            found.append(f"--faults {','.join(self.kinds)}")
        if self.ending:
            found.append(f"--ending {self.ending}")
        if self.kept is not None:
            found.append(f"--keep {','.join(map(str, self.kept)) or 'none'}")
        return " ".join(found)


def draw_script(seed: int, kinds: tuple[str, ...] = (), ending: str = "") -> Script:
    """The script of a seed, its mix of faults drawn or given, its lasting fault drawn or given."""
    rng: Final = random.Random(f"script {seed}")
    weather = draw_weather(rng, kinds, ending)
    return Script(seed, weather, draw_plan(rng, weather), kinds, ending)
