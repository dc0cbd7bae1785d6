"""The watch over tests is itself watched: what must fail a test does fail it."""

import os
import random
import tkinter
from pathlib import Path

import pytest

from tests.conftest import SEED, stage_of
from tests.waiting import DeadlineError, wait_until

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def watched(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An inner project under the same watch."""
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    pytester.makeini("[pytest]\naddopts = -p tests.conftest")
    return pytester


def test_a_thread_that_outlives_its_test_fails_it(watched: pytest.Pytester) -> None:
    watched.makeconftest("import tests.conftest\ntests.conftest.THREADS_END_WITHIN_S = 0.05")
    watched.makepyfile(
        """
        import threading

        def test_leaks():
            never = threading.Event()
            threading.Thread(target=never.wait, name="left-behind", daemon=True).start()
        """
    )
    result = watched.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*threads outlived the test: ?'left-behind'?"])


def test_a_process_that_outlives_its_test_fails_it_and_is_ended(watched: pytest.Pytester) -> None:
    # Whoever reads what it writes would read for ever, and the run would never end.
    watched.makepyfile(
        """
        import subprocess
        import sys
        import threading

        def test_leaks():
            words = [sys.executable, "-c", "import time; time.sleep(600)", "left-behind"]
            process = subprocess.Popen(words, stdout=subprocess.PIPE)
            threading.Thread(target=process.stdout.read).start()
            test_leaks.process = process
            assert False

        def test_next():
            assert test_leaks.process.wait() == -9
            test_leaks.process.stdout.close()
        """
    )
    result = watched.runpytest_subprocess()
    result.assert_outcomes(failed=1, passed=1, errors=1)
    result.stdout.fnmatch_lines(["*processes outlived the test: *left-behind'?"])


def test_an_error_log_that_nobody_announced_fails_its_test(watched: pytest.Pytester) -> None:
    watched.makepyfile('import logging\ndef test_logs(): logging.getLogger("disk").error("no space left")')
    result = watched.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*disk: no space left*"])


def test_an_announced_error_log_must_come(watched: pytest.Pytester) -> None:
    watched.makepyfile(
        """
        import logging
        import pytest

        @pytest.mark.expected_errors("no space")
        def test_comes():
            logging.getLogger("disk").error("no space left")

        @pytest.mark.expected_errors("no space")
        def test_stays_away():
            pass
        """
    )
    result = watched.runpytest_subprocess()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*announced as ERROR logs and never logged: ?'no space'?*"])


def test_a_failed_test_that_drew_numbers_prints_the_seed(
    watched: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKTOP_CHAT_SEED", "42")
    watched.makepyfile("def test_draws(rng): assert rng.random() > 1")
    result = watched.runpytest_subprocess()
    result.stdout.fnmatch_lines(["run again with DESKTOP_CHAT_SEED=42"])


def test_one_test_draws_the_same_numbers_from_the_same_seed(
    rng: random.Random, request: pytest.FixtureRequest
) -> None:
    assert rng.random() == random.Random(f"{SEED}:{request.node.nodeid}").random()


def test_waiting_ends_with_the_answer_or_with_words() -> None:
    answers = iter([0, 0, 7])
    assert wait_until(lambda: next(answers)) == 7
    with pytest.raises(DeadlineError, match="not within 0 s: rain; the last answer was False"):
        wait_until(lambda: False, 0, what="rain")


def test_waiting_pumps_between_its_tries() -> None:
    pumped: list[int] = []
    wait_until(lambda: len(pumped) == 3, pump=lambda: pumped.append(1))
    assert len(pumped) == 3


def test_stages_come_from_paths() -> None:
    tests = PROJECT / "tests"
    assert stage_of(tests / "test_tidy.py") == "lint and house rules"
    assert stage_of(tests / "protocol" / "test_frames.py") == "pure rooms"
    assert stage_of(tests / "end_to_end" / "test_packaged_app.py") == "package"
    assert stage_of(tests / "windows" / "test_main_window.py") == "windows under Xvfb"


def test_the_person_s_own_folders_are_out_of_reach(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert Path(os.environ["XDG_DATA_HOME"]).is_relative_to(tmp_path_factory.getbasetemp())


def test_the_display_answers(display: str) -> None:
    root = tkinter.Tk()
    assert root.winfo_screenwidth() == 1280
    root.destroy()
    assert os.environ["DISPLAY"] == display
