"""Floods: guesses, messages, questions and connections, more than anybody needs; everybody else is served."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from server.protocol import limits
from tests.commands.bad_clients import RawClient, device_of
from tests.conformance.server_under_test import Honest, ServerUnderTest, checked

PASSWORD = "a lamp that hums in B flat"


def guess(server: ServerUnderTest, number: int, name: str = "Guarded") -> dict[str, Any]:
    """Signing in on a new computer with a password that is wrong."""
    with RawClient(server.port) as client:
        client.hello()
        device = f"{number:032x}"
        return client.ask(
            request="sign_in",
            id=2,
            name=name,
            device=device,
            secret="ab" * 32,
            password=f"guess {number:012}",
        )


def test_who_guesses_passwords_has_to_wait_and_those_who_are_known_come_in(
    server: ServerUnderTest, honest: Honest
) -> None:
    with RawClient(server.port) as owner:
        owner.hello()
        own = {"name": "Guarded", "device": device_of("Guarded"), "secret": "cd" * 32}
        signed_in = owner.ask(request="sign_in", id=2, register=True, password=PASSWORD, **own)
        assert signed_in["event"] == "signed_in"
    with ThreadPoolExecutor(8) as pool:
        codes = [checked(event) for event in pool.map(lambda number: guess(server, number), range(1, 41))]
    assert set(codes) <= {"wrong_password", "too_many_tries", "busy"}
    assert codes.count("wrong_password") <= 6
    assert "too_many_tries" in codes
    # The owner's device shows a secret, and no password.
    with RawClient(server.port) as owner:
        assert owner.sign_in("Guarded")["event"] == "signed_in"
    honest.is_served()


def test_who_writes_too_fast_is_slowed_down_and_refused_nothing(
    server: ServerUnderTest, honest: Honest
) -> None:
    count = int(limits.SEND_BURST) + 5
    with RawClient(server.port) as client:
        client.sign_in("Hasty")
        lines = [
            b'{"request":"send","id":%d,"counter":%d,"room":"general","text":"x","time_ms":1}\n'
            % (100 + number, number)
            for number in range(1, count + 1)
        ]
        client.send(b"".join(lines))
        answers = [
            client.read_until(lambda event: event.get("answer", 0) >= 100)["event"] for _ in range(count)
        ]
    assert answers == ["stored"] * count
    honest.is_served()


def test_who_asks_without_end_is_answered_in_order(server: ServerUnderTest, honest: Honest) -> None:
    with RawClient(server.port) as client:
        client.sign_in("Curious")
        client.send(
            b"".join(
                b'{"request":"history","id":%d,"room":"general","limit":200}\n' % n for n in range(100, 300)
            )
        )
        answers = [
            client.read_until(lambda event: event.get("answer", 0) >= 100)["answer"] for _ in range(200)
        ]
    assert sorted(answers) == list(range(100, 300))
    honest.is_served()


def test_many_who_begin_files_and_leave_them_disturb_nobody(server: ServerUnderTest, honest: Honest) -> None:
    codes = set()
    with RawClient(server.port) as client:
        client.sign_in("Hoarder")
        for number in range(100, 130):
            event = client.ask(
                request="begin_upload", id=number, sha256=f"{number:064x}", size=limits.FILE_BYTES_MAX
            )
            codes.add(checked(event))
    assert codes <= {"upload_state", "too_many_uploads", "quota_exceeded", "disk_full"}
    honest.is_served()
