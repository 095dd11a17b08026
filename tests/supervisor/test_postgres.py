from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from events_app.supervisor.errors import ServerError
from events_app.supervisor.identity import server_identity
from events_app.supervisor.postgres import Postgres, binaries, embedded_postgres
from events_app.supervisor.process import Identity, launch_argv
from tests.supervisor.helpers import eventually, folder, processes_in, query

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="about being root")
CREATE = ("CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('Größe') RETURNING word")
READ = "SELECT lower(word) FROM kept"
SCRIPT = """
import sys, asyncio, asyncpg
from pathlib import Path
from events_app.supervisor.postgres import embedded_postgres
async def count(dsn):
    connection = await asyncpg.connect(dsn)
    print(await connection.fetchval("SELECT count(*) FROM pg_database"))
    await connection.close()
with embedded_postgres(Path(sys.argv[1])) as dsn:
    asyncio.run(count(dsn))
"""


@pytest.mark.parametrize(
    ("name", "mode"),
    [("with a blank", 0o755), ("with a blank", 0o700), ("quote's, comma", 0o700), ("long" * 40, 0o700)],
)
def test_rows_remain_after_a_restart(name: str, mode: int) -> None:
    with folder(mode=mode, name=name) as data_dir:
        with embedded_postgres(data_dir) as dsn:
            query(dsn, *CREATE)
        with embedded_postgres(data_dir) as dsn:
            assert query(dsn, READ) == "größe"


def test_durability_is_on_by_default_and_off_where_asked() -> None:
    with folder() as data_dir:
        with embedded_postgres(data_dir) as dsn:
            assert query(dsn, "SELECT current_setting('fsync') || current_setting('synchronous_commit')") == "onon"
        with embedded_postgres(data_dir, fast=True) as dsn:
            assert query(dsn, "SELECT current_setting('fsync')") == "off"


def test_nothing_listens_on_the_network() -> None:
    with folder() as data_dir, embedded_postgres(data_dir) as dsn:
        assert query(dsn, "SELECT current_setting('listen_addresses')") == ""
        socket_dir = Path(str(query(dsn, "SELECT current_setting('unix_socket_directories')")))
        assert socket_dir.stat().st_mode & 0o777 == 0o700


@as_root
def test_root_starts_it_as_an_ordinary_user_where_that_one_reaches_all() -> None:
    with folder(mode=0o755) as data_dir, embedded_postgres(data_dir):
        assert (data_dir / "postgres").stat().st_uid == pwd.getpwnam("nobody").pw_uid


@as_root
def test_root_starts_it_in_a_closed_folder() -> None:
    with folder(mode=0o700) as data_dir, embedded_postgres(data_dir):
        assert (data_dir / "postgres").stat().st_uid == 0
        number = (data_dir / "postgres" / "postmaster.pid").read_text().split()[0]
        status = Path(f"/proc/{number}/status").read_text()
        assert "CapEff:\t0000000000000000" in status


@as_root
def test_root_still_starts_it_when_an_ordinary_users_folder_was_closed() -> None:
    with folder(mode=0o755) as data_dir:
        with embedded_postgres(data_dir) as dsn:
            query(dsn, *CREATE)
        data_dir.parent.chmod(0o700)
        assert server_identity(binaries() / "postgres", data_dir, data_dir / "postgres").way == "capability"
        with embedded_postgres(data_dir) as dsn:
            assert query(dsn, READ) == "größe"


@as_root
def test_ordinary_user_starts_it() -> None:
    """An ordinary user as in a container: another id inside, whose files are those of the caller outside."""
    nobody = pwd.getpwnam("nobody")
    identity = Identity("namespace", nobody.pw_uid, nobody.pw_gid)
    with folder(mode=0o700, name="my data") as data_dir:
        argv = launch_argv([sys.executable, "-c", SCRIPT, str(data_dir)], signal.SIGTERM, identity)
        for _ in range(2):
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            assert (done.stdout, done.returncode) == ("4\n", 0), done.stderr


def test_committed_rows_survive_a_killed_server() -> None:
    with folder() as data_dir:
        server = Postgres.at(data_dir)
        server.start()
        query(server.dsn, *CREATE)
        assert server.process.pid is not None
        os.kill(server.process.pid, signal.SIGKILL)
        eventually(lambda: not server.process.alive)
        with embedded_postgres(data_dir) as dsn:
            assert query(dsn, READ) == "größe"


def test_process_id_left_behind_may_belong_to_anyone_by_now() -> None:
    with folder() as data_dir:
        with embedded_postgres(data_dir):
            left = (data_dir / "postgres" / "postmaster.pid").read_text()
        alien = "\n".join([str(os.getpid()), *left.splitlines()[1:]])
        (data_dir / "postgres" / "postmaster.pid").write_text(alien)
        sockets = Postgres.at(data_dir).sockets
        (sockets / ".s.PGSQL.5432.lock").write_text(alien)
        with embedded_postgres(data_dir) as dsn:
            assert query(dsn, "SELECT 1") == 1


@pytest.mark.slow
def test_first_start_that_was_killed_leaves_no_half() -> None:
    """Killed at several moments of the first start: the next one finds nothing or all."""
    for delay in (0.15, 0.4, 0.6, 0.8):
        with folder() as data_dir:
            first = subprocess.Popen(
                [sys.executable, "-c", SCRIPT, str(data_dir)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            time.sleep(delay)
            first.kill()
            first.wait()
            with embedded_postgres(data_dir) as dsn:
                assert query(dsn, "SELECT count(*) FROM pg_database") == 4


def test_second_server_on_the_same_data_waits_for_the_first_and_gives_up() -> None:
    with folder() as data_dir, embedded_postgres(data_dir) as dsn:
        second = Postgres.at(data_dir)
        with pytest.raises(ServerError, match="another PostgreSQL still runs"):
            second.spawn(patience=0.1)
        assert query(dsn, "SELECT 1") == 1


def test_failure_tells_the_end_of_the_log() -> None:
    with folder() as data_dir:
        with embedded_postgres(data_dir):
            pass
        (data_dir / "postgres" / "postgresql.auto.conf").write_text("no_such_setting = 1\n")
        with pytest.raises(ServerError, match="no_such_setting"):
            Postgres.at(data_dir).start()


def test_missing_program_says_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLUSTERTREFF_PG_BIN", str(tmp_path))
    with pytest.raises(ServerError, match="CLUSTERTREFF_PG_BIN"):
        binaries()


def test_binaries_may_lie_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with folder() as data_dir:
        elsewhere = data_dir.with_name("pg 18")
        elsewhere.symlink_to(binaries().parent)
        monkeypatch.setenv("CLUSTERTREFF_PG_BIN", str(elsewhere / "bin"))
        with embedded_postgres(data_dir) as dsn:
            assert query(dsn, "SELECT 1") == 1
            assert "pg 18/bin/postgres" in "".join(processes_in(data_dir).values())
