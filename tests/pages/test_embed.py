from __future__ import annotations

import re
from html import unescape

import httpx
import pytest

from events_app.accounts import service as accounts
from events_app.kit import db
from events_app.organisations import rules
from tests.factories import make_cluster, make_event
from tests.pagecheck import Page

HOST = "https://www.example.org"


def ancestors(answer: httpx.Response) -> str:
    found = re.search(r"frame-ancestors ([^;]+)", answer.headers["content-security-policy"])
    assert found is not None
    return found[1]


async def agent_in(client: httpx.AsyncClient, slug: str) -> None:
    cluster_id = await db.fetch_value("SELECT id FROM cluster WHERE slug = $1", slug)
    account = await accounts.create_account("agentin@example.org", "agent", cluster_id=cluster_id)
    client.cookies.set("session", await accounts.log_in_by_link((await accounts.new_login(account)).token, "test"))


@pytest.mark.parametrize(
    "path",
    ["/embed/clusters/own", "/embed/events/auftakt", "/embed/events/auftakt?lang=en", "/embed/events/gibt-es-nicht"],
)
async def test_embedded_pages_name_the_sites_that_may_show_them(client: httpx.AsyncClient, path: str) -> None:
    await make_cluster("own", embed_hosts=[HOST])
    await make_event(slug="auftakt", cluster="own")
    for _ in range(2):  # the second one comes from memory
        answer = await client.get(path)
        assert ancestors(answer) == ("'self'" if "nicht" in path else f"'self' {HOST}")
        assert "x-frame-options" not in answer.headers
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "form-action 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/", "/clusters/own", "/events/auftakt", "/events/auftakt/register", "/embed/gibt-es-nicht"]
)
async def test_no_other_page_may_be_framed(client: httpx.AsyncClient, path: str) -> None:
    await make_cluster("own", embed_hosts=[HOST])
    await make_event(slug="auftakt", cluster="own")
    answer = await client.get(path)
    assert ancestors(answer) == "'none'"
    assert answer.headers["x-frame-options"] == "DENY"


async def test_an_event_of_all_clusters_may_be_shown_by_each(client: httpx.AsyncClient) -> None:
    await make_cluster("own", embed_hosts=[HOST])
    await make_cluster("other", embed_hosts=["https://other.example"])
    await make_event(slug="alle")
    await make_event(slug="nur-own", cluster="own")
    assert ancestors(await client.get("/embed/events/alle")) == f"'self' https://other.example {HOST}"
    assert ancestors(await client.get("/embed/events/nur-own")) == f"'self' {HOST}"


async def test_the_embedded_list_stays_inside_and_has_no_frame_of_its_own(client: httpx.AsyncClient) -> None:
    await make_cluster("own")
    await make_event(slug="auftakt", cluster="own", title="Auftakt")
    page = Page((await client.get("/embed/clusters/own?lang=en")).text)
    links = [attrs for tag, attrs in page.elements if tag == "a"]
    assert {"/embed/events/auftakt?lang=en"} == {a["href"] for a in links if "auftakt" in a["href"]}
    leaving = [a for a in links if not a["href"].startswith(("/embed/", "#"))]
    assert leaving
    assert all(a.get("target") == "_top" for a in leaving)
    assert not [tag for tag, _ in page.elements if tag in {"header", "nav"}]


async def test_unknown_cluster_and_draft_are_not_found(client: httpx.AsyncClient) -> None:
    await make_cluster("own")
    await make_event(slug="entwurf", cluster="own", published=False)
    assert (await client.get("/embed/clusters/gibt-es-nicht")).status_code == 404
    assert (await client.get("/embed/events/entwurf")).status_code == 404


