"""The slow attacks, twenty seconds each, each on a server of its own: an honest client goes on."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from server.open_files import raise_file_limit
from tests.commands.programs import Program
from tests.conformance.server_under_test import Honest, ServerUnderTest
from tests.end_to_end.attacks import ATTACKS, HALF_OPEN, SLOW_READERS, SLOW_SENDERS, Attack
from tests.end_to_end.people import People

ATTACK_S = 20.0
# What a person may write without being slowed down, in this time; a fifth of it must come through.
ANSWERS_MIN = 20


def attacked(name: str, attack: Attack, data: Path, people: People) -> str:
    """What went wrong with a server under this attack ("": nothing)."""
    # Without the throttle, so that those who do not read are written more than any buffer holds.
    options = ["--listen", "127.0.0.1:0", "--open", "--users-max", "1000", "--send-rate-per-s", "0"]
    with Program("serve", "--open", "--data", data, *options) as program:
        server = ServerUnderTest(program, data)
        honest = Honest(people, server.link)
        stopping = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            attacking = pool.submit(attack, server.port, stopping)
            stopping.wait(ATTACK_S)
            answers = honest.answers
            stopping.set()
            steps = attacking.result()
        honest.check_end()
        server.check_end()
    if steps < min(SLOW_SENDERS, SLOW_READERS, HALF_OPEN):
        return f"{name}: this was no attack, only {steps} steps"
    return "" if answers >= ANSWERS_MIN else f"{name}: only {answers} answers during it"


def test_an_honest_client_is_served_during_every_slow_attack(tmp_path: Path, people: People) -> None:
    raise_file_limit(4_000)
    with ThreadPoolExecutor(len(ATTACKS)) as pool:
        running = [
            pool.submit(attacked, name, attack, tmp_path / str(number), people)
            for number, (name, attack) in enumerate(ATTACKS.items())
        ]
        wrong = [problem for problem in (one.result() for one in running) if problem]
    assert not wrong, "\n".join(wrong)
