"""The course of a run: start, connect, send, faults, wait, stop, read the archives, count."""

import contextlib
import random
import threading
from collections.abc import Callable
from typing import Final

import msgspec

from server.cluster.pair_processes import NAMES
from server.i18n.marking import marked
from server.i18n.translation import _
from server.network.clock import Clock
from server.network.loop_thread import LoopThread
from server.network.tls import Trust
from server.torture.archive_facts import ArchiveFacts, last_index, read_archive
from server.torture.clients import Way
from server.torture.crowd import Crowd
from server.torture.fault_table import fault_rows
from server.torture.fault_words import fault_words, role_words
from server.torture.faults import OF_DISK
from server.torture.gaps import gap_of
from server.torture.history import Fault
from server.torture.plan import WINDOW_S, Plan, PlannedFault, plan_faults
from server.torture.processes import TwoServers
from server.torture.report import Report, left_out_lines, make_report, summary_lines
from server.torture.target import Target
from server.torture.verdict import judge
from server.torture.weather import Weather

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


class Run:
    """One run. `tell` gets lines for people; set `stopping` to end it early."""

    def __init__(
        self,
        plan: Plan,
        target: Target,
        trust: Trust,
        clock: Clock,
        *,
        tell: Callable[[str], None],
        stopping: threading.Event,
    ) -> None:
        kinds = tuple(kind for kind in plan.kinds if kind not in target.left_out)
        self._wanted: Final = plan.kinds
        self._plan: Final = msgspec.structs.replace(plan, kinds=kinds)
        self._target: Final = target
        self._clock: Final = clock
        self._tell: Final = tell
        self._stopping: Final = stopping
        self._rng: Final = random.Random(plan.seed)
        self._servers: Final = TwoServers(target.pair, target.network)
        self._weather: Final = Weather(self._servers, target.network, target.disks)
        self._thread: Final = LoopThread("torture")
        first, second = (f"127.0.0.1:{port}" for port in target.client_ports)
        self._crowd: Final = Crowd(plan, Way((first, second), trust, self._thread, clock))
        self._began_s = 0.0
        # Since when the pair is whole (None: it is not), and when it was broken last.
        self._whole_since: float | None = None
        self._broken_s = 0.0
        # Servers whose disk was bad since then: they may end by themselves, and which of them did.
        self._may_end: set[int] = set()
        self._ended: set[int] = set()
        self._untold_gaps: list[Fault] = []

    def carry_out(self) -> Report:
        """Do it all. Raises RunStoppedError, RunFailedError, FolderError (a server did not start)."""
        for line in left_out_lines(self._target.left_out):
            self._tell(line)
        if not self._plan.kinds:
            raise RunFailedError(_("this machine can do none of these faults"))
        since_index = max(map(last_index, self._target.archives))
        self._thread.start()
        # Whatever fails, and should one of these fail: no server outlives the run.
        with contextlib.ExitStack() as stack:
            for stop in (self._servers.stop, self._thread.stop, self._crowd.stop, self._weather.clear):
                stack.callback(stop)
            self._servers.start()
            self._come_together()
            self._break_and_mend()
            self._wait_for_answers()
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

    def _break_and_mend(self) -> None:
        waiting = plan_faults(self._plan)
        end_s = self._began_s + self._plan.seconds
        while waiting or not self._weather.is_clear or self._clock.monotonic_s() < end_s:
            self._look()
            if waiting and self._is_due(waiting[0]):
                fault = self._do(waiting.pop(0))
                end_s = max(end_s, fault.at_s + fault.lasts_s + WINDOW_S)

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
        verdict = judge(history, archives)
        rows = fault_rows(history, archives, since_index, self._plan.kinds)
        report = make_report(history, verdict, rows, self._target.left_out, self._wanted)
        for line in summary_lines(self._plan, report, verdict, archives):
            self._tell(line)
        return report

    # --- faults

    def _is_due(self, planned: PlannedFault) -> bool:
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

    def _do(self, planned: PlannedFault) -> Fault:
        running = self._servers.running
        wanted = "leader" if planned.is_for_leader else "follower"
        roles = {place: self._crowd.role_of(NAMES[place]) for place in running}
        fitting = [place for place in running if roles[place] == wanted]
        place = self._rng.choice(fitting or running)
        now = self._clock.monotonic_s()
        fault = Fault(
            number=len(self._crowd.history.faults) + 1,
            kind=planned.kind,
            at_s=now,
            at_ms=self._clock.wall_ms(),
            lasts_s=planned.lasts_s,
            server=NAMES[place],
            role=roles[place],
        )
        self._crowd.history.faults.append(fault)
        self._untold_gaps.append(fault)
        self._weather.begin(planned, place, now)
        if planned.kind in OF_DISK:
            self._may_end.add(place)
        self._whole_since, self._broken_s = None, now + planned.lasts_s
        text = _("{kind} {number}: server {name}, {role}, {what}")
        self._say(
            text.format(
                kind=fault.kind,
                number=fault.number,
                name=fault.server,
                role=role_words(fault.role),
                what=fault_words(planned),
            )
        )
        return fault

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
        self._weather.look(now)
        self._see_ends()
        for problem in self._crowd.problems:
            raise RunFailedError(problem)
        self._see_pair(now)
        while self._untold_gaps and now > self._gap_end_s(self._untold_gaps[0]):
            self._tell_gap(self._untold_gaps.pop(0))

    def _see_ends(self) -> None:
        """A server whose disk failed ends, as it should, and is started again when the disk is well."""
        for end in self._servers.look():
            is_due = end.is_spoken and end.place in self._may_end
            self._say(end.text if is_due else f"! {end.text}")
            if is_due:
                self._ended.add(end.place)
            else:
                raise RunFailedError(end.text)
        for place in [place for place in self._ended if not self._weather.is_bad_disk(place)]:
            self._ended.discard(place)
            self._servers.start_again(place)

    def _see_pair(self, now: float) -> None:
        is_calm = self._weather.is_clear and len(self._servers.running) == len(NAMES)
        if not (is_calm and self._crowd.is_pair_dual and self._crowd.is_flowing):
            self._whole_since = None
        elif self._whole_since is None:
            self._whole_since = now
            self._may_end.clear()
            if self._broken_s:
                text = _("both servers are one pair again after {time_s} s")
                self._say(text.format(time_s=f"{max(now - self._broken_s, 0.0):.1f}"))
                self._crowd.come_home()

    def _gap_end_s(self, fault: Fault) -> float:
        return fault.at_s + fault.lasts_s + WINDOW_S

    def _tell_gap(self, fault: Fault) -> None:
        faults = self._crowd.history.faults
        later = faults[fault.number].at_s if fault.number < len(faults) else None
        gap = gap_of(fault, self._crowd.history.senders, later)
        self._say(
            _("{kind} {number} ({role}): gap {gap} ms, {sender}").format(
                kind=fault.kind,
                number=fault.number,
                role=role_words(fault.role),
                gap=f"{gap.seconds * 1000:.0f}",
                sender=gap.sender,
            )
        )

    def _say(self, text: str) -> None:
        after_s = self._clock.monotonic_s() - self._began_s if self._began_s else 0.0
        self._tell(f"{after_s:6.1f} s  {text}")


def _failed(text: str) -> RunFailedError:
    return RunFailedError(_(text).format(limit_s=f"{_PATIENCE_S:g}"))
