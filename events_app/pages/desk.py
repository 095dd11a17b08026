"""The back office's page for embedding: which sites may show a cluster's events, and what they paste."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import agent
from events_app.kit import settings
from events_app.kit.errors import Forbidden, Invalid, NotFound
from events_app.kit.http.pages import language_of, see_other
from events_app.kit.i18n import translate
from events_app.organisations import queries, service
from events_app.organisations.queries import ClusterRow
from events_app.organisations.shell import DeskRequest, desk_page

PAGE = "/desk/embedding"


@get(PAGE, guards=[agent], include_in_schema=False)
async def embedding(request: DeskRequest) -> Response[Any]:
    """An agent's own cluster; an admin chooses one first."""
    mine = [cluster for cluster in await queries.clusters() if request.user.runs_cluster(cluster.id)]
    if len(mine) == 1:
        return see_other(f"{PAGE}/{mine[0].slug}")
    return await desk_page(request, "pages/desk/clusters.html", clusters=mine)


@get(f"{PAGE}/{{slug:str}}", guards=[agent], include_in_schema=False)
async def cluster_embedding(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    cluster = await _cluster(request, slug)
    return await _shown(request, cluster, "\n".join(cluster.embed_hosts))


@post(f"{PAGE}/{{slug:str}}", guards=[agent], include_in_schema=False, status_code=200)
async def change_hosts(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    cluster = await _cluster(request, slug)
    entered = str((await request.form()).get("embed_hosts", ""))
    try:
        await service.set_embed_hosts(cluster.id, entered.replace(",", " ").split(), request.user)
    except Invalid as refusal:
        return await _shown(request, cluster, entered, refusal)
    return see_other(f"{PAGE}/{slug}?done=saved")


async def _shown(
    request: DeskRequest, cluster: ClusterRow, entered: str, refusal: Invalid | None = None
) -> Response[Any]:
    language = language_of(request)
    errors = [translate(language, error.message, dict(error.values)) for error in refusal.errors] if refusal else []
    return await desk_page(
        request,
        "pages/desk/embedding.html",
        status_code=refusal.status if refusal else 200,
        cluster=cluster,
        entered=entered,
        wrong=" ".join(errors) or None,
        root=settings.current().root_url,
    )


async def _cluster(request: DeskRequest, slug: str) -> ClusterRow:
    cluster = await queries.cluster_by_slug(slug)
    if cluster is None:
        raise NotFound("There is no such cluster.")
    if not request.user.runs_cluster(cluster.id):
        raise Forbidden
    return cluster


routes = [embedding, cluster_embedding, change_hosts]
