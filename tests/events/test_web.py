from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from litestar import Litestar
from prometheus_client import REGISTRY

from events_app.events import rules, web
from events_app.events.jsonld import event_json_ld
from events_app.events.schemas import AgendaItem, GoodToKnow, Medium, Organiser, RegistrationWindow, Venue
from events_app.kit import db, settings
from events_app.kit.settings import Settings
from events_app.registration import service as registration
from tests.factories import ADMIN, auth, make_api_token, make_cluster, make_event, make_registration, soon
from tests.pagecheck import Page, sound

ROOM = "https://room.example.org/secret-4711"
ENGLISH = {"Accept-Language": "en-GB,en;q=0.8"}


async def page(client: httpx.AsyncClient, path: str, **headers: str) -> Page:
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return sound(answer.text)


def at(moment: datetime, app_settings: Settings) -> None:
    """Freeze the clock; the fixture of the settings thaws it."""
    settings.use(replace(app_settings, fixed_now=moment))


async def test_home_without_events_says_what_comes_next(client: httpx.AsyncClient) -> None:
    shown = await page(client, "/")
    assert "Gerade steht kein Termin an" in shown.text
    assert "/programme" in shown.links()


async def test_home_lists_the_next_event_first(client: httpx.AsyncClient) -> None:
    await make_event(title="Zweites Treffen", starts_at=soon(days=20))
    await make_event(title="Erstes Treffen", starts_at=soon(days=10))
    text = (await page(client, "/")).text
    assert text.index("Erstes Treffen") < text.index("Zweites Treffen")


async def test_home_hides_drafts(client: httpx.AsyncClient) -> None:
    await make_event(title="Geheimer Entwurf", published=False)
    assert "Geheimer Entwurf" not in (await page(client, "/")).text


async def test_home_shows_a_running_event_until_it_is_over(client: httpx.AsyncClient, app_settings: Settings) -> None:
    event = await make_event(title="Zwei Tage", starts_at=soon(days=5), ends_at=soon(days=6))
    at(event.public.starts_at + timedelta(hours=1), app_settings)
    assert "Läuft gerade" in (await page(client, "/")).text
    at(event.public.ends_at, app_settings)
    assert "Vergangene Veranstaltungen" in (await page(client, "/?past=all")).text


async def test_home_filters_by_cluster(client: httpx.AsyncClient) -> None:
    await make_cluster("tab-mint")
    await make_cluster("lausitz-cares")
    await make_event(title="Treffen der Mechatronik", cluster="tab-mint")
    await make_event(title="Treffen der Pflege", cluster="lausitz-cares")
    shown = await page(client, "/?cluster=tab-mint")
    assert "Treffen der Mechatronik" in shown.text
    assert "Treffen der Pflege" not in shown.text
    chosen = [link["href"] for link in shown.all("a") if link.get("aria-current") == "true"]
    assert chosen == ["/?cluster=tab-mint#events"]


async def test_home_with_an_unknown_cluster_shows_all(client: httpx.AsyncClient) -> None:
    await make_event(title="Treffen")
    for wanted in ("nowhere", "%3Cscript%3E", "x" * 500):
        assert "Treffen" in (await page(client, f"/?cluster={wanted}")).text


async def test_home_says_that_a_cluster_has_no_date(client: httpx.AsyncClient) -> None:
    await make_cluster("tab-mint", name="TAB_MINT")
    assert "Bei TAB_MINT steht gerade kein Termin an" in (await page(client, "/?cluster=tab-mint")).text


async def test_home_shows_six_past_events_and_all_on_demand(client: httpx.AsyncClient) -> None:
    for number in range(8):
        await make_event(title=f"Rückblick {number}", starts_at=soon(days=-10 - number))
    await make_event(title="Nie gewesen", slug="nie-gewesen", starts_at=soon(days=-9))
    await registration.cancel_event("nie-gewesen", "", ADMIN)
    first, whole = await page(client, "/"), await page(client, "/?past=all")
    assert first.text.count("Rückblick") == 6
    assert "/?past=all#past" in first.links()
    assert whole.text.count("Rückblick") == 8
    assert "Nie gewesen" not in whole.text


