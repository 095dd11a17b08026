from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from events_app.kit import db
from events_app.newsletter.service import sending
from tests.events.test_desk import log_in
from tests.factories import make_api_token, make_cluster, make_event
from tests.newsletter.readers import make_issue, make_reader, make_readers, states
from tests.pagecheck import Page


def entry(**fields: Any) -> dict[str, Any]:
    return {"subject_de": "Neues im Herbst", "body_de": "Guten **Tag**", "in_archive": "yes", **fields}


async def the_issue() -> dict[str, Any]:
    found = await db.fetch_row("SELECT * FROM newsletter_issue")
    assert found is not None
    return dict(found)


async def wrote(client: httpx.AsyncClient, **fields: Any) -> str:
    """The path of a new draft."""
    answer = await client.post("/desk/newsletter/new", data=entry(**fields))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


async def test_agent_writes_tests_and_sends_an_issue(client: httpx.AsyncClient) -> None:
    await log_in(client, "agent", "tab-mint")
    await make_reader("da@example.org", clusters=["tab-mint"])
    event = await make_event(cluster="tab-mint")
    path = await wrote(client, events=str(event.id), subject_en="News", body_en="Hello")
    page = await client.get(f"{path}?done=created")
    assert "Der Entwurf ist gespeichert" in page.text
    assert "1 Person" in page.text
    tested = await client.post(f"{path}/test")
    assert tested.headers["location"] == f"{path}?done=tested"
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE recipient = 'agent@example.org'") == 2
    sent = await client.post(f"{path}/send", data={"when": "now"})
    assert sent.headers["location"] == f"{path}?done=sending"
    await sending.feed()
    assert await states(UUID(path.rpartition("/")[2])) == {"queued": 1}
    progress = (await client.get(f"{path}/progress")).json()
    assert progress == {"status": "running", "stage": None, "progress": 0.0}


@pytest.mark.parametrize("language", ["de", "en"])
async def test_pages_are_well_formed_in_each_state(client: httpx.AsyncClient, language: str) -> None:
    await log_in(client)
    await make_cluster("tab-mint")
    await make_readers(3)
    event = await make_event()
    issue = await make_issue(events=[event.id], subject_en="News", body_en="Hello")
    path = f"/desk/newsletter/{issue.id}"
    pages = ["/desk/newsletter", "/desk/newsletter/new", path, f"{path}/edit"]
    for state in ("draft", "queued", "sending", "paused"):
        for page in pages:
            answer = await client.get(page, headers={"Accept-Language": language})
            assert answer.status_code == 200, (state, page)
            assert "%(" not in Page(answer.text).text
        match state:
            case "draft":
                later = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
                await client.post(f"{path}/send", data={"when": "later", "scheduled_at": later})
            case "queued":
                await db.execute("UPDATE newsletter_issue SET scheduled_at = now() - interval '1 minute'")
                await sending.feed()
            case "sending":
                await client.post(f"{path}/pause")
    assert await states(issue.id) == {"due": 3}
    await client.post(f"{path}/continue")
    assert (await the_issue())["status"] == "sending"


async def test_wrong_issue_comes_back_with_everything_that_was_typed(client: httpx.AsyncClient) -> None:
    await log_in(client)
    answer = await client.post("/desk/newsletter/new", data=entry(subject_de="", body_de="Text & <mehr>"))
    assert answer.status_code == 400
    assert 'id="f-subject_de-error"' in answer.text
    assert "Text &amp; &lt;mehr&gt;" in answer.text
    assert await db.fetch_value("SELECT count(*) FROM newsletter_issue") == 0


@pytest.mark.parametrize("wrong", [{"events": "x"}, {"audience.topics": "x"}, {"audience.regions": "mars"}])
async def test_forged_choices_are_refused(client: httpx.AsyncClient, wrong: dict[str, str]) -> None:
    await log_in(client)
    assert (await client.post("/desk/newsletter/new", data=entry(**wrong))).status_code == 400


async def test_forged_cluster_in_the_audience_reaches_nobody(client: httpx.AsyncClient) -> None:
    await log_in(client)
    await make_reader("da@example.org", clusters=[(await make_cluster("tab-mint")).slug])
    answer = await client.post("/desk/newsletter/new", data=entry(count="yes", **{"audience.clusters": "x"}))
    assert "0 Personen bekämen diese Ausgabe" in answer.text


async def test_readers_are_counted_before_anything_is_saved(client: httpx.AsyncClient) -> None:
    await log_in(client)
    await make_reader("a@example.org", topics=["digital"])
    await make_reader("b@example.org", topics=["bildung"])
    answer = await client.post("/desk/newsletter/new", data=entry(count="yes", **{"audience.topics": "digital"}))
    assert answer.status_code == 200
    assert "1 Person bekäme diese Ausgabe" in answer.text
    assert await db.fetch_value("SELECT count(*) FROM newsletter_issue") == 0


