from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from events_app.kit import db, settings
from events_app.kit.http.limits import Rate
from events_app.kit.settings import Settings
from events_app.newsletter import queries
from events_app.newsletter.service import issues, links, sending
from tests.factories import ADMIN, make_cluster, make_event
from tests.newsletter.readers import make_issue, make_reader, row
from tests.pagecheck import Page
from tests.registration.test_web import solved

LANGUAGES = ("de", "en")


async def send(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/newsletter", data={"email": "neu@example.org", "language": "de", **fields})


async def confirm_path(email: str = "neu@example.org") -> str:
    reader = await queries.subscriber_of(links.address_hash(email))
    assert reader is not None
    return links.confirm_url(reader).removeprefix("http://clustertreff.test")


async def subscribers() -> int:
    return int(await db.fetch_value("SELECT count(*) FROM newsletter_subscriber"))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_are_well_formed_in_both_languages(client: httpx.AsyncClient, language: str) -> None:
    await make_cluster("tab-mint")
    reader = await make_reader("da@example.org", clusters=["tab-mint"])
    token = links.reader_token(reader)
    issue = await make_issue(events=[(await make_event()).id])
    await sending.sent_elsewhere(issue.id)
    await send(client)
    paths = [
        "/newsletter",
        "/newsletter?cluster=tab-mint",
        "/newsletter/archive",
        f"/newsletter/archive/{issue.slug}",
        await confirm_path(),
        f"/newsletter/unsubscribe/{token}",
        f"/newsletter/preferences/{token}",
        f"/newsletter/preferences/{token}?done=confirmed",
        "/programme",
        "/clusters/tab-mint",
    ]
    for path in paths:
        answer = await client.get(path, headers={"Accept-Language": language})
        assert answer.status_code == 200, path
        assert "%(" not in Page(answer.text).text


async def test_sign_up_confirm_and_preferences_without_javascript(client: httpx.AsyncClient) -> None:
    await make_cluster("tab-mint")
    answer = await send(client, clusters="tab-mint", topics=["digital", "bildung"], name="Kim")
    assert answer.status_code == 200
    assert "neu@example.org" in answer.text
    path = await confirm_path()
    assert "Ja, ich möchte den Newsletter" in (await client.get(path)).text
    found = await row("neu@example.org")
    assert found is not None
    assert found["status"] == "pending"
    confirmed = await client.post(path)
    assert confirmed.status_code == 303
    page = await client.get(confirmed.headers["location"])
    assert "Danke, Sie sind angemeldet" in page.text
    ticked = [values["value"] for tag, values in Page(page.text).elements if tag == "input" and "checked" in values]
    assert {"tab-mint", "digital", "bildung"} <= set(ticked)


async def test_answer_is_the_same_for_known_and_unknown_addresses(client: httpx.AsyncClient) -> None:
    await make_reader("neu@example.org")
    known = await send(client)
    again = await send(client)
    await db.execute("TRUNCATE newsletter_subscriber CASCADE")
    unknown = await send(client)
    assert known.text == again.text == unknown.text
    assert known.status_code == again.status_code == unknown.status_code == 200


async def test_nobody_is_signed_up_by_a_get(client: httpx.AsyncClient) -> None:
    await client.get("/newsletter?email=neu@example.org")
    assert await subscribers() == 0
    await send(client)
    path = await confirm_path()
    for _ in range(3):
        await client.get(path)
        await client.head(path)
    found = await row("neu@example.org")
    assert found is not None
    assert found["status"] == "pending"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"email": "keine Adresse"}, "f-email-error"),
        ({"email": ""}, "f-email-error"),
        ({"clusters": "nirgends"}, "f-clusters-error"),
        ({"topics": ["wetter"]}, "f-topics-error"),
        ({"role": "king"}, "f-role-error"),
    ],
)
async def test_wrong_entry_comes_back_with_what_was_typed(
    client: httpx.AsyncClient, fields: dict[str, Any], wrong: str
) -> None:
    await make_cluster("tab-mint")
    answer = await send(client, **{"name": "Kim & Co", **fields})
    assert answer.status_code == 400
    assert f'id="{wrong}"' in answer.text
    assert 'value="Kim &amp; Co"' in answer.text
    assert await subscribers() == 0