async def test_home_leads_from_a_past_event_to_its_media(client: httpx.AsyncClient) -> None:
    medium = Medium("Folien", "https://media.example.org/slides")
    await make_event(slug="rueckblick", starts_at=soon(days=-9), media=[medium])
    assert "/events/rueckblick#media" in (await page(client, "/")).links()


async def test_home_offers_registration_only_where_it_is_open(client: httpx.AsyncClient) -> None:
    await make_event(slug="offen")
    await make_event(slug="zu", registration=RegistrationWindow(None, soon(days=-1)))
    await make_event(slug="spaeter", registration=RegistrationWindow(soon(days=3), None))
    await make_event(slug="voll", capacity=0, waiting_list=False)
    await make_event(slug="warten", capacity=0)
    links = (await page(client, "/")).links()
    assert {link for link in links if link.endswith("/register")} == {
        "/events/offen/register",
        "/events/warten/register",
    }


async def test_event_page_tells_everything_people_ask(client: httpx.AsyncClient) -> None:
    await make_cluster("tab-mint", name="TAB_MINT")
    starts = soon(days=30)
    await make_event(
        slug="boerse",
        title="Kooperationsbörse",
        cluster="tab-mint",
        starts_at=starts,
        summary="Ein Tag der Verabredungen.",
        description="Mit **Nachdruck**.\n\n- erstens\n- zweitens",
        agenda=[AgendaItem(starts, "Ankommen", None, "Dr. Beispiel", "Saal 1")],
        good_to_know=GoodToKnow(parking="Hof", step_free=True, induction_loop=False, costs="kostenfrei"),
        organiser=Organiser("Clusterbüro", "buero@example.org", "0345 12 34"),
    )
    shown = await page(client, "/events/boerse")
    for words in (
        "Kick-off",
        "TAB_MINT",
        "Kooperationsbörse",
        "Ein Tag der Verabredungen.",
        "Werkhalle Musterweg 1 06112 Halle (Saale)",
        "100 Plätze frei",
        "Ankommen Dr. Beispiel · Saal 1",
        "Stufenloser Zugang",
        "Keine Induktionsschleife",
        "Hof",
        "kostenfrei",
        "Clusterbüro",
    ):
        assert words in shown.text
    assert "Barrierefreie Toilette" not in shown.text
    assert "/events/boerse/register" in shown.links()
    assert "/events/boerse/calendar.ics" in shown.links()
    assert "/clusters/tab-mint" in shown.links()
    assert "tel:03451234" in shown.links()
    assert "mailto:buero@example.org?subject=Kooperationsb%C3%B6rse" in shown.links()


async def test_event_page_opens_a_map_only_when_asked(client: httpx.AsyncClient) -> None:
    event = await make_event()
    links = (await page(client, f"/events/{event.slug}")).links()
    assert f"{web.MAP_SEARCH}?query=Musterweg+1%2C+06112+Halle+%28Saale%29" in links


@pytest.mark.parametrize(
    ("venue", "url"),
    [
        (Venue(), None),
        (Venue(name="Saal"), "?query=Saal"),
        (Venue(name="Saal", place="Löbau"), "?query=Saal%2C+L%C3%B6bau"),
        (Venue(name="Saal", street="Weg 1", place="Löbau"), "?query=Weg+1%2C+L%C3%B6bau"),
    ],
)
def test_map_is_asked_for_what_is_known(venue: Venue, url: str | None) -> None:
    assert web.map_url(venue) == (None if url is None else web.MAP_SEARCH + url)


@pytest.mark.parametrize("path", ["/", "/events/{slug}"])
async def test_page_is_german_unless_english_is_asked_for(client: httpx.AsyncClient, path: str) -> None:
    event = await make_event(cluster=None)
    address = path.format(slug=event.slug)
    plain, accepted = await client.get(address), await client.get(address, headers=ENGLISH)
    switched = await client.get(f"{address}?lang=en")
    assert '<html lang="de"' in plain.text
    assert "Anmelden" in plain.text
    for english in (accepted, switched):
        assert '<html lang="en"' in english.text
        assert "Register" in english.text
        assert english.headers["content-language"] == "en"
    assert "language=en" in switched.headers["set-cookie"]
    assert "set-cookie" not in accepted.headers


