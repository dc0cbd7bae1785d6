"""Labels: what a server calls people, rooms and servers, and when, cannot steer or break a screen."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec import structs

from server.client.labels import LABEL_CHARACTERS_MAX, TIME_MS_MAX, label
from server.client.notices import Arrived, Connected, RoomsChanged, ServersChanged
from server.protocol import events
from server.protocol.facts import ServerFacts
from tests.client.scripted_pair import ADDRESSES, ScriptedPair, Wire, run_of
from tests.terminal.paper import NOON_MS

EVIL = "E\x1b[2Jv\ne\u202el\u009b"
SHOWN = "E\ufffd[2Jv\ufffde\ufffdl\ufffd"


def test_names_that_are_fit_stay_as_they_are() -> None:
    assert label("Zoë O’Neill") == "Zoë O’Neill"


def test_what_steers_a_screen_is_taken_out_and_what_is_endless_is_cut() -> None:
    assert label(EVIL) == SHOWN
    assert len(label("N" * 1_000_000)) == LABEL_CHARACTERS_MAX


@pytest.mark.parametrize("time_ms", [-(2**62), 0, NOON_MS, 2**53, 2**70])
def test_every_time_that_the_app_is_told_is_in_the_calendar(time_ms: int) -> None:
    wire = Wire().connect()
    (side,) = wire.a().sides.values()
    side.tell(run_of(structs.replace(ScriptedPair().append("f" * 32, 1, "hello"), time_ms=time_ms)))
    wire.settle()
    (message,) = wire.all_of(Arrived)[-1].messages
    for hours in (-24, 24):
        zone = timezone(timedelta(hours=hours, seconds=-hours))
        assert datetime.fromtimestamp(message.time_ms / 1000, UTC).astimezone(zone).year < 10_000
    assert message.time_ms == time_ms or not 0 <= time_ms <= TIME_MS_MAX


def test_every_name_that_the_app_is_told_is_fit() -> None:
    wire = Wire().connect()
    (side,) = wire.a().sides.values()
    side.tell(run_of(structs.replace(ScriptedPair().append("f" * 32, 1, "text\n\x1b"), name=EVIL)))
    side.tell(events.RoomCreated(index=6, room="r", name=EVIL, user="u"))
    side.tell(
        events.ServersChanged(servers=[ServerFacts(name=EVIL, address=ADDRESSES["a"], role=EVIL)], mode=EVIL)
    )
    wire.settle()
    (message,) = wire.all_of(Arrived)[-1].messages
    assert (message.name, message.text) == (SHOWN, "text\n\x1b")
    assert wire.all_of(RoomsChanged)[-1].rooms[-1].name == SHOWN
    servers = wire.all_of(ServersChanged)[-1]
    assert (servers.mode, servers.servers[0].name, servers.servers[0].role) == (SHOWN,) * 3
    assert wire.all_of(Connected)[0].chat == "Chat"
