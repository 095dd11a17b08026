"""The two processes that do the work, each run alone or as a child of `up`."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import ExitStack
from dataclasses import replace

from events_app.kit import closing
from events_app.kit import settings as process_settings
from events_app.kit.settings import Settings
from events_app.supervisor.catcher import catching
from events_app.supervisor.errors import ServerError
from events_app.supervisor.listening import listen
from events_app.supervisor.servers import running
from events_app.supervisor.signals import Stops, stops_interrupt
from events_app.supervisor.tree import Tell

GRACEFUL_SECONDS = 4
WORKER_NICENESS = 10
"""A worker on the web's machine leaves it the processor: mail and matching can wait, people at a form can't."""


def serve_web(settings: Settings, tell: Tell) -> None:
    """Serve HTTP until a signal; `tell` gets the address.

    Raises `SupervisorError` if the port is taken, embedded servers can't be started or the schema is old.
    """
    with stops_interrupt() as stops, ExitStack() as stack:
        listener = stack.enter_context(listen(settings.host, settings.port))
        served = replace(settings, port=listener.getsockname()[1])
        resolved = stack.enter_context(running(served, "web", lasting=True))
        _want_schema(resolved)
        tell(f"Clustertreff's web is on {resolved.root_url}")
        _serve(resolved, listener, stops)


def serve_web_of_up(settings: Settings, descriptor: int) -> None:
    """Serve HTTP until a signal on the socket that the supervisor has handed over as `descriptor`.

    It goes on listening between two such processes, so that nobody is turned away while a dead one is replaced.
    """
    with stops_interrupt() as stops, socket.socket(fileno=descriptor) as listener:
        listener.set_inheritable(False)
        _serve(settings, listener, stops)


def _serve(settings: Settings, listener: socket.socket, stops: Stops) -> None:
    stops.only_note()
    import uvicorn  # noqa: PLC0415 - only this command pays for it

    class Server(uvicorn.Server):
        """Waits for answers under way when it stops; those without an end must hear of it first."""

        async def on_tick(self, counter: int) -> bool:
            return bool(stops.seen) or await super().on_tick(counter)  # seen: before it listened to signals itself

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            closing.begin()
            await super().shutdown(sockets)

    process_settings.use(settings)
    config = uvicorn.Config(
        "events_app.app:create_app",
        factory=True,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,  # the app configures logging
        log_level="warning",  # the supervisor tells of starts and ends
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    Server(config).run(sockets=[listener])


def serve_worker(settings: Settings) -> None:
    """Take jobs until a signal; mail for `catch` goes to a catcher of our own.

    Raises `SupervisorError` if embedded servers can't be started or the schema is old.
    """
    with stops_interrupt() as stops, ExitStack() as stack:
        resolved = stack.enter_context(running(settings, "worker", lasting=True))
        _want_schema(resolved)
        process_settings.use(stack.enter_context(catching(resolved)))
        _work(stops)


def _want_schema(settings: Settings) -> None:
    """Say what to do now rather than fail at the first request or job."""
    import asyncpg  # noqa: PLC0415 - only these commands pay for it

    from events_app.kit import db, migrations  # noqa: PLC0415 - same

    db.use_database(settings.database_url)
    try:
        missing = asyncio.run(migrations.missing())
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise ServerError(f"the database can't be used: {error}") from error
    if missing:
        raise ServerError(f"the database lacks {len(missing)} migrations: run clustertreff migrate first")


def _work(stops: Stops) -> None:
    stops.only_note()
    import uvloop  # noqa: PLC0415 - only this command pays for it

    from workers.settings import make_worker  # noqa: PLC0415 - same

    os.nice(WORKER_NICENESS)  # not earlier: servers that we started must not inherit it
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        loop = runner.get_loop()
        asyncio.set_event_loop(loop)  # arq asks for it when the worker is made
        worker = make_worker()
        loop.add_signal_handler(signal.SIGHUP, worker.handle_sig, signal.SIGHUP)  # the others it hears itself
        if not stops.seen:
            worker.run()
