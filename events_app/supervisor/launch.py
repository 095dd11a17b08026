"""The last step before a child's own program: `python -I -S launch.py PARENT SIGNAL WAY UID GID PROGRAM ARGUMENT…`.

Runs alone, with the standard library only. It gives up root where that is asked for, makes the kernel send SIGNAL
when the parent dies, puts the signals back to their defaults and becomes PROGRAM, keeping the process id. Doing this
in a fresh process rather than between fork and exec keeps it safe in a parent that has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522
CLONE_NEWUSER = 0x10000000


def _call(name: str, *arguments: object) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _as_is(_uid: int, _gid: int) -> None:
    """Stay who we are."""


def _become_user(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _enter_namespace(uid: int, gid: int) -> None:
    """Be an ordinary user inside, still root's id for the files outside, without any of root's capabilities."""
    _call("unshare", CLONE_NEWUSER)
    for name, line in (("setgroups", "deny"), ("uid_map", f"{uid} 0 1"), ("gid_map", f"{gid} 0 1")):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - pathlib would double this process's start time
            file.write(line)


def _become_user_that_reaches_all(uid: int, gid: int) -> None:
    """Be an ordinary user who keeps one of root's rights: to pass through folders closed to others."""
    _call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    _become_user(uid, gid)
    mask = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)  # effective, permitted, inheritable; low and high half
    _call("capset", header, sets)
    _call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


WAYS = {
    "as-is": _as_is,
    "user": _become_user,
    "namespace": _enter_namespace,
    "capability": _become_user_that_reaches_all,
}


def _end_with(parent: int, number: int) -> None:
    """Have the kernel signal us when the parent goes (after the last change of user, which would undo it)."""
    if not sys.platform.startswith("linux"):
        return
    _call("prctl", PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # it went before we asked
        sys.exit(1)


def _default_signals() -> None:
    """Undo what a shell's `&`, `nohup` or Python left ignored or blocked: our children live by their signals."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def main() -> None:
    parent, number, way, uid, gid = sys.argv[1:6]
    _default_signals()
    WAYS[way](int(uid), int(gid))
    _end_with(int(parent), int(number))
    os.execv(sys.argv[6], sys.argv[6:])  # noqa: S606 - becoming the program is the point; no shell is wanted


if __name__ == "__main__":
    main()
