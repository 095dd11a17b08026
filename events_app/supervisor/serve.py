"""The two processes that do the work, each run alone or as a child of `up`."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

from events_app.kit import settings as process_settings
from events_app.kit.settings import Settings
from events_app.supervisor.catcher import catching
from events_app.supervisor.listening import listen
from events_app.supervisor.servers import running
from events_app.supervisor.signals import stops_interrupt

GRACEFUL_SECONDS = 4


def serve_web(settings: Settings, descriptor: int | None = None) -> None:
    """Serve HTTP until a signal, on the socket `descriptor` if the supervisor hands one over.

    Raises `SupervisorError` if the port is taken or embedded servers can't be started.
    """
    with stops_interrupt(), ExitStack() as stack:
        if descriptor is not None:
            listener = stack.enter_context(socket.socket(fileno=descriptor))
        else:
            listener = stack.enter_context(listen(settings.host, settings.port))
        process_settings.use(stack.enter_context(running(settings, "web", lasting=True)))
        _serve(process_settings.current(), listener)


def _serve(settings: Settings, listener: socket.socket) -> None:
    import uvicorn  # noqa: PLC0415 - only this command pays for it

    config = uvicorn.Config(
        "events_app.app:create_app",
        factory=True,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,  # the app configures logging
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[listener])


def serve_worker(settings: Settings) -> None:
    """Take jobs until a signal; mail for `catch` goes to a catcher of our own.

    Raises `SupervisorError` if embedded servers can't be started.
    """
    with stops_interrupt(), ExitStack() as stack:
        resolved = stack.enter_context(running(settings, "worker", lasting=True))
        process_settings.use(stack.enter_context(catching(resolved)))
        _work()


def _work() -> None:
    import uvloop  # noqa: PLC0415 - only this command pays for it

    from workers.settings import make_worker  # noqa: PLC0415 - same

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        asyncio.set_event_loop(runner.get_loop())  # arq asks for it when the worker is made
        make_worker().run()