async def test_preview_shows_the_mail_and_runs_nothing(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_event(title="Werkstatttag")
    sent = entry(
        body_de="## Hallo\n<script>alert(1)</script>", body_en="Hello", subject_en="News", events=str(event.id)
    )
    answer = await client.post("/desk/newsletter/preview/de", data=sent)
    assert answer.status_code == 200
    assert "Werkstatttag" in answer.text
    assert "<h2" in answer.text
    assert "<script>" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert ">News<" in (await client.post("/desk/newsletter/preview/en", data=sent)).text
    issue = await make_issue()
    assert "Neues im Herbst" in (await client.get(f"/desk/newsletter/{issue.id}/preview/de")).text


async def test_issue_without_text_says_what_is_missing_and_can_not_be_sent(client: httpx.AsyncClient) -> None:
    await log_in(client)
    path = await wrote(client, body_de="")
    page = await client.get(path)
    assert "Noch nicht fertig" in page.text
    assert f"{path}/send" not in page.text
    assert (await client.post(f"{path}/send", data={"when": "now"})).status_code == 400
    assert (await the_issue())["status"] == "draft"


@pytest.mark.parametrize("moment", ["", "gestern", "2020-01-01T10:00"])
async def test_time_that_is_past_or_none_is_refused(client: httpx.AsyncClient, moment: str) -> None:
    await log_in(client)
    path = await wrote(client)
    answer = await client.post(f"{path}/send", data={"when": "later", "scheduled_at": moment})
    assert answer.status_code == 400
    assert 'id="f-scheduled_at-error"' in answer.text
    assert (await the_issue())["status"] == "draft"


async def test_time_is_read_on_german_clocks(client: httpx.AsyncClient) -> None:
    await log_in(client)
    path = await wrote(client)
    year = datetime.now(UTC).year + 1
    await client.post(f"{path}/send", data={"when": "later", "scheduled_at": f"{year}-07-01T10:00"})
    assert (await the_issue())["scheduled_at"] == datetime(year, 7, 1, 8, tzinfo=UTC)
    assert "10:00 Uhr" in (await client.get(path)).text


async def test_second_press_sends_nothing_twice(client: httpx.AsyncClient) -> None:
    await log_in(client)
    await make_readers(2)
    path = await wrote(client)
    first, second = [await client.post(f"{path}/send", data={"when": "now"}) for _ in range(2)]
    assert (first.status_code, second.status_code) == (303, 409)
    await sending.feed()
    await sending.feed()
    assert await states(UUID(path.rpartition("/")[2])) == {"queued": 2}


async def test_draft_is_changed_and_deleted(client: httpx.AsyncClient) -> None:
    await log_in(client)
    path = await wrote(client)
    changed = await client.post(f"{path}/edit", data=entry(subject_de="Anders", **{"audience.roles": "company"}))
    assert changed.headers["location"] == f"{path}?done=saved"
    assert (await the_issue())["subject_de"] == "Anders"
    edit = Page((await client.get(f"{path}/edit")).text)
    ticked = [
        v["value"]
        for tag, v in edit.elements
        if tag == "input" and v.get("name") == "audience.roles" and "checked" in v
    ]
    assert ticked == ["company"]
    assert (await client.post(f"{path}/delete")).headers["location"] == "/desk/newsletter?done=deleted"
    assert await db.fetch_value("SELECT count(*) FROM newsletter_issue") == 0
    assert (await client.get(path)).status_code == 404


async def test_agent_sees_and_touches_no_other_cluster(client: httpx.AsyncClient) -> None:
    await log_in(client, "agent", "tab-mint")
    other = await make_issue((await make_cluster("care")).id)
    path = f"/desk/newsletter/{other.id}"
    assert "Neues im Herbst" not in (await client.get("/desk/newsletter")).text
    for end in ("", "/edit", "/preview/de", "/progress"):
        assert (await client.get(path + end)).status_code == 403, end
    for end in ("/edit", "/send", "/test", "/pause", "/continue", "/unschedule", "/delete"):
        assert (await client.post(path + end, data=entry())).status_code == 403, end


async def test_agent_cannot_write_in_the_name_of_another_cluster(client: httpx.AsyncClient) -> None:
    await log_in(client, "agent", "tab-mint")
    other = await make_cluster("care")
    path = await wrote(client, cluster=str(other.id))
    assert (await the_issue())["cluster"] != other.id
    assert "TAB-MINT" in (await client.get(path)).text


async def test_agent_without_a_cluster_writes_nothing(client: httpx.AsyncClient) -> None:
    token = await make_api_token("agent")
    answer = await client.get("/desk/newsletter/new", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403


async def test_test_mail_needs_an_account(client: httpx.AsyncClient) -> None:
    issue = await make_issue()
    headers = {"Authorization": f"Bearer {await make_api_token('admin')}"}
    answer = await client.post(f"/desk/newsletter/{issue.id}/test", headers=headers)
    assert answer.status_code == 403
    assert "API-Token" in answer.text


@pytest.mark.parametrize("issues", [1, 3])
async def test_list_asks_the_database_as_often_for_many_issues_as_for_one(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, issues: int
) -> None:
    await log_in(client)
    for _ in range(issues):
        await make_issue()
    asked: list[str] = []
    fetch = db.fetch

    async def noting(sql: str, *values: object) -> Any:
        asked.append(sql)  # what fetches one row or value takes another way
        return await fetch(sql, *values)

    monkeypatch.setattr(db, "fetch", noting)
    assert (await client.get("/desk/newsletter")).status_code == 200
    assert len([sql for sql in asked if "newsletter_" in sql]) == 2
