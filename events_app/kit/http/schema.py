"""The API's description as OpenAPI and as a page of our own, without anybody else's viewer."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.enums import MediaType
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from events_app.kit import settings
from events_app.kit.http.pages import language_of
from events_app.kit.templates import render

METHODS = ("get", "post", "put", "patch", "delete")


class PageRenderPlugin(OpenAPIRenderPlugin):
    """Operations by topic with their bodies and answers, rendered like every other page."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        html = render(
            "kit/schema.html",
            language_of(request),
            request_path=request.url.path,
            user=None,
            root_url=settings.current().root_url,
            topics=_topics(openapi_schema),
        )
        return html.encode()


def openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Clustertreff",
        version="1",
        description="Events, registrations, tickets, door and matching of training clusters.",
        path="/schema",
        render_plugins=[PageRenderPlugin(), JsonRenderPlugin()],
        use_handler_docstrings=True,
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="An API token (desk), a device token (door) or a registration's manage token.",
                )
            }
        ),
    )


def _topics(schema: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Operations in the order of their paths, grouped by their first tag."""
    topics: dict[str, list[dict[str, str]]] = {}
    for path, item in schema["paths"].items():
        for method in METHODS:
            if operation := item.get(method):
                topics.setdefault((operation.get("tags") or ["other"])[0], []).append(
                    {
                        "method": method.upper(),
                        "path": path,
                        "text": operation.get("description") or operation.get("summary") or "",
                        "body": _body(operation),
                        "answers": ", ".join(operation.get("responses", {})),
                    }
                )
    return topics


def _body(operation: dict[str, Any]) -> str:
    """The name of the schema that the body must have."""
    content = operation.get("requestBody", {}).get("content", {})
    reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    return str(reference).rpartition("/")[2].rpartition("_")[2] or str(reference)
