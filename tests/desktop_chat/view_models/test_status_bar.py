"""The status bar, the banner, the header and the details in words."""

import msgspec
import pytest

from desktop_chat.i18n.translation import use_language
from desktop_chat.view_models.banner import Notice, build_banner
from desktop_chat.view_models.connection import ConnectionState
from desktop_chat.view_models.header import build_header
from desktop_chat.view_models.server_details import build_server_details
from desktop_chat.view_models.status_bar import ServerDot, build_status_bar
from server.protocol.facts import ServerFacts

BOTH_UP = (ServerFacts("a", "10.0.0.1:7000", "leader"), ServerFacts("b", "10.0.0.2:7000", "follower"))
B_AWAY = (BOTH_UP[0], ServerFacts("b", "10.0.0.2:7000", "away"))
CONNECTED = ConnectionState(
    is_connected=True,
    server="a",
    address="10.0.0.1:7000",
    servers=BOTH_UP,
    mode="dual",
    number=1204,
    archive_number=1204,
    latency_ms=12.4,
    latency_server="a",
    members=14,
    online=6,
)


def changed(**fields: object) -> ConnectionState:
    return msgspec.structs.replace(CONNECTED, **fields)


@pytest.fixture(autouse=True)
def in_english() -> None:
    use_language("en")


def test_connected_to_a_pair() -> None:
    bar = build_status_bar(CONNECTED)
    assert bar.mood == "good"
    assert bar.connection == "Server A · leader · 12 ms"
    assert bar.archive == "1,204 of 1,204"
    assert bar.servers == (ServerDot("A", True), ServerDot("B", True))
    assert bar.pair == ""
    assert "both servers" in bar.servers_words


def test_the_latency_of_another_server_is_not_shown() -> None:
    assert build_status_bar(changed(latency_server="b")).connection == "Server A · leader"


def test_one_server_is_away() -> None:
    bar = build_status_bar(changed(servers=B_AWAY, mode="solo"))
    assert bar.mood == "warning"
    assert bar.servers == (ServerDot("A", True), ServerDot("B", False))
    assert bar.pair == "running on one server"


def test_a_server_that_stores_nothing_alone_is_shown_as_waiting() -> None:
    servers = (ServerFacts("a", "a:1", "recovering"), ServerFacts("b", "b:1", "away"))
    bar = build_status_bar(changed(servers=servers, mode="waiting"))
    assert (bar.mood, bar.pair) == ("warning", "waiting for the other server")
    assert "nothing is stored on one alone" in bar.servers_words


def test_not_connected_nothing_is_said_about_the_servers() -> None:
    bar = build_status_bar(changed(is_connected=False, retry_at_s=5.0, waiting_count=2))
    assert bar.mood == "bad"
    assert bar.connection == "Not connected · 2 messages wait"
    assert bar.servers == (ServerDot("A", None), ServerDot("B", None))
    assert bar.pair == ""


def test_before_the_first_connection_it_says_that_it_connects() -> None:
    bar = build_status_bar(ConnectionState())
    assert (bar.mood, bar.connection, bar.archive) == ("warning", "Connecting…", "")


def test_behind_the_archive_is_told_in_words() -> None:
    bar = build_status_bar(changed(number=1000))
    assert bar.archive == "1,000 of 1,204"
    assert "1,000" in bar.archive_words


def test_numbers_follow_the_language() -> None:
    use_language("it")
    assert build_status_bar(CONNECTED).archive.startswith("1.204 ")


def test_the_banner_counts_down() -> None:
    away = changed(is_connected=False, retry_at_s=104.2)
    banner = build_banner(away, None, 100.0)
    assert banner is not None
    assert "in 5 seconds" in banner.text
    assert (banner.action, banner.action_label) == ("reconnect", "Reconnect now")
    last = build_banner(away, None, 103.5)
    assert last is not None
    assert "in 1 second." in last.text
    now = build_banner(away, None, 110.0)
    assert now is not None
    assert now.text == "No server answers. Trying again…"


def test_no_banner_without_a_reason() -> None:
    assert build_banner(CONNECTED, None, 0.0) is None
    assert build_banner(ConnectionState(), None, 0.0) is None


def test_a_notice_is_shown_until_it_is_closed() -> None:
    banner = build_banner(CONNECTED, Notice("Too long."), 0.0)
    assert banner is not None
    assert (banner.text, banner.action) == ("Too long.", "dismiss")


def test_a_refused_name_offers_another_one() -> None:
    banner = build_banner(ConnectionState(refusal="No.", is_name_refused=True), None, 0.0)
    assert banner is not None
    assert banner.action == "rename"


def test_the_header_counts_people() -> None:
    assert build_header("general", CONNECTED).subtitle == "14 members · 6 online"
    assert build_header("general", changed(members=1)).subtitle == "1 member · 6 online"
    assert build_header("general", changed(is_connected=False)).subtitle == "14 members"
    assert build_header("general", ConnectionState()).subtitle == "Everybody in this chat"


def test_the_details_name_both_servers_and_their_addresses() -> None:
    texts = [row.text for row in build_server_details(changed(standby="b")).rows]
    assert "Server A at 10.0.0.1:7000" in texts
    assert "leader · 10.0.0.1:7000" in texts
    assert "follower · 10.0.0.2:7000" in texts
    assert "Every message is stored on both servers." in texts
    assert "Server B takes over at once." in texts
