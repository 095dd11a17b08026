"""Where the embedded servers put their sockets: a short path without blanks that nobody else can enter."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path

from events_app.supervisor.errors import FolderError

MAX_SOCKET_BYTES = 100  # the kernel takes 107 (macOS 103), and PostgreSQL adds its own file name
LONGEST_SOCKET_NAME = len("/.s.PGSQL.5432")
PLAIN_PATH = re.compile(r"[A-Za-z0-9._/-]+")


def socket_folder(data_dir: Path, name: str, owner: int) -> Path:
    """Make (or find) the folder for a server's socket, mode 0700, owned by user id `owner`.

    Raises `FolderError` if it exists and is not ours alone.
    """
    folder = socket_place(data_dir, name)
    folder.mkdir(mode=0o700, exist_ok=True)
    _claim(folder, owner)
    return folder


def socket_place(data_dir: Path, name: str) -> Path:
    """In the data directory where that path is short and plain enough, else under the temporary directory.

    Addresses carry it unquoted, because arq's and others' readers of addresses do not unquote.
    """
    folder = data_dir / f"{name}-socket"
    if fits(folder):
        return folder
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return _plain_temporary_folder() / f"clustertreff-{os.geteuid()}-{digest}-{name}"


def fits(folder: Path) -> bool:
    text = str(folder)
    return len(os.fsencode(folder)) + LONGEST_SOCKET_NAME <= MAX_SOCKET_BYTES and bool(PLAIN_PATH.fullmatch(text))


def _plain_temporary_folder() -> Path:
    chosen = Path(tempfile.gettempdir())
    return chosen if fits(chosen / ("x" * 50)) else Path("/tmp")  # noqa: S108 - made below with 0700 and checked


def _claim(folder: Path, owner: int) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner, os.geteuid()}:
        raise FolderError(f"{folder} is not ours; remove it")
    if found.st_uid != owner:
        os.chown(folder, owner, -1, follow_symlinks=False)
    if stat.S_IMODE(found.st_mode) != stat.S_IRWXU:
        folder.chmod(stat.S_IRWXU)
