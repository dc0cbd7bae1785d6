"""The course of a run: start, connect, send, kill and start again, wait, stop, read the archives, count."""

import dataclasses
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from server.cluster.pair_processes import NAMES, PairProcesses
from server.i18n.marking import marked
from server.i18n.state_words import state_word
from server.i18n.translation import _
from server.network.clock import Clock
from server.network.loop_thread import LoopThread
from server.network.tls import Trust
from server.torture.archive_facts import ArchiveFacts, last_index, read_archive
from server.torture.clients import Way
from server.torture.crowd import Crowd
from server.torture.gaps import gap_of
from server.torture.history import Kill
from server.torture.plan import WINDOW_S, Plan, PlannedKill, plan_kills
from server.torture.processes import TwoServers
from server.torture.report import Report, make_report, summary_lines
from server.torture.verdict import judge

# Starting up, coming back to dual, and the last acknowledgements: each has this long.
_PATIENCE_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.01
_NOT_TOGETHER: Final = marked("the servers and their clients did not come together within {limit_s} s")
_NOT_ANSWERED: Final = marked(
    "the servers and their clients left messages without an answer within {limit_s} s"
)
_NOT_WHOLE: Final = marked("the servers did not become one pair again within {limit_s} s")


class RunStoppedError(Exception):
    """Somebody wants the run to end."""


class RunFailedError(Exception):
    """The run cannot go on; the text says why."""


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """What is tortured: both archives (A, B), the processes, how clients reach them."""

    archives: tuple[Path, Path]
    pair: PairProcesses
    addresses: tuple[str, str]
    trust: Trust | None