async def test_honeypot_refuses_programs(client: httpx.AsyncClient) -> None:
    assert (await send(client, website="https://example.org")).status_code == 403
    assert await subscribers() == 0


async def test_sign_ups_without_proof_of_work_are_few(client: httpx.AsyncClient, app: Litestar) -> None:
    held = app.state.services
    old, held.registration_rate = held.registration_rate, Rate(1000, 60)
    await held.limiter.redis.flushall()
    try:
        statuses = [(await send(client, email=f"a{n}@example.org")).status_code for n in range(12)]
        assert statuses == [200] * 10 + [429] * 2
        assert (await send(client, email="b@example.org", altcha=solved())).status_code == 200
    finally:
        held.registration_rate = old
        await held.limiter.redis.flushall()


@pytest.mark.parametrize("path", ["confirm", "unsubscribe", "preferences"])
async def test_forged_links_lead_nowhere(client: httpx.AsyncClient, path: str) -> None:
    reader = await make_reader()
    good = links.reader_token(reader)
    for token in ("x", "a" * 43, good[:-3] + "AAA", "%00"):
        assert (await client.get(f"/newsletter/{path}/{token}")).status_code == 404, token
        assert (await client.post(f"/newsletter/{path}/{token}")).status_code == 404, token
    found = await row("lesen@example.org")
    assert found is not None
    assert found["status"] == "confirmed"


