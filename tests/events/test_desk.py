from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from events_app.accounts import service as accounts
from events_app.events import queries
from events_app.kit import db
from events_app.outbox.service import NewMail, bounces, pauses, queue
from tests.factories import make_cluster, make_event, soon


async def log_in(client: httpx.AsyncClient, role: str = "admin", cluster: str | None = None) -> None:
    cluster_id = (await make_cluster(cluster)).id if cluster else None
    account = await accounts.create_account(f"{role}@example.org", role, cluster_id=cluster_id)
    session = await accounts.log_in_by_link((await accounts.new_login(account)).token, "test")
    client.cookies.set("session", session)


def entry(**fields: str) -> dict[str, str]:
    start = soon()
    return {
        "title": "Werkstattgespräch",
        "kind": "workshop",
        "mode": "onsite",
        "timezone": "Europe/Berlin",
        "starts_at": start.strftime("%Y-%m-%dT%H:%M"),
        "ends_at": (start + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
        "waiting_list": "yes",
        **{name.replace("__", "."): text for name, text in fields.items()},
    }


async def test_new_event_is_saved_as_a_draft_and_published_by_a_button(client: httpx.AsyncClient) -> None:
    await log_in(client, "agent", "tab-mint")
    saved = await client.post("/desk/events/new", data=entry(cluster="tab-mint", capacity="12"))
    assert saved.status_code == 303
    path = saved.headers["location"].removesuffix("?done=created")
    page = await client.get(saved.headers["location"])
    assert "Der Entwurf ist gespeichert" in page.text
    assert f'action="{path}/publish"' in page.text
    published = await client.post(f"{path}/publish")
    assert published.headers["location"] == f"{path}?done=published"
    event = await queries.by_slug(path.rpartition("/")[2])
    assert event is not None
    assert (event.public.status, event.capacity, event.cluster_slug) == ("published", 12, "tab-mint")


async def test_wrong_entry_comes_back_with_everything_that_was_typed(client: httpx.AsyncClient) -> None:
    await log_in(client)
    sent = entry(
        title="", capacity="viele", summary='Neu & "frisch" <b>', questions__0__label="Kost?", questions__0__type="text"
    )
    answer = await client.post("/desk/events/new", data=sent)
    assert answer.status_code == 400
    assert 'id="f-title-error"' in answer.text
    assert 'id="f-capacity-error"' in answer.text
    assert 'value="viele"' in answer.text
    assert "Neu &amp; &#34;frisch&#34; &lt;b&gt;" in answer.text
    assert 'value="Kost?"' in answer.text
    assert await db.fetch_value("SELECT count(*) FROM event") == 0


async def test_rows_come_and_go_without_javascript(client: httpx.AsyncClient) -> None:
    await log_in(client)
    added = await client.post("/desk/events/new", data={**entry(), "add": "questions"})
    assert added.status_code == 200
    assert 'name="questions.0.label"' in added.text
    removed = await client.post("/desk/events/new", data={**entry(questions__0__label="x"), "remove": "questions.0"})
    assert 'name="questions.0.label"' not in removed.text
    assert 'value="Werkstattgespräch"' in removed.text


async def test_address_that_is_taken_is_told_at_its_field(client: httpx.AsyncClient) -> None:
    await log_in(client)
    await make_event(slug="treff")
    answer = await client.post("/desk/events/new", data=entry(slug="treff"))
    assert answer.status_code == 400
    assert 'id="f-slug-error"' in answer.text


async def test_agent_sees_and_makes_events_of_her_cluster_only(client: httpx.AsyncClient) -> None:
    await log_in(client, "agent", "own")
    await make_cluster("other")
    mine, foreign = await make_event(title="Meins", cluster="own"), await make_event(title="Fremdes", cluster="other")
    page = (await client.get("/desk/events")).text
    assert "Meins" in page
    assert "Fremdes" not in page
    assert (await client.get(f"/desk/events/{mine.slug}")).status_code == 200
    for path in ("", "/edit", "/cancel", "/people"):
        assert (await client.get(f"/desk/events/{foreign.slug}{path}")).status_code == 403
    for path in ("/edit", "/cancel", "/publish"):
        assert (await client.post(f"/desk/events/{foreign.slug}{path}", data=entry())).status_code == 403
    assert (await client.post("/desk/events/new", data=entry(cluster="other"))).status_code == 403
    assert (await client.post("/desk/events/new", data=entry(cluster=""))).status_code == 403
    assert await db.fetch_value("SELECT count(*) FROM event") == 2


async def test_list_shows_drafts_past_and_cancelled_events_apart(client: httpx.AsyncClient) -> None:
    await log_in(client)
    await make_event(title="Kommt")
    await make_event(title="Entwurf", published=False)
    await make_event(title="War", starts_at=soon(days=-3))
    shown = {
        view: (await client.get("/desk/events", params={"show": view})).text for view in ("coming", "draft", "past")
    }
    assert [("Kommt" in page, "/desk/events/entwurf" in page, "War" in page) for page in shown.values()] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]