async def test_event_in_another_language_than_the_page_is_marked_as_such(client: httpx.AsyncClient) -> None:
    event = await make_event(language="en", title="Meet the trainers", description="Ask *anything*.")
    shown = await page(client, f"/events/{event.slug}")
    assert shown.all("h1")[0]["lang"] == "en"
    assert "lang" not in (await page(client, f"/events/{event.slug}?lang=en")).all("h1")[0]


@pytest.mark.parametrize("slug", ["nowhere", "Nowhere%21", "%00", "..%2fadmin", "a" * 300])
async def test_unknown_event_is_a_page_with_404(client: httpx.AsyncClient, slug: str) -> None:
    answer = await client.get(f"/events/{slug}")
    assert answer.status_code == 404
    assert "Seite nicht gefunden" in sound(answer.text).text


async def test_cancelled_event_says_why_and_takes_nobody(client: httpx.AsyncClient) -> None:
    event = await make_event()
    await registration.cancel_event(event.slug, "Die Halle steht unter Wasser.", ADMIN)
    shown = await page(client, f"/events/{event.slug}")
    assert "Diese Veranstaltung ist abgesagt" in shown.text
    assert "Die Halle steht unter Wasser." in shown.text
    assert not any(link.endswith("/register") for link in shown.links())
    assert json.loads(shown.json_ld)["eventStatus"] == "https://schema.org/EventCancelled"


async def test_full_event_offers_its_waiting_list(client: httpx.AsyncClient) -> None:
    event = await make_event(capacity=1)
    await make_registration(event, people=1)
    shown = await page(client, f"/events/{event.slug}")
    assert "Ausgebucht" in shown.text
    assert "Auf die Warteliste" in shown.text
    assert f"/events/{event.slug}/register" in shown.links()


async def test_full_event_without_waiting_list_takes_nobody(client: httpx.AsyncClient) -> None:
    event = await make_event(capacity=1, waiting_list=False)
    await make_registration(event, people=1)
    shown = await page(client, f"/events/{event.slug}")
    assert "Es gibt keine Warteliste" in shown.text
    assert not any(link.endswith("/register") for link in shown.links())


async def test_registration_that_has_not_begun_says_when(client: httpx.AsyncClient) -> None:
    opens = datetime.fromisoformat("2027-03-01T08:00:00+01:00")
    starts = datetime.fromisoformat("2027-04-01T08:00:00+02:00")
    event = await make_event(starts_at=starts, registration=RegistrationWindow(opens, None))
    shown = await page(client, f"/events/{event.slug}")
    assert "Anmeldung ab 1. März 2027, 08:00 Uhr" in shown.text
    assert not any(link.endswith("/register") for link in shown.links())


async def test_closed_registration_says_that_swaps_are_possible(client: httpx.AsyncClient) -> None:
    event = await make_event(registration=RegistrationWindow(None, soon(days=-1)))
    shown = await page(client, f"/events/{event.slug}")
    assert "Anmeldung geschlossen" in shown.text
    assert "Ersatzperson" in shown.text


async def test_event_that_has_begun_takes_nobody(client: httpx.AsyncClient, app_settings: Settings) -> None:
    event = await make_event()
    at(event.public.starts_at, app_settings)
    shown = await page(client, f"/events/{event.slug}")
    assert "Diese Veranstaltung hat begonnen" in shown.text
    assert not any(link.endswith("/register") for link in shown.links())


async def test_past_event_shows_its_media(client: httpx.AsyncClient) -> None:
    media = [Medium("Folien (PDF)", "https://media.example.org/slides.pdf")]
    await make_event(slug="vorbei", starts_at=soon(days=-9), media=media)
    await make_event(slug="kommt", media=media)
    over, coming = await page(client, "/events/vorbei"), await page(client, "/events/kommt")
    assert "Diese Veranstaltung ist vorbei" in over.text
    assert media[0].url in over.links()
    assert media[0].url not in coming.links()


