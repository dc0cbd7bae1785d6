"""The lines that `status` shows of one server."""

import msgspec

from server.commands.status_text import status_lines
from server.protocol.events import StatusFacts

FACTS = StatusFacts(
    answer=1,
    server="A",
    cluster="c",
    role="follower",
    mode="waiting",
    epoch="1.a.n",
    archive_number=900,
    index=1_200,
    hash="00",
    users_max=100,
    alarm="refilling",
)


def test_a_server_that_is_refilled_shows_how_far_it_is() -> None:
    text = "\n".join(status_lines("a:1", FACTS, "", 5_000))
    assert "is being refilled from the other server. 1,200 of 5,000 records are here." in text


def test_without_the_other_one_it_is_not_known_how_far() -> None:
    text = "\n".join(status_lines("a:1", FACTS, "", 1_200))
    assert text.endswith("it is being refilled from the other server.")


def test_another_alarm_stands_for_itself() -> None:
    facts = msgspec.structs.replace(FACTS, alarm="slow_peer")
    assert "running on one copy." in "\n".join(status_lines("a:1", facts, "", 5_000))
