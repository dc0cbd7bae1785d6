"""The link for files: when a file has to be on the other disk as well."""

import asyncio
import itertools
from types import SimpleNamespace
from typing import cast

import pytest

from server.cluster.file_link import FileLink
from server.cluster.peer_channel import PeerIdentity
from server.names.addresses import Address
from server.sessions.file_store import FileStore
from server.sessions.hub import Hub

KEY = ("anna", "0" * 64)


@pytest.mark.parametrize(
    ("mode", "is_strict", "is_alone_enough"),
    [("solo", False, True), ("waiting", False, True), ("dual", False, False), ("waiting", True, False)],
)
def test_without_the_other_server_a_file_is_enough_only_where_a_message_is(
    mode: str, *, is_strict: bool, is_alone_enough: bool
) -> None:
    hub = cast(Hub, SimpleNamespace(mode=mode, now=itertools.count().__next__))
    identity = PeerIdentity("chat", "a", "b", b"secret")
    files = cast(FileStore, SimpleNamespace())
    link = FileLink(identity, Address("127.0.0.1", 1), None, hub, files, is_strict=is_strict)
    assert asyncio.run(link.copied(KEY, 5, 0.5)) == is_alone_enough