async def test_agenda_of_two_days_has_their_dates(client: httpx.AsyncClient) -> None:
    first = datetime.fromisoformat("2027-03-27T10:00:00+01:00")
    second = datetime.fromisoformat("2027-03-28T10:00:00+02:00")
    agenda = [AgendaItem(first, "Rundgang"), AgendaItem(second, "Prüfungen")]
    await make_event(slug="zwei", starts_at=first, ends_at=second + timedelta(hours=4), agenda=agenda)
    text = (await page(client, "/events/zwei")).text
    assert "Samstag, 27. März 2027 10:00 Rundgang Sonntag, 28. März 2027 10:00 Prüfungen" in text


async def test_draft_is_for_those_who_run_it(client: httpx.AsyncClient) -> None:
    cluster = await make_cluster("tab-mint")
    other = await make_cluster("lausitz-cares")
    event = await make_event(published=False, cluster="tab-mint")
    own, foreign = await make_api_token("agent", cluster.id), await make_api_token("agent", other.id)
    assert (await client.get(f"/events/{event.slug}")).status_code == 404
    assert (await client.get(f"/events/{event.slug}", headers=auth(foreign))).status_code == 404
    answer = await client.get(f"/events/{event.slug}", headers=auth(own))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    shown = sound(answer.text)
    assert "Entwurf" in shown.text
    assert {"name": "robots", "content": "noindex"} in shown.all("meta")
    assert (await client.get(f"/events/{event.slug}")).status_code == 404


@pytest.mark.parametrize("mode", ["online", "hybrid"])
async def test_way_into_the_online_room_is_never_public(client: httpx.AsyncClient, mode: str) -> None:
    event = await make_event(mode=mode, online_url=ROOM)
    await make_registration(event)
    for path in ("/", f"/events/{event.slug}"):
        assert ROOM not in (await client.get(path)).text
    for path in ("/calendar.ics", f"/events/{event.slug}/calendar.ics"):
        assert b"secret-4711" not in (await client.get(path)).content.replace(b"\r\n ", b"")


