"""Which user PostgreSQL runs as: it refuses root, so root finds it an ordinary user that reaches program and data."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from events_app.supervisor.errors import ServerError
from events_app.supervisor.process import OURSELVES, Identity, launch_argv, plain_environment

NOBODY = "nobody"
PROBE_SECONDS = 10.0
REACHES = 'cd "$1" && exec "$2" --version'


def server_identity(program: Path, data_dir: Path, cluster: Path) -> Identity:
    """Who can run `program` on `data_dir`; the owner of an existing `cluster` stays its owner.

    Raises `ServerError` if nobody can.
    """
    if os.geteuid() != 0:
        return OURSELVES
    for identity in _candidates(data_dir, cluster):
        if _reaches(identity, program, data_dir):
            return identity
    raise ServerError(
        "PostgreSQL refuses to run as root, and here no ordinary user reaches its program and the data. "
        f"Run Clustertreff as an ordinary user, or set CLUSTERTREFF_DATA_DIR to a folder open to others, not {data_dir}"
    )


def _candidates(data_dir: Path, cluster: Path) -> Iterator[Identity]:
    """From the one with the fewest rights to the one with the most."""
    owner = cluster.stat().st_uid if cluster.exists() else None
    user = _user(owner or data_dir.stat().st_uid)
    if owner != 0:
        yield Identity("user", user.pw_uid, user.pw_gid)
    if not owner:
        yield Identity("namespace", user.pw_uid, user.pw_gid)
    if owner != 0:
        yield Identity("capability", user.pw_uid, user.pw_gid)


def _user(uid: int) -> pwd.struct_passwd:
    """That user if it is a known ordinary one, else the system's nobody (initdb wants a name for its user)."""
    try:
        found = pwd.getpwuid(uid)
    except KeyError:
        return pwd.getpwnam(NOBODY)
    return found if uid else pwd.getpwnam(NOBODY)


def _reaches(identity: Identity, program: Path, data_dir: Path) -> bool:
    argv = ["/bin/sh", "-c", REACHES, "sh", str(data_dir), str(program)]
    tried = subprocess.run(
        launch_argv(argv, signal.SIGKILL, identity),
        env=plain_environment(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PROBE_SECONDS,
        check=False,
    )
    return tried.returncode == 0
