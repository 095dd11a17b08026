"""`clustertreff up`: servers, schema, demo data, web, worker and mail catcher from one command."""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from events_app.kit.settings import PREFIX, Settings
from events_app.supervisor.catcher import catching
from events_app.supervisor.errors import ServerError
from events_app.supervisor.listening import listen
from events_app.supervisor.process import Process
from events_app.supervisor.servers import Servers, hold
from events_app.supervisor.signals import stops_interrupt
from events_app.supervisor.tree import Tell, stop, watch

HEALTH_SECONDS = 0.5
OK = 200


def up(settings: Settings, tell: Tell) -> None:
    """Run everything until Ctrl-C or SIGTERM; `tell` gets each line for the operator.

    Raises `SupervisorError` if the port or the data directory is taken or something can't be started.
    """
    with stops_interrupt() as stops, ExitStack() as stack:
        held = stack.enter_context(hold(settings, "up", settings.root_url))
        listener = stack.enter_context(listen(settings.host, settings.port))
        served = replace(settings, port=listener.getsockname()[1])
        servers = stack.enter_context(_started(Servers.wanted_by(served)))
        resolved = servers.resolve(served)
        held.publish(resolved)
        smtp_url = stack.enter_context(catching(resolved)).smtp_url
        environment = child_environment(resolved)
        command("migrate", "--quiet", environment=environment).run()
        links = _demo(resolved, environment, tell)
        web = command("web", "--fd", str(listener.fileno()), environment=environment)
        web.descriptors = (listener.fileno(),)
        worker = command("worker", environment={**environment, f"{PREFIX}SMTP_URL": smtp_url})
        stops.only_note()
        watch(servers, [web, worker], tell, Greeting(resolved, tell, links))


def child_environment(settings: Settings) -> dict[str, str]:
    """Our environment with what we have found out: a child starts no servers and listens where we do."""
    return {
        **os.environ,
        f"{PREFIX}DATA_DIR": str(settings.data_dir),
        f"{PREFIX}DATABASE_URL": settings.database_url,
        f"{PREFIX}QUEUE_URL": settings.queue_url,
        f"{PREFIX}HOST": settings.host,
        f"{PREFIX}PORT": str(settings.port),
    }


def command(name: str, *options: str, environment: Mapping[str, str]) -> Process:
    """One of our own commands as a child; in our folder, because of `.env`."""
    argv = [sys.executable, "-P", "-m", "events_app", name, *options]
    return Process(name=name, argv=argv, environment=environment, folder=Path.cwd())


@contextmanager
def _started(servers: Servers) -> Iterator[Servers]:
    try:
        servers.start()
        yield servers
    finally:
        stop(servers)


def _demo(settings: Settings, environment: Mapping[str, str], tell: Tell) -> Process | None:
    """Load the demo data on the first start; gives what prints its log-in links. None without demo."""
    loaded = settings.data_dir / "demo.loaded"
    if settings.production:
        return None
    if not loaded.exists():
        try:
            command("demo", "--no-links", environment=environment).run()
        except ServerError as error:
            tell(f"the demo data could not be loaded: {error}")  # no reason to refuse the people who come to work
            return None
        loaded.touch()
    return command("demo", "--links", environment=environment)


@dataclass
class Greeting:
    """Tells the address once the web answers there, then has the demo log-in links printed."""

    settings: Settings
    tell: Tell
    links: Process | None
    told: bool = field(default=False, init=False)

    @property
    def done(self) -> bool:
        return self.told and (self.links is None or not self.links.alive)

    def turn(self) -> None:
        if self.told or not _answers(self.settings):
            return
        self.told = True
        self.tell(f"Clustertreff is on {self.settings.root_url} (stop with Ctrl-C)")
        if self.links is not None:
            self.links.spawn()


def _answers(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(host, settings.port, timeout=HEALTH_SECONDS)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
