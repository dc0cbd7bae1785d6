"""Tests of server/accounts/certificate_files.py: what was kept comes back, and only its owner reads it."""

import stat
from pathlib import Path

import pytest

from server.accounts.certificate_files import (
    AUTHORITY_FILE,
    SERVER_FILE,
    load_authority,
    load_identity,
    save_authority,
    save_identity,
)
from server.accounts.certificates import CertificateError, make_authority, make_server_identity

NOW_MS = 1_700_000_000_000
AUTHORITY = make_authority("test", NOW_MS)
IDENTITY = make_server_identity(AUTHORITY, "a", [], NOW_MS)


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "keys"
    save_authority(folder, AUTHORITY)
    save_identity(folder, IDENTITY)
    assert load_authority(folder) == AUTHORITY
    assert load_identity(folder) == IDENTITY


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    save_authority(folder, AUTHORITY)
    save_identity(folder, IDENTITY)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in (AUTHORITY_FILE, SERVER_FILE):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_nothing_kept_is_none(tmp_path: Path) -> None:
    assert load_authority(tmp_path) is None
    assert load_identity(tmp_path / "missing") is None


def test_a_second_save_replaces_the_first_and_a_torn_one_is_no_obstacle(tmp_path: Path) -> None:
    save_identity(tmp_path, IDENTITY)
    (tmp_path / "server.new").write_bytes(b"what a crash left")
    second = make_server_identity(AUTHORITY, "b", [], NOW_MS)
    save_identity(tmp_path, second)
    assert load_identity(tmp_path) == second
    assert [path.name for path in tmp_path.iterdir()] == [SERVER_FILE]


@pytest.mark.parametrize("cut", [0, 1, 100, 300, 700])
def test_a_damaged_file_is_said(tmp_path: Path, cut: int) -> None:
    save_authority(tmp_path, AUTHORITY)
    path = tmp_path / AUTHORITY_FILE
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(CertificateError, match="damaged"):
        load_authority(tmp_path)
