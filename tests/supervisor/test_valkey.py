from __future__ import annotations

import os
import signal

import pytest
from redis import Redis

from events_app.kit.jobs import redis_settings
from events_app.supervisor.valkey import Valkey, embedded_valkey
from tests.supervisor.helpers import eventually, folder


@pytest.mark.parametrize("name", ["data", "with a blank", "long" * 40])
def test_every_written_key_survives_a_kill(name: str) -> None:
    with folder(name=name, mode=0o700) as data_dir:
        server = Valkey.at(data_dir)
        server.start()
        with Redis.from_url(server.url) as redis:
            redis.set("job", "Größe")
        assert server.process.pid is not None
        os.kill(server.process.pid, signal.SIGKILL)
        eventually(lambda: not server.process.alive)
        with embedded_valkey(data_dir) as url, Redis.from_url(url) as redis:
            assert redis.get("job") == "Größe".encode()


def test_it_writes_each_command_to_disk_and_listens_on_its_socket_only() -> None:
    with folder() as data_dir, embedded_valkey(data_dir) as url, Redis.from_url(url) as redis:
        assert redis.config_get("appendfsync", "port", "save") == {"appendfsync": "always", "port": "0", "save": ""}


def test_arq_reads_the_address() -> None:
    with folder(name="with a blank") as data_dir, embedded_valkey(data_dir) as url:
        path = redis_settings(url).unix_socket_path
        assert path is not None
        assert os.path.exists(path)  # noqa: PTH110 - exactly the text that arq hands on
