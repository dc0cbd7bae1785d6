"""What is told of the connection: nothing that the next sentence takes back."""

import pytest

from server.client.notices import Disconnected, ServersChanged, SignInRefused
from server.protocol.facts import ServerFacts
from server.terminal.facts import ConnectionFacts
from server.terminal.telling import Telling


@pytest.mark.parametrize("code", ["device_revoked", "account_disabled"])
def test_who_was_sent_away_for_good_is_not_told_of_another_try(code: str) -> None:
    telling = Telling()
    assert telling.sentence(Disconnected(retry_in_s=0.5, code=code)) == ""
    assert "does not let you in" in telling.sentence(SignInRefused(code=code))
    assert "trying again by itself" in Telling().sentence(Disconnected(retry_in_s=0.5, code="lost"))


def test_of_servers_that_do_not_answer_no_state_is_shown() -> None:
    facts = ConnectionFacts(server="a", address="a:1")
    servers = [ServerFacts(name="a", address="a:1", role="leader")]
    facts.note(ServersChanged(servers=servers, mode="solo"))
    assert any("a ● leader" in line for line in facts.lines(0))
    facts.note(Disconnected(retry_in_s=0.5, code="lost"))
    assert not any("leader" in line for line in facts.lines(0))
