"""Rivals from Debian: what is sent to them, and what is said when they are not there."""

import pytest

from benchmarks.packaged import PACKAGED, mqtt_greeting, mqtt_message, mqtt_packet, started
from benchmarks.rival import MARKER, TEXT, MissingRivalError


def test_the_marker_is_in_every_message_once() -> None:
    for rival in PACKAGED:
        assert rival.message(1).count(MARKER) == 1
        assert TEXT.encode() in rival.message(1)


def test_mqtt_packets_carry_their_length() -> None:
    assert mqtt_packet(0x30, b"x" * 127)[:2] == b"\x30\x7f"
    assert mqtt_packet(0x30, b"x" * 300)[:3] == b"\x30\xac\x02"
    assert mqtt_message(1)[:2] == bytes([0x30, 2 + len("general") + 100])


def test_the_mqtt_sender_does_not_listen_to_the_room() -> None:
    assert b"general" not in mqtt_greeting(0)
    assert b"general" in mqtt_greeting(1)


def test_a_server_that_is_not_installed_is_missing_in_words() -> None:
    with (
        pytest.raises(MissingRivalError, match="no-such-server is missing"),
        started("no-such-server", "", lambda program, _path: [program]),
    ):
        pass
