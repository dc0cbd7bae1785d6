"""What every test gets: an own display, a printed seed, a watch over threads, processes and error logs.

A test fails when it leaves a thread or a process running (which is ended, so that nothing hangs for it), or
when something is logged as ERROR that it did not expect.
What is expected is said at the test: `@pytest.mark.expected_errors("part of the message")`.
"""

import contextlib
import logging
import os
import random
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import psutil
import pytest
from xdist.scheduler import LoadFileScheduling

from tests.display import own_display
from tests.waiting import DeadlineError, wait_until

pytest_plugins = ["pytester"]

# The same for everybody: a change is judged by what it changed. `make campaign` draws new ones.
SEED = int(os.environ.get("DESKTOP_CHAT_SEED") or 20_261_121)
# A thread that ends may first have to close what it has, on a machine that does other things.
THREADS_END_WITHIN_S = 20.0
_TRACKER = "multiprocessing.resource_tracker"
SEED_KEY = pytest.StashKey[str]()

# The stages in which all tests run, each with the beginnings of its paths below tests/; the first that fits
# counts. What is cheap and tells most comes first, so that a mistake is seen early.
STAGES = (
    ("lint and house rules", ("test_lint", "test_architecture", "test_tidy", "test_conftest")),
    ("package", ("end_to_end/test_packaged_app",)),
    ("documents", ("documents/", "test_documents")),
    ("windows under Xvfb", ("windows/", "end_to_end/windows/")),
    ("real processes", ("conformance/", "end_to_end/", "torture/")),
    ("simulator", ("simulation/",)),
    ("pure rooms", ("",)),
)
ORDER = (
    "lint and house rules",
    "pure rooms",
    "simulator",
    "real processes",
    "windows under Xvfb",
    "package",
    "documents",
)

# Servers announce themselves to all that listen: these must not run beside each other.
_ON_LOCAL_NETWORK = frozenset({"tests/names/test_local_network.py", "tests/commands/test_find.py"})

# A loaded machine is not a defect: no deadline, and no complaint that examples take long to be made.
# The blob lets anybody run a found example again.
hypothesis.settings.register_profile(
    "project", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("project")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks known and keep the tests out of the person's own folders."""
    config.addinivalue_line(
        "markers", "expected_errors(*parts): ERROR logs that must come, by a part of each"
    )
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        os.environ.pop(name, None)
    # Tests read what the programs say, whatever the language of whoever runs them.
    os.environ["LANGUAGE"] = "en"


def pytest_report_header(config: pytest.Config) -> str:
    """The seed of this run stands above it."""
    return f"seed: DESKTOP_CHAT_SEED={SEED}"


def stage_of(path: Path) -> str:
    """The stage of a test file, by the table above."""
    tests = Path(__file__).parent
    place = path.relative_to(tests).as_posix() if path.is_relative_to(tests) else ""
    return next(name for name, beginnings in STAGES if place.startswith(beginnings))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the stages into their order; inside a stage nothing moves."""
    items.sort(key=lambda item: ORDER.index(stage_of(item.path)))


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # xdist ships no types
    """What one of several workers takes at once: a file, or all that would meet on the local network."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "local network" if file in _ON_LOCAL_NETWORK else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    """Share the tests out: `make test` has two workers, each with a display of its own."""
    return ByFile(config, log)


class StageReporter:
    """Prints the name of a stage above its first test."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._next = 0

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        stage = stage_of(self._config.rootpath / nodeid.partition("::")[0])
        # One of several workers may be in the stage before still.
        if ORDER.index(stage) < self._next:
            return
        self._next = ORDER.index(stage) + 1
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_sep("-", f"stage: {stage}", bold=True)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Watch for new stages, once the terminal is there to print them."""
    session.config.pluginmanager.register(StageReporter(session.config), "stage-reporter")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Print the seed below a failed test that used it."""
    report = yield
    if report.failed and SEED_KEY in item.stash:
        report.sections.append(("seed", item.stash[SEED_KEY]))
    return report


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """A random generator of this test's own; printed when the test fails."""
    request.node.stash[SEED_KEY] = f"run again with DESKTOP_CHAT_SEED={SEED}"
    return random.Random(f"{SEED}:{request.node.nodeid}")


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the programs keep for a person goes into a folder of this run, also in child processes."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
            patch.setenv(name, str(home / name.lower()))
        yield


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """The name of an own X display; DISPLAY is set to it until the session ends."""
    with own_display() as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", name)
        yield name


class ErrorWatch(logging.Handler):
    """Keeps every record of level ERROR and above."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter("%(name)s: %(message)s").format(record))


@pytest.fixture(autouse=True)
def no_unexpected_errors(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail on an ERROR log that was not announced, and on an announced one that did not come."""
    watch = ErrorWatch()
    logging.getLogger().addHandler(watch)
    yield
    logging.getLogger().removeHandler(watch)
    mark = request.node.get_closest_marker("expected_errors")
    parts: tuple[str, ...] = mark.args if mark else ()
    unexpected = [line for line in watch.lines if not any(part in line for part in parts)]
    if unexpected:
        pytest.fail("logged as ERROR:\n" + "\n".join(unexpected), pytrace=False)
    absent = [part for part in parts if not any(part in line for line in watch.lines)]
    if absent:
        pytest.fail(f"announced as ERROR logs and never logged: {absent}", pytrace=False)


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """Fail when threads that were not there before outlive the test."""
    before = set(threading.enumerate())
    yield

    def leaked() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread not in before]

    try:
        wait_until(lambda: not leaked(), THREADS_END_WITHIN_S)
    except DeadlineError:
        pytest.fail(f"threads outlived the test: {[thread.name for thread in leaked()]}", pytrace=False)


@pytest.fixture(autouse=True)
def no_leaked_processes(no_leaked_threads: None) -> Iterator[None]:
    """End the processes that were not there before and outlive the test, and fail it."""
    before = set(_children())
    yield
    found = {process: _command(process) for process in _children() if process not in before}
    # The resource tracker is the interpreter's own, one for the whole run.
    leaked = {process: command for process, command in found.items() if _TRACKER not in command}
    for process in leaked:
        _end(process)
    if leaked:
        pytest.fail(f"processes outlived the test: {list(leaked.values())}", pytrace=False)


def _children() -> list[psutil.Process]:
    """Those of this process. All processes are looked at only when there is any: it takes milliseconds."""
    if hasattr(os, "waitid"):
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return []
    return psutil.Process().children()


def _command(process: psutil.Process) -> str:
    """What it was started with."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return "one that nobody waited for"


def _end(process: psutil.Process) -> None:
    """Kill it with all that it started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for part in (*process.children(recursive=True), process):
            part.kill()
