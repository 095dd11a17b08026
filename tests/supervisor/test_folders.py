from __future__ import annotations

import os
from pathlib import Path

import pytest

from events_app.supervisor.errors import FolderError
from events_app.supervisor.folders import fits, socket_folder


@pytest.mark.parametrize("name", ["data", "with a blank", "comma,quote'", "Größe", "long" * 30, "per%20cent"])
def test_socket_path_is_short_and_plain_whatever_the_data_dir_is(name: str, tmp_path: Path) -> None:
    data_dir = tmp_path / name
    data_dir.mkdir()
    folder = socket_folder(data_dir, "postgres", os.geteuid())
    assert fits(folder)
    assert len(os.fsencode(folder / ".s.PGSQL.5432")) < 107
    assert folder.stat().st_mode & 0o777 == 0o700
    assert folder == socket_folder(data_dir, "postgres", os.geteuid())
    folder.rmdir()


def test_two_data_dirs_have_two_folders(tmp_path: Path) -> None:
    first, second = tmp_path / "a b", tmp_path / "a  b"
    first.mkdir()
    second.mkdir()
    made = [socket_folder(each, "valkey", os.geteuid()) for each in (first, second)]
    assert made[0] != made[1]
    for folder in made:
        folder.rmdir()


def test_folder_that_others_could_enter_is_closed(tmp_path: Path) -> None:
    (tmp_path / "valkey-socket").mkdir(mode=0o777)
    assert socket_folder(tmp_path, "valkey", os.geteuid()).stat().st_mode & 0o777 == 0o700


def test_link_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "valkey-socket").symlink_to(elsewhere)
    with pytest.raises(FolderError, match="is not ours"):
        socket_folder(tmp_path, "valkey", os.geteuid())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another's folder")
def test_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "valkey-socket").mkdir()
    os.chown(tmp_path / "valkey-socket", 4711, -1)
    with pytest.raises(FolderError, match="is not ours"):
        socket_folder(tmp_path, "valkey", os.geteuid())
