"""Secrets that take more than one connection: a device that was signed out, a proof used again."""

from typing import Any

from server.accounts.proofs import operator_proof
from server.cluster.data_folder import DataFolder
from server.sessions.status import status_proof
from tests.commands.bad_clients import RawClient, device_of
from tests.conformance.server_under_test import ServerUnderTest


def test_a_device_that_was_signed_out_for_good_is_out_with_its_right_secret(server: ServerUnderTest) -> None:
    device = device_of("Revoked")
    with RawClient(server.port) as first, RawClient(server.port) as second:
        first.sign_in("Revoked")
        second.sign_in("Revoked")
        first.send(b'{"request":"revoke_device","id":7,"counter":1,"device":"%s"}\n' % device.encode())
        # Both connections are over, whatever else was on its way.
        for client in (first, second):
            assert client.end()
    with RawClient(server.port) as third:
        third.hello()
        again = third.ask(request="sign_in", id=2, name="Revoked", device=device, secret="cd" * 32)
        assert (again["event"], again["code"]) == ("error", "device_revoked")
        assert third.end() == []


def test_a_proof_is_good_for_one_connection(server: ServerUnderTest) -> None:
    secret = bytes.fromhex(DataFolder(server.data).read().secret)
    with RawClient(server.port) as first, RawClient(server.port) as second:
        proof = status_proof(secret, first.hello()["nonce"])
        second.hello()
        told = first.ask(request="status", id=5, proof=proof)
        replayed = second.ask(request="status", id=5, proof=proof)
    assert "connections" in told
    assert set(replayed) < set(told)
    assert "connections" not in replayed


def test_the_operators_proof_is_good_for_one_connection(server: ServerUnderTest) -> None:
    secret = bytes.fromhex(DataFolder(server.data).read().secret)

    def sign_in(client: RawClient, number: int, proof: str) -> dict[str, Any]:
        shown = {"device": f"0b{number:030x}", "secret": "0b" * 32, "proof": proof}
        return client.ask(request="sign_in", id=2, name="operator", **shown)

    with RawClient(server.port) as first, RawClient(server.port) as second:
        proof = operator_proof(secret, first.hello()["nonce"])
        second.hello()
        assert sign_in(first, 1, proof)["event"] == "signed_in"
        replayed = sign_in(second, 2, proof)
    assert (replayed["event"], replayed["code"]) == ("error", "forbidden")
