"""Servers under load are ended when their block is left, whatever they do."""

import subprocess
import sys

import pytest

from benchmarks import rival

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""


def test_a_server_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rival, "ENDS_WITHIN_S", 0.1)
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE)
    with rival.ended_after(process):
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    assert process.returncode == -9