class Run:
    """One run. `tell` gets lines for people; set `stopping` to end it early."""

    def __init__(
        self, plan: Plan, target: Target, clock: Clock, tell: Callable[[str], None], stopping: threading.Event
    ) -> None:
        self._plan: Final = plan
        self._target: Final = target
        self._clock: Final = clock
        self._tell: Final = tell
        self._stopping: Final = stopping
        self._rng: Final = random.Random(plan.seed)
        self._servers: Final = TwoServers(target.pair)
        self._thread: Final = LoopThread("torture")
        self._crowd: Final = Crowd(plan, Way(target.addresses, target.trust, self._thread, clock))
        self._began_s = 0.0
        self._planned: Final = plan_kills(plan)
        # When each killed server is started again.
        self._returns: dict[int, float] = {}
        # Since when the pair is whole (None: it is not), and when it was broken.
        self._whole_since: float | None = None
        self._broken_s = 0.0
        self._untold_gaps: list[Kill] = []

    def carry_out(self) -> Report:
        """Do it all. Raises RunStoppedError, RunFailedError, FolderError (a server did not start)."""
        since_index = max(map(last_index, self._target.archives))
        self._thread.start()
        try:
            self._servers.start()
            self._come_together()
            self._kill_and_restart()
            self._wait_for_answers()
        finally:
            self._crowd.stop()
            self._thread.stop()
            self._servers.stop()
        return self._count(since_index)

    # --- the parts of a run

    def _come_together(self) -> None:
        self._crowd.connect()
        self._wait(lambda: self._crowd.is_ready and self._crowd.is_pair_dual, _NOT_TOGETHER)
        self._began_s = self._clock.monotonic_s()
        self._say(
            _(
                "{senders} senders write {rate} messages a second each, {readers} readers count (seed {seed})"
            ).format(
                senders=self._plan.senders,
                rate=f"{self._plan.rate_per_s:g}",
                readers=len(self._crowd.history.readers),
                seed=self._plan.seed,
            )
        )
        self._crowd.begin()

    def _kill_and_restart(self) -> None:
        waiting = list(self._planned)
        end_s = self._began_s + self._plan.seconds
        while waiting or self._returns or self._clock.monotonic_s() < end_s:
            self._look()
            if waiting and self._is_due(waiting[0]):
                kill = self._kill(waiting.pop(0))
                end_s = max(end_s, kill.at_s + WINDOW_S)

    def _wait_for_answers(self) -> None:
        self._crowd.end()
        try:
            self._wait(lambda: self._crowd.is_answered, _NOT_ANSWERED)
            self._wait(lambda: self._whole_since is not None, _NOT_WHOLE)
        except RunFailedError as error:
            # What that means for the messages is counted in the archives.
            self._say(f"! {error}")

    def _count(self, since_index: int) -> Report:
        history = self._crowd.history
        archives: dict[str, ArchiveFacts] = {
            name: read_archive(path, history.is_ours)
            for name, path in zip(NAMES, self._target.archives, strict=True)
        }
        verdict = judge(history, archives, is_overlapping=self._plan.is_overlapping)
        gaps = [gap_of(kill, history.senders) for kill in history.kills]
        promotions = max(facts.promotions(since_index) for facts in archives.values())
        report = make_report(history, verdict, gaps, promotions)
        for line in summary_lines(self._plan, report, verdict, archives):
            self._tell(line)
        return report

    # --- kills

    def _is_due(self, planned: PlannedKill) -> bool:
        now = self._clock.monotonic_s()
        if now < self._began_s + planned.at_s:
            return False
        if self._plan.is_overlapping:
            return bool(self._servers.running)
        if self._whole_since is None:
            if now > self._broken_s + _PATIENCE_S:
                raise _failed(_NOT_WHOLE)
            return False
        return now >= self._whole_since + planned.settled_s

    def _kill(self, planned: PlannedKill) -> Kill:
        running = self._servers.running
        wanted = "leader" if planned.is_for_leader else "follower"
        roles = {place: self._crowd.role_of(NAMES[place]) for place in running}
        fitting = [place for place in running if roles[place] == wanted]
        place = self._rng.choice(fitting or running)
        now = self._clock.monotonic_s()
        kill = Kill(len(self._crowd.history.kills) + 1, now, NAMES[place], roles[place])
        self._crowd.history.kills.append(kill)
        self._untold_gaps.append(kill)
        self._servers.kill(place)
        self._returns[place] = now + planned.down_s
        self._whole_since, self._broken_s = None, now
        text = _("kill {number}: server {name}, {role}")
        self._say(text.format(number=kill.number, name=kill.server, role=_words_for(kill.role)))
        return kill

    # --- looking after everything

    def _wait(self, condition: Callable[[], bool], failure: str) -> None:
        end_s = self._clock.monotonic_s() + _PATIENCE_S
        while not condition():
            self._look()
            if self._clock.monotonic_s() > end_s:
                raise _failed(failure)

    def _look(self) -> None:
        """Let a moment pass, and see to what it brought."""
        if self._stopping.wait(_LOOK_EVERY_S):
            raise RunStoppedError
        now = self._clock.monotonic_s()
        for place in [place for place, at_s in self._returns.items() if at_s <= now]:
            del self._returns[place]
            self._servers.start_again(place)
        for end in self._servers.new_ends():
            self._say(f"! {end}")
            if not self._plan.is_overlapping:
                raise RunFailedError(end)
        for problem in self._crowd.problems:
            raise RunFailedError(problem)
        self._see_pair(now)
        while self._untold_gaps and now > self._untold_gaps[0].at_s + WINDOW_S:
            self._tell_gap(self._untold_gaps.pop(0))

    def _see_pair(self, now: float) -> None:
        if len(self._servers.running) < 2 or not self._crowd.is_pair_dual:
            self._whole_since = None
        elif self._whole_since is None:
            self._whole_since = now
            if self._broken_s:
                text = _("both servers are one pair again after {time_s} s")
                self._say(text.format(time_s=f"{now - self._broken_s:.1f}"))
                self._crowd.come_home()

    def _tell_gap(self, kill: Kill) -> None:
        gap = gap_of(kill, self._crowd.history.senders)
        self._say(
            _("kill {number} ({role}): gap {gap} ms, {sender}").format(
                number=kill.number,
                role=_words_for(kill.role),
                gap=f"{gap.seconds * 1000:.0f}",
                sender=gap.sender,
            )
        )

    def _say(self, text: str) -> None:
        after_s = self._clock.monotonic_s() - self._began_s if self._began_s else 0.0
        self._tell(f"{after_s:6.1f} s  {text}")


def _words_for(role: str) -> str:
    words = {"leader": _("the leader"), "follower": _("the follower")}
    return words.get(role) or _("which was {role}").format(role=state_word(role))


def _failed(text: str) -> RunFailedError:
    return RunFailedError(_(text).format(limit_s=f"{_PATIENCE_S:g}"))