async def test_expired_link_says_so(client: httpx.AsyncClient, app_settings: Settings) -> None:
    await send(client)
    path = await confirm_path()
    settings.use(replace(app_settings, fixed_now=datetime.now(UTC) + timedelta(days=8)))
    for answer in (await client.get(path), await client.post(path)):
        assert answer.status_code == 410
        assert "abgelaufen" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example.com"},
        {"Origin": "null"},
        {"Origin": "https://mail.example.com"},
    ],
)
async def test_one_click_works_for_mail_providers_without_cookies(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    reader = await make_reader()
    path = f"/newsletter/unsubscribe/{links.reader_token(reader)}"
    answer = await client.post(path, data={"List-Unsubscribe": "One-Click"}, headers=headers)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    found = await row("lesen@example.org")
    assert found is not None
    assert found["status"] == "unsubscribed"
    assert (await client.post(path, data={"List-Unsubscribe": "One-Click"})).status_code == 200


async def test_one_click_takes_a_multipart_body_too(client: httpx.AsyncClient) -> None:
    reader = await make_reader()
    path = f"/newsletter/unsubscribe/{links.reader_token(reader)}"
    answer = await client.post(path, files={"List-Unsubscribe": (None, "One-Click")})
    assert answer.status_code == 200
    found = await row("lesen@example.org")
    assert found is not None
    assert found["status"] == "unsubscribed"


async def test_other_forms_still_refuse_other_sites(client: httpx.AsyncClient) -> None:
    reader = await make_reader()
    foreign = {"Sec-Fetch-Site": "cross-site"}
    path = f"/newsletter/preferences/{links.reader_token(reader)}"
    assert (await client.post(path, data={"topics": "digital"}, headers=foreign)).status_code == 403
    assert (await client.post("/newsletter", data={"email": "a@example.org"}, headers=foreign)).status_code == 403


async def test_looking_at_the_unsubscribe_page_changes_nothing(client: httpx.AsyncClient) -> None:
    reader = await make_reader()
    path = f"/newsletter/unsubscribe/{links.reader_token(reader)}"
    page = await client.get(path)
    assert "Jetzt abbestellen" in page.text
    found = await row("lesen@example.org")
    assert found is not None
    assert found["status"] == "confirmed"
    await client.post(path)
    assert "Jetzt abbestellen" not in (await client.get(path)).text


async def test_link_of_somebody_erased_still_answers_kindly(client: httpx.AsyncClient) -> None:
    reader = await make_reader()
    token = links.reader_token(reader)
    erased = await client.post(f"/newsletter/preferences/{token}/erase")
    assert "Alles über Sie ist gelöscht" in erased.text
    assert await subscribers() == 0
    assert (await client.get(f"/newsletter/unsubscribe/{token}")).status_code == 200
    assert (await client.post(f"/newsletter/unsubscribe/{token}")).status_code == 200
    for path in (f"/newsletter/preferences/{token}", f"/newsletter/preferences/{token}/erase"):
        assert (await client.post(path)).status_code == 404


async def test_preferences_are_saved_and_wrong_ones_come_back(client: httpx.AsyncClient) -> None:
    await make_cluster("tab-mint")
    reader = await make_reader()
    path = f"/newsletter/preferences/{links.reader_token(reader)}"
    saved = await client.post(path, data={"topics": "digital", "clusters": "tab-mint", "language": "en", "pause": "3"})
    assert saved.headers["location"] == f"{path}?done=saved"
    assert "Pause bis" in (await client.get(path)).text
    assert (await client.post(path, data={"clusters": "nirgends"})).status_code == 400
    found = await row("lesen@example.org")
    assert found is not None
    assert (found["topics"], found["language"]) == (["digital"], "en")


async def test_private_pages_are_kept_by_nobody(client: httpx.AsyncClient) -> None:
    reader = await make_reader()
    for name in ("unsubscribe", "preferences"):
        answer = await client.get(f"/newsletter/{name}/{links.reader_token(reader)}")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in answer.headers["x-robots-tag"]


async def test_archive_shows_what_was_sent_and_no_draft(client: httpx.AsyncClient) -> None:
    draft, sent, hidden = (
        await make_issue(subject_de="Entwurf"),
        await make_issue(subject_de="Verschickt", subject_en="Sent one", body_en="Hello"),
        await make_issue(subject_de="Nur intern", in_archive=False),
    )
    await sending.sent_elsewhere(sent.id)
    await sending.sent_elsewhere(hidden.id)
    text = Page((await client.get("/newsletter/archive")).text).text
    assert "Verschickt" in text
    assert "Entwurf" not in text
    assert "Nur intern" not in text
    assert "Sent one" in (await client.get("/newsletter/archive?lang=en")).text
    for slug in (draft.slug, hidden.slug, "gibt-es-nicht"):
        assert (await client.get(f"/newsletter/archive/{slug}")).status_code == 404
    assert (await issues.managed_issue(sent.id, ADMIN)).status == "sent"


async def test_archived_issue_runs_no_markup_of_its_author(client: httpx.AsyncClient) -> None:
    issue = await make_issue(subject_de="<b>Laut</b>", body_de="<script>alert(1)</script> [x](javascript:alert(1))")
    await sending.sent_elsewhere(issue.id)
    page = (await client.get(f"/newsletter/archive/{issue.slug}")).text
    assert "<script>alert" not in page
    assert "<b>Laut" not in page
    assert 'href="javascript' not in page


async def test_programme_and_cluster_pages_have_the_form(client: httpx.AsyncClient) -> None:
    await make_cluster("tab-mint")
    for path, cluster in (("/programme", None), ("/clusters/tab-mint", "tab-mint")):
        page = Page((await client.get(path)).text)
        forms = [values for tag, values in page.elements if tag == "form" and values.get("action") == "/newsletter"]
        assert len(forms) == 1
        hidden = [v["value"] for tag, v in page.elements if tag == "input" and v.get("name") == "clusters"]
        assert hidden == ([cluster] if cluster else [])