async def test_earlier_event_serves_as_a_pattern(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_event(title="Jahrestagung", summary="Wie immer")
    page = (await client.get("/desk/events/new", params={"like": event.slug})).text
    assert 'value="Jahrestagung"' in page
    assert "Wie immer" in page
    assert event.public.starts_at.strftime("%Y-%m-%d") not in page


@pytest.mark.parametrize("path", ["/desk", "/desk/events", "/desk/events/new", "/desk/mail", "/desk/people"])
async def test_desk_pages_are_kept_by_no_cache(client: httpx.AsyncClient, path: str) -> None:
    await log_in(client)
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert 'name="robots" content="noindex"' in answer.text


async def parked_mails(*events: str | None) -> None:
    ids = {event and (await make_event(slug=event, cluster=event)).id: event for event in events}
    await queue(
        [NewMail("ticket", f"{slug or 'niemand'}@example.org", "de", event_id=id_) for id_, slug in ids.items()]
    )
    await db.execute("UPDATE outbox_mail SET status = 'parked', attempts = 8, last_error = '550 User unknown'")


async def test_parked_mails_are_shown_and_sent_again(client: httpx.AsyncClient) -> None:
    await log_in(client, "agent", "own")
    await make_cluster("other")
    await parked_mails("own", "other", None)
    assert "1 Nachricht ist nicht angekommen" in (await client.get("/desk")).text
    page = (await client.get("/desk/mail")).text
    assert "own@example.org" in page
    assert "550 User unknown" in page
    assert "other@example.org" not in page
    assert "niemand@example.org" not in page
    answer = await client.post("/desk/mail/retry")
    assert answer.status_code == 303
    rows = await db.fetch("SELECT recipient, attempts FROM outbox_mail WHERE status = 'queued'")
    assert [(row["recipient"], row["attempts"]) for row in rows] == [("own@example.org", 0)]


async def test_mail_about_what_has_ended_is_no_alarm(client: httpx.AsyncClient) -> None:
    await log_in(client, "agent", "own")
    await parked_mails("own")
    await db.execute("UPDATE outbox_mail SET last_error = 'not sent: the offer has ended'")
    assert "ist nicht angekommen" not in (await client.get("/desk")).text
    page = (await client.get("/desk/mail?show=unneeded")).text
    assert "Nicht mehr nötig (1)" in page
    assert "Nicht angekommen (0)" in page
    assert "own@example.org" in page
    await client.post("/desk/mail/retry")
    assert await db.fetch_value("SELECT status FROM outbox_mail") == "parked"


async def test_one_parked_mail_is_sent_again_by_its_button(client: httpx.AsyncClient) -> None:
    await log_in(client)
    await make_cluster("own")
    await parked_mails("own", None)
    wanted = await db.fetch_value("SELECT id FROM outbox_mail WHERE recipient = 'own@example.org'")
    await client.post("/desk/mail/retry", data={"mail": str(wanted)})
    assert [row["id"] for row in await db.fetch("SELECT id FROM outbox_mail WHERE status = 'queued'")] == [wanted]
    await client.post("/desk/mail/retry", data={"mail": "x"})
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE status = 'parked'") == 1


async def a_mail(event_slug: str, recipient: str = "own@example.org", kind: str = "ticket", **columns: object) -> int:
    event = await queries.by_slug(event_slug)
    assert event is not None
    await queue([NewMail(kind, recipient, "de", event_id=event.id)])
    mail: int = await db.fetch_value("SELECT max(id) FROM outbox_mail")
    for name, value in columns.items():
        await db.execute(f"UPDATE outbox_mail SET {name} = $2 WHERE id = $1", mail, value)  # noqa: S608 - own names
    return mail


async def test_a_mails_page_tells_its_whole_way(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_event()
    mail = await a_mail(event.slug, status="parked", attempts=2, last_error="550 5.1.1 no such mailbox")
    await db.execute(
        """INSERT INTO outbox_failure (mail, at, trouble, said) VALUES
           ($1, now(), 'deferred', '450 busy'), ($1, now(), 'refused', '550 5.1.1 no such mailbox')""",
        mail,
    )
    await bounces.mark("own@example.org", "550 5.1.1 no such mailbox")
    page = (await client.get(f"/desk/mail/{mail}")).text
    assert page.index("Geschrieben") < page.index("450 busy") < page.index("Endgültig abgelehnt")
    assert "Diese Adresse nimmt keine Mails an" in page
    assert 'action="/desk/mail/retry"' in page


async def test_mail_of_other_clusters_is_nobodys_business(client: httpx.AsyncClient) -> None:
    await make_cluster("other")
    event = await make_event(cluster="other")
    mail = await a_mail(event.slug, status="parked")
    await log_in(client, "agent", "own")
    assert (await client.get(f"/desk/mail/{mail}")).status_code == 404
    assert (await client.get(f"/desk/mail?event={event.slug}")).status_code == 403
    await client.post("/desk/mail/retry", data={"mail": str(mail)})
    assert await db.fetch_value("SELECT status FROM outbox_mail") == "parked"
    for path in ("/desk/mail/pause", "/desk/mail/resume"):
        assert (await client.post(path, data={"event": event.slug})).status_code == 403
        assert (await client.post(path)).status_code == 403
    assert await pauses.pauses() == {}


async def test_a_sent_mail_is_written_anew_by_its_button(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_event()
    mail = await a_mail(event.slug)
    await db.execute("UPDATE outbox_mail SET status = 'sent', sent_at = now()")
    assert "Erneut senden" in (await client.get(f"/desk/mail/{mail}")).text
    await client.post("/desk/mail/retry", data={"mail": str(mail)})
    rows = await db.fetch("SELECT status, message_id FROM outbox_mail ORDER BY id")
    assert [row["status"] for row in rows] == ["sent", "queued"]
    assert rows[0]["message_id"] != rows[1]["message_id"]


async def test_the_pause_is_told_on_every_page_until_it_ends(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_event()
    answer = await client.post("/desk/mail/pause", data={"event": event.slug})
    assert answer.headers["location"] == f"/desk/mail?show=queued&event={event.slug}"
    assert "Die E-Mails dieser Veranstaltung sind angehalten" in (await client.get(f"/desk/events/{event.slug}")).text
    assert "angehalten</" not in (await client.get("/desk")).text
    await client.post("/desk/mail/pause")
    for path in ("/desk", "/desk/people", "/desk/mail", f"/desk/events/{event.slug}"):
        assert "Alle E-Mails sind angehalten" in (await client.get(path)).text
    await client.post("/desk/mail/resume")
    await client.post("/desk/mail/resume", data={"event": event.slug})
    assert await pauses.pauses() == {}


async def test_mail_is_found_by_event_and_by_part_of_the_address(client: httpx.AsyncClient) -> None:
    await log_in(client)
    here, there = await make_event(), await make_event()
    await a_mail(here.slug, "Anna_Muster@example.org")
    await a_mail(there.slug, "annaxmuster@example.org")
    page = (await client.get(f"/desk/mail?show=queued&event={here.slug}")).text
    assert "Anna_Muster" in page
    assert "annaxmuster" not in page
    page = (await client.get("/desk/mail?show=queued&q=anna_")).text
    assert "Anna_Muster" in page
    assert "annaxmuster" not in page
