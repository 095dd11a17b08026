"""The supervisor itself is killed with -9: nothing may live on, nothing committed may be lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess

import asyncpg
import pytest
from redis import Redis
from redis.exceptions import RedisError

from events_app.supervisor.process import launch_argv
from tests.supervisor.helpers import Tree, eventually, folder, processes_in, query, tree

BROKEN = (OSError, RedisError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
CHILD = "import sys, time; sys.stdout.write('child is here\\n'); time.sleep(600)"


@pytest.mark.parametrize(("name", "mode"), [("data", 0o755), ("my data", 0o700)])
def test_killed_supervisor_leaves_no_orphan_and_loses_nothing(name: str, mode: int) -> None:
    with folder(name=name, mode=mode) as data_dir:
        with tree(data_dir, CHILD, CHILD) as up, Redis.from_url(up.queue_url) as redis:
            up.said("child is here")
            up.said("child is here")
            committed = asyncio.run(_insert_until_killed(up))
            redis.close()
            eventually(lambda: not processes_in(data_dir))
        with tree(data_dir) as up, Redis.from_url(up.queue_url) as redis:
            kept = query(up.dsn, "SELECT count(*) FROM kept")
            assert isinstance(kept, int)
            assert committed <= kept <= committed + 1
            assert int(redis.get("jobs") or 0) >= committed


async def _insert_until_killed(up: Tree) -> int:
    """Commit rows and queue jobs one by one, kill the supervisor meanwhile; gives how many were told to be done."""
    connection = await asyncpg.connect(up.dsn)
    await connection.execute("CREATE TABLE kept (n int)")
    killing = asyncio.get_running_loop().call_later(0.5, up.process.send_signal, signal.SIGKILL)
    done = 0
    with Redis.from_url(up.queue_url) as redis:
        try:
            while True:
                redis.incr("jobs")
                await connection.execute("INSERT INTO kept VALUES ($1)", done)
                done += 1
        except BROKEN:
            pass
    killing.cancel()
    connection.terminate()
    return done


def test_next_start_waits_for_the_former_servers_to_be_gone() -> None:
    with folder() as data_dir:
        for starts in range(3):
            with tree(data_dir) as up:
                before = query(up.dsn, "CREATE TABLE IF NOT EXISTS kept (n int)", "SELECT count(*) FROM kept")
                assert before == starts
                query(up.dsn, "INSERT INTO kept VALUES (1) RETURNING n")
                up.process.kill()  # and at once, with no pause, the next


def test_child_whose_parent_is_gone_before_it_looks_does_not_begin() -> None:
    """The kernel tells of a parent's death only from when it is asked to: before that the child must look itself."""
    gone = launch_argv(["/bin/echo", "began"], signal.SIGTERM)
    gone[gone.index(str(os.getpid()))] = "4194304"  # no process has this id
    done = subprocess.run(gone, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 1)
