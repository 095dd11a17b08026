"""The web application: every room's doors, and what all requests have in common."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response, Router, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader, State
from litestar.exceptions import HTTPException
from litestar.plugins.problem_details import ProblemDetailsPlugin
from litestar.plugins.prometheus import PrometheusController
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from events_app.accounts import web as accounts_web
from events_app.accounts.guards import anyone
from events_app.attendance import desk as attendance_desk
from events_app.attendance import web as attendance_web
from events_app.calendar import web as calendar_web
from events_app.checkin import api as checkin_api
from events_app.checkin import desk as checkin_desk
from events_app.checkin import web as checkin_web
from events_app.directory import desk as directory_desk
from events_app.events import api as events_api
from events_app.events import desk as events_desk
from events_app.events import web as events_web
from events_app.kit import db, logs, settings
from events_app.kit.assets import DIST_DIR
from events_app.kit.errors import Forbidden, Refusal
from events_app.kit.http.body import StrictRequest
from events_app.kit.http.cache import PRECOMPRESSED, from_memory
from events_app.kit.http.head import head_as_get
from events_app.kit.http.metrics import measured
from events_app.kit.http.problems import (
    crash_response,
    http_exception_response,
    refusal_response,
    unreadable_response,
)
from events_app.kit.http.protection import FROM_ANYWHERE, is_foreign, security_headers
from events_app.kit.http.schema import openapi_config
from events_app.kit.http.state import Services, services
from events_app.matchmaking import api as matchmaking_api
from events_app.matchmaking import desk as matchmaking_desk
from events_app.matchmaking import web as matchmaking_web
from events_app.newsletter import desk as newsletter_desk
from events_app.newsletter import web as newsletter_web
from events_app.outbox import web as outbox_web
from events_app.pages import desk as pages_desk
from events_app.pages import web as pages_web
from events_app.reference import web as reference_web
from events_app.registration import api as registration_api
from events_app.registration import desk as registration_desk
from events_app.registration import web as registration_web
from events_app.registration.service.answers import open_questions_of
from events_app.tickets import web as tickets_web

MAX_BODY_BYTES = 1024 * 1024
STATIC_CACHE_SECONDS = 365 * 24 * 3600


class Metrics(PrometheusController):
    """`/metrics` for Prometheus: counts and times by route, no personal data."""

    guards = [anyone]
    include_in_schema = False


def create_app() -> Litestar:
    """The ASGI application for the current settings."""
    logs.configure()
    db.use_database(settings.current().database_url)
    app = Litestar(
        route_handlers=[*_doors(), _static()],
        lifespan=[_resources],
        state=State({"open_questions": open_questions_of}),
        request_class=StrictRequest,
        before_request=_refuse_foreign,
        before_send=[security_headers],
        middleware=[measured],
        logging_config=None,
        exception_handlers={
            Refusal: refusal_response,
            HTTPException: http_exception_response,
            UnicodeDecodeError: unreadable_response,
            Exception: crash_response,
        },
        plugins=[ProblemDetailsPlugin()],
        compression_config=CompressionConfig(
            backend="gzip", gzip_compress_level=4, exclude=["^/static/"], exclude_opt_key=PRECOMPRESSED
        ),
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=openapi_config(),
        debug=False,
    )
    app.asgi_handler = head_as_get(from_memory(app.asgi_handler))
    return app


def _doors() -> list[ControllerRouterHandler]:
    return [
        health,
        Metrics,
        *accounts_web.routes,
        *events_api.routes,
        *events_desk.routes,
        *events_web.routes,
        *outbox_web.routes,
        *pages_desk.routes,
        *pages_web.routes,
        *tickets_web.routes,
        *calendar_web.routes,
        *reference_web.routes,
        *registration_api.routes,
        *registration_desk.routes,
        *registration_web.routes,
        *attendance_desk.routes,
        *attendance_web.routes,
        *checkin_api.routes,
        *checkin_desk.routes,
        *checkin_web.routes,
        *directory_desk.routes,
        *matchmaking_api.routes,
        *matchmaking_desk.routes,
        *matchmaking_web.routes,
        *newsletter_desk.routes,
        *newsletter_web.routes,
    ]


@asynccontextmanager
async def _resources(app: Litestar) -> AsyncIterator[None]:
    """The database pool, the queue's door and the rate limiter live as long as the application."""
    async with db.pool(), services(settings.current()) as held:
        app.state.services = held
        yield


async def _refuse_foreign(request: Request[Any, Any, Any]) -> None:
    if not request.route_handler.opt.get(FROM_ANYWHERE) and is_foreign(request.method, request.headers):
        raise Forbidden("This request came from another site and was not carried out.")


@get("/health", guards=[anyone], include_in_schema=False)
async def health(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """200 while the database answers; the queue may be down without harm."""
    held: Services = request.app.state.services
    database = await db.answers()
    queue = await held.queue.ping()
    body = {"status": "ok" if database else "down", "database": _word(ok=database), "queue": _word(ok=queue)}
    return Response(body, status_code=200 if database else 503)


def _word(*, ok: bool) -> str:
    return "ok" if ok else "down"


def _static() -> Router:
    return create_static_files_router(
        path="/static",
        directories=[DIST_DIR],
        guards=[anyone],
        include_in_schema=False,
        cache_control=CacheControlHeader(max_age=STATIC_CACHE_SECONDS, public=True, immutable=True),
    )