async def test_json_ld_describes_the_event(client: httpx.AsyncClient) -> None:
    starts = datetime.fromisoformat("2027-02-18T09:30:00+01:00")
    event = await make_event(starts_at=starts, mode="hybrid", capacity=10, organiser=Organiser("Clusterbüro"))
    await make_registration(event, people=3)
    found = json.loads((await page(client, f"/events/{event.slug}")).json_ld)
    url = f"http://clustertreff.test/events/{event.slug}"
    assert found["startDate"] == "2027-02-18T09:30:00+01:00"
    assert found["eventStatus"] == "https://schema.org/EventScheduled"
    assert found["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    assert [place["@type"] for place in found["location"]] == ["Place", "VirtualLocation"]
    assert found["location"][0]["address"]["postalCode"] == "06112"
    assert found["remainingAttendeeCapacity"] == 7
    assert found["offers"] == {
        "@type": "Offer",
        "url": f"{url}/register",
        "availability": "https://schema.org/InStock",
    }
    assert found["organizer"] == {"@type": "Organization", "name": "Clusterbüro"}


async def test_json_ld_can_not_end_its_element(client: httpx.AsyncClient) -> None:
    title = "</script><script>alert(1)</script> & <!-- \u2028"
    event = await make_event(title=title, slug="boese")
    answer = await client.get("/events/boese")
    assert "<script>alert" not in answer.text
    assert json.loads(sound(answer.text).json_ld)["name"] == event.public.title


async def test_json_ld_of_a_full_event_is_sold_out(database: None) -> None:
    public = (await make_event(capacity=0)).public
    assert "SoldOut" in event_json_ld(public, "open", "https://a.example/events/x")
    assert "offers" not in event_json_ld(public, "started", "https://a.example/events/x")


async def test_page_is_kept_for_a_moment(client: httpx.AsyncClient, app: Litestar) -> None:
    event = await make_event(title="Alt")
    before = await client.get(f"/events/{event.slug}")
    await db.execute("UPDATE event SET title = 'Neu'")  # as another process would: nobody here hears of it
    assert (await client.get(f"/events/{event.slug}")).text == before.text
    app.state.services.pages.clear()
    assert "Neu" in (await client.get(f"/events/{event.slug}")).text


def from_memory() -> float:
    """How many pages this process has answered from memory."""
    return REGISTRY.get_sample_value("clustertreff_pages_from_memory_total") or 0.0


def sameness(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in {"date", "set-cookie"}}


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("path", ["/", "/events/{slug}", "/programme", "/privacy"])
async def test_page_from_memory_is_the_page_from_its_route(client: httpx.AsyncClient, path: str, encoding: str) -> None:
    address = path.format(slug=(await make_event()).slug)
    headers = {"Accept-Encoding": encoding, "Accept-Language": "en"}
    counted = from_memory()
    written = await client.get(address, headers=headers)
    remembered = await client.get(address, headers=headers)
    assert from_memory() == counted + 1
    assert remembered.text == written.text
    assert sameness(remembered) == sameness(written)
    known = {**headers, "If-None-Match": written.headers["etag"]}
    again, by_query = await client.get(address, headers=known), await client.get(f"{address}?x=1", headers=known)
    assert again.status_code == by_query.status_code == 304
    assert sameness(again) == sameness(by_query)


@pytest.mark.parametrize(
    "headers",
    [{"Cookie": "session=abc"}, {"Cookie": "language=de; other=1"}, {"Authorization": "Bearer x"}],
)
async def test_reader_who_may_be_staff_goes_through_the_guards(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    address = f"/events/{(await make_event()).slug}"
    await client.get(address)
    counted = from_memory()
    answer = await client.get(address, headers=headers)
    assert answer.status_code == 200
    assert from_memory() == counted


async def test_staffs_page_is_shown_to_nobody_else(client: httpx.AsyncClient) -> None:
    event = await make_event(published=False)
    token = await make_api_token("admin")
    for _ in range(2):
        assert (await client.get(f"/events/{event.slug}", headers=auth(token))).status_code == 200
        assert (await client.get(f"/events/{event.slug}")).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_memory_answers_get_alone(client: httpx.AsyncClient, method: str) -> None:
    address = f"/events/{(await make_event()).slug}"
    await client.get(address)
    assert (await client.request(method, address)).status_code in {204, 405}


async def test_registration_in_this_process_is_seen_at_once(client: httpx.AsyncClient) -> None:
    event = await make_event(capacity=10)
    assert "10 Plätze frei" in (await page(client, f"/events/{event.slug}")).text
    await make_registration(event, people=2)
    assert "8 Plätze frei" in (await page(client, f"/events/{event.slug}")).text
    await registration.cancel_event(event.slug, "", ADMIN)
    assert "abgesagt" in (await page(client, f"/events/{event.slug}")).text


async def test_reader_who_has_the_page_gets_304(client: httpx.AsyncClient) -> None:
    event = await make_event()
    first = await client.get(f"/events/{event.slug}")
    again = await client.get(f"/events/{event.slug}", headers={"If-None-Match": first.headers["etag"]})
    english = await client.get(f"/events/{event.slug}?lang=en", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert english.status_code == 200
    assert "content-security-policy" in first.headers


async def test_page_is_compressed_once(client: httpx.AsyncClient) -> None:
    event = await make_event()
    packed = await client.get(f"/events/{event.slug}", headers={"Accept-Encoding": "gzip"})
    plain = await client.get(f"/events/{event.slug}", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"].count("Accept-Encoding") == 1
    assert packed.text == plain.text


def test_event_is_over_at_its_end() -> None:
    end = soon(days=1)
    assert rules.is_over(end, end)
    assert not rules.is_over(end, end - timedelta(microseconds=1))
