"""The slow attacks, twenty seconds each, each on a server of its own: an honest client goes on."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from server.open_files import raise_file_limit
from tests.commands.programs import Program
from tests.conformance.server_under_test import Honest, ServerUnderTest
from tests.end_to_end.attacks import ATTACKS, Attack, Tally
from tests.end_to_end.people import People
from tests.waiting import DEADLINE_S, PAUSE_S

# At least; and on a machine so slow that it was no attack yet, until it was one.
ATTACK_S = 20.0
# What a person may write without being slowed down, in this time; a fifth of it must come through.
ANSWERS_MIN = 20


def attacked(attack: Attack, tally: Tally, data: Path, people: People) -> str:
    """What went wrong with a server under this attack ("": nothing)."""
    # Without the throttle, so that those who do not read are written more than any buffer holds.
    options = ["--listen", "127.0.0.1:0", "--open", "--users-max", "1000", "--send-rate-per-s", "0"]
    with Program("serve", "--open", "--data", data, *options) as program:
        server = ServerUnderTest(program, data)
        honest = Honest(people, server.link)
        stopping = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            began = time.monotonic()
            attacking = pool.submit(attack, server.port, stopping, tally)
            stopping.wait(ATTACK_S)
            while not (tally.is_full or attacking.done() or time.monotonic() - began > ATTACK_S + DEADLINE_S):
                stopping.wait(PAUSE_S)
            answers, took_s = honest.answers, time.monotonic() - began
            stopping.set()
            attacking.result()
        honest.check_end()
        server.check_end()
    if not tally.is_full:
        return f"{tally} in {took_s:.0f} s: this was no attack"
    return "" if answers >= ANSWERS_MIN else f"{tally}: only {answers} answers during it"


def test_an_honest_client_is_served_during_every_slow_attack(tmp_path: Path, people: People) -> None:
    raise_file_limit(4_000)
    with ThreadPoolExecutor(len(ATTACKS)) as pool:
        running = [
            pool.submit(attacked, attack, Tally(*wanted), tmp_path / str(number), people)
            for number, (attack, wanted) in enumerate(ATTACKS.items())
        ]
        wrong = [problem for problem in (one.result() for one in running) if problem]
    assert not wrong, "\n".join(wrong)
