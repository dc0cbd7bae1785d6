"""The last words of a server that ends by itself say what happened and what to do."""

import errno
from pathlib import Path

import pytest

from server.archive.disk import DamagedDiskError, DiskError, DiskFullError
from server.commands.last_words import failure_sentence

DATA = Path("/srv/chat")


@pytest.mark.parametrize("error", [DiskFullError("x"), OSError(errno.ENOSPC, "no space")])
def test_a_full_disk_says_where_to_make_room(error: Exception) -> None:
    text = failure_sentence(error, DATA, has_peer=True)
    assert "the disk of /srv/chat is full" in text
    assert "Make room there, and start it again. The other server goes on meanwhile." in text


def test_alone_nobody_is_said_to_go_on() -> None:
    text = failure_sentence(DiskFullError("x"), DATA, has_peer=False)
    assert text.endswith("Nobody is served until then.")


@pytest.mark.parametrize("error", [DiskError("a sync failed"), OSError(errno.EIO, "input/output error")])
def test_a_disk_that_fails_is_to_be_looked_after(error: Exception) -> None:
    text = failure_sentence(error, DATA, has_peer=True)
    assert "failed" in text
    assert "Look after that disk" in text


def test_a_damage_is_mended_by_itself_and_a_mistake_is_to_be_reported() -> None:
    assert "mended at the next start" in failure_sentence(DamagedDiskError("x"), DATA, has_peer=True)
    assert "report the mistake" in failure_sentence(KeyError("x"), DATA, has_peer=True)