async def test_the_script_may_be_loaded_by_any_site(client: httpx.AsyncClient) -> None:
    answer = await client.get("/embed.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "clustertreff" in answer.text
    assert len(answer.content) < 2000


async def test_a_form_in_a_frame_is_refused_if_the_site_around_sends_it(client: httpx.AsyncClient) -> None:
    await make_event(slug="auftakt")
    answer = await client.post("/embed/events/auftakt", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert await db.fetch_value("SELECT count(*) FROM registration") == 0


async def test_errors_are_shown_inside_the_frame(client: httpx.AsyncClient) -> None:
    await make_cluster("own", embed_hosts=[HOST])
    await make_event(slug="auftakt", cluster="own")
    answer = await client.post("/embed/events/auftakt?lang=en", data={"organisation.name": "Werkhof"})
    assert answer.status_code == 400
    assert ancestors(answer) == f"'self' {HOST}"
    page = Page(answer.text)
    assert [a["action"] for tag, a in page.elements if tag == "form"] == ["/embed/events/auftakt?lang=en"]
    refused = await client.post("/embed/events/auftakt", data={"website": "https://spam.example"})
    assert (refused.status_code, ancestors(refused)) == (403, f"'self' {HOST}")


async def test_an_agent_enters_the_sites_and_gets_the_code(client: httpx.AsyncClient) -> None:
    await make_cluster("own", name="TAB <MINT>")
    await agent_in(client, "own")
    page = (await client.get("/desk/embedding", follow_redirects=True)).text
    assert "Speichern Sie zuerst" in Page(page).text
    saved = await client.post("/desk/embedding/own", data={"embed_hosts": f"{HOST}/\n{HOST}\nhttps://b.example:8443"})
    assert saved.headers["location"] == "/desk/embedding/own?done=saved"
    assert await db.fetch_value("SELECT embed_hosts FROM cluster") == [HOST, "https://b.example:8443"]
    page = (await client.get("/desk/embedding/own")).text
    assert [attrs["src"] for tag, attrs in Page(page).elements if tag == "iframe"] == ["/embed/clusters/own?lang=de"]
    copied = re.search(r'data-copy="(&lt;iframe[^"]+)"', page)
    assert copied is not None
    code = unescape(copied[1])
    assert 'src="http://clustertreff.test/embed/clusters/own"' in code
    assert 'title="Veranstaltungen von TAB &lt;MINT&gt;"' in code
    assert '<script src="http://clustertreff.test/embed.js" async></script>' in code
    assert await db.fetch_value("SELECT count(*) FROM audit_entry WHERE action = 'embed-hosts-changed'") == 1


async def test_wrong_sites_are_refused_and_stay_in_the_form(client: httpx.AsyncClient) -> None:
    await make_cluster("own", embed_hosts=[HOST])
    await make_cluster("other")
    await agent_in(client, "own")
    answer = await client.post("/desk/embedding/own", data={"embed_hosts": "https://*.example.org"})
    assert answer.status_code == 400
    assert "https://*.example.org ist keine Adresse einer Website" in Page(answer.text).text
    assert await db.fetch_value("SELECT embed_hosts FROM cluster WHERE slug = 'own'") == [HOST]
    assert (await client.get("/desk/embedding/other")).status_code == 403
    assert (await client.post("/desk/embedding/other", data={"embed_hosts": HOST})).status_code == 403


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("https://www.example.org", False),
        ("HTTPS://WWW.Example.ORG/", False),
        ("https://xn--mller-kva.example", False),
        ("https://a.example:8443", False),
        ("http://www.example.org", True),
        ("https://www.example.org/pfad", True),
        ("https://*.example.org", True),
        ("*", True),
        ("https://müller.example", True),
        ("https://a.example;script-src", True),
        ("https://user@a.example", True),
        ("https://localhost", True),
        ("https://a.example:0", True),
        ("'self'", True),
    ],
)
def test_only_https_origins_are_sites(line: str, *, wrong: bool) -> None:
    assert bool(rules.origin_problems(rules.tidied_origins([line]))) is wrong


def test_too_many_sites_are_refused() -> None:
    many = [f"https://s{number}.example" for number in range(rules.MAX_EMBED_HOSTS + 1)]
    assert [error.code for error in rules.origin_problems(many)] == ["too_many"]
