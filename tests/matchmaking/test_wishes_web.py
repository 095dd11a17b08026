from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from events_app.kit import db
from events_app.matchmaking import service
from events_app.registration import service as registrations
from events_app.registration.schemas import RegistrationOut
from events_app.registration.service import erase
from tests.factories import ADMIN, auth, make_api_token, make_event, soon
from tests.matchmaking.crowd import make_crowd
from tests.matchmaking.exchange import (
    GEISELTAL,
    SAALEBLICK,
    SAALEKREIS,
    computed,
    join,
    make_exchange,
    over,
    pair,
    published,
)


async def sent(client: httpx.AsyncClient, who: RegistrationOut, path: str, **fields: Any) -> httpx.Response:
    return await client.post(f"/registrations/{who.manage_token}/matches/{path}", data=fields)


async def page(client: httpx.AsyncClient, who: RegistrationOut, path: str = "", language: str = "de") -> str:
    headers = {"Accept-Language": language}
    answer = await client.get(f"/registrations/{who.manage_token}/matches{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


async def exchange_of(client: httpx.AsyncClient, who: RegistrationOut) -> dict[str, Any]:
    """What the data that the contact downloads say of the exchange."""
    found: dict[str, Any] = (await client.get(f"/registrations/{who.manage_token}/data.json")).json()["exchange"]
    return found


async def test_contact_wishes_for_somebody_before_there_are_proposals_and_takes_it_back(
    client: httpx.AsyncClient,
) -> None:
    _, company, partner = await pair()
    assert "/matches/others" in await page(client, company)
    listed = await page(client, company, "/others")
    assert SAALEKREIS.name in listed
    assert "bietet Grundlehrgang für Mechatroniker/-in, 12 Plätze" in listed
    assert "18 km Luftlinie" in listed
    answer = await sent(client, company, "opinion", other=partner.id, kind="want", **{"from": "others", "page": "1"})
    assert answer.status_code == 303
    assert answer.headers["location"].endswith(f"/matches/others?q=&page=1#o-{partner.id}")
    assert "Von Ihnen gewünscht" in await page(client, company, "/others")
    await sent(client, company, "opinion", other=partner.id, kind="none")
    assert "Von Ihnen gewünscht" not in await page(client, company, "/others")


async def test_list_shows_no_people_and_finds_by_occupation(client: httpx.AsyncClient) -> None:
    _, company, partner = await pair()
    listed = await page(client, company, "/others?q=Mechatroniker")
    assert SAALEKREIS.name in listed
    assert all(person.name not in listed for person in partner.attendees)
    assert "example.org" not in listed
    assert "Niemand" in await page(client, company, "/others?q=Quantenbäckerei")
    assert "offers basic workshop course" in await page(client, company, "/others", "en")


@pytest.mark.parametrize("kind", ["rather_not", "work_together"])
async def test_other_side_reads_nothing_of_a_refusal(client: httpx.AsyncClient, kind: str) -> None:
    event, company, partner = await pair()
    before = [await page(client, partner), await page(client, partner, "/others")]
    assert (await sent(client, company, "opinion", other=partner.id, kind=kind)).status_code == 303
    assert [await page(client, partner), await page(client, partner, "/others")] == before
    await published(event)
    seen = await page(client, partner)
    assert "kein Treffen mit ihr möglich" in seen
    assert SAALEBLICK.name not in seen
    for word in ("Lieber nicht", "schon zusammen", kind):
        assert word not in seen
    headers = {"Authorization": f"Bearer {partner.manage_token}"}
    answer = await client.get(f"/api/v1/registrations/{partner.id}", headers=headers)
    own = await client.get(f"/registrations/{partner.manage_token}/data.json")
    for told in (answer, own):
        assert told.status_code == 200
        assert kind not in told.text
        assert str(company.id) not in told.text
    assert (await exchange_of(client, partner))["opinions"] == []
    [said] = (await exchange_of(client, company))["opinions"]
    assert (said["about"], said["kind"]) == (SAALEKREIS.name, kind)


async def test_proposal_has_three_answers_and_the_refused_one_stays_on_the_others_page(
    client: httpx.AsyncClient,
) -> None:
    event, company, partner = await pair()
    await published(event)
    before, seen = await page(client, partner), await page(client, company)
    assert "Lieber nicht" in seen
    assert "Wir arbeiten schon zusammen" in seen
    answer = await sent(client, company, "opinion", other=partner.id, kind="rather_not")
    assert answer.headers["location"].endswith(f"/matches#o-{partner.id}")
    assert "Die andere Seite erfährt das nicht." in await page(client, company)
    assert await page(client, partner) == before


@pytest.mark.parametrize("fields", [{"kind": "love"}, {"kind": "want", "other": "x"}, {"kind": "want"}])
async def test_senseless_opinions_are_refused(client: httpx.AsyncClient, fields: dict[str, str]) -> None:
    _, company, _ = await pair()
    answer = await sent(client, company, "opinion", **{"other": str(uuid4()), **fields})
    assert answer.status_code == 404
    assert await db.fetch_value("SELECT count(*) FROM matching_opinion") == 0


async def test_get_changes_nothing_and_a_wrong_link_opens_nothing(client: httpx.AsyncClient) -> None:
    _, company, partner = await pair()
    for path in ("opinion", "times", "exchange", "feedback"):
        answer = await client.get(f"/registrations/{company.manage_token}/matches/{path}?other={partner.id}&kind=want")
        assert answer.status_code == 405
        wrong = await client.post(f"/registrations/{company.manage_token[:-2]}xx/matches/{path}", data={})
        assert wrong.status_code == 404


async def test_who_does_not_take_part_sees_nobody(client: httpx.AsyncClient) -> None:
    event, _, _ = await pair()
    silent = await join(event, GEISELTAL, match=False)
    assert "/matches/others" not in await page(client, silent)
    listed = await page(client, silent, "/others")
    assert "Hier ist noch niemand zur Auswahl" in listed
    assert SAALEKREIS.name not in listed


async def test_list_of_5000_is_quick_and_paged(client: httpx.AsyncClient) -> None:
    event, company, _ = await pair(capacity=None)
    await make_crowd(event, 1, 5_000)
    first = await page(client, company, "/others")
    assert first.count('class="match"') == 25
    assert 'rel="next" href="?q=&amp;page=2"' in first
    assert (await page(client, company, "/others?page=201")).count('class="match"') == 1
    assert 'class="match"' not in await page(client, company, "/others?page=99999")


async def test_times_that_are_not_ticked_are_unavailable_and_others_stay(client: httpx.AsyncClient) -> None:
    start = soon(days=20)
    event = await make_event(starts_at=start)
    slots = [start.replace(hour=(start.hour + add) % 24) for add in (1, 2)]
    await db.execute(
        """UPDATE event SET matchmaking = matchmaking ||
             jsonb_build_object('enabled', true, 'slots', to_jsonb($2::text[])) WHERE id = $1""",
        event.id,
        [slot.isoformat() for slot in slots],
    )
    who = await join(event, SAALEBLICK)
    seen = await page(client, who)
    assert seen.count("checked") == 2
    value = seen.split('name="slot" value="')[1].split('"')[0]
    answer = await sent(client, who, "times", slot=value)
    assert answer.status_code == 303
    stored = await db.fetch_value("SELECT jsonb_array_length(training->'unavailable') FROM registration")
    assert stored == 1
    after = await page(client, who, "?done=times")
    assert after.count("checked") == 1
    assert "Ihre Zeiten sind gespeichert." in after
    await sent(client, who, "times")
    assert "Sie haben zu keiner Zeit zugesagt" in await page(client, who)
    assert await db.fetch_value("SELECT training->'needs'->0->>'occupation' FROM registration") == "mechatroniker"


async def test_feedback_is_asked_after_the_event_and_not_before(client: httpx.AsyncClient) -> None:
    event, company, partner = await pair()
    await published(event)
    assert "War das Gespräch nützlich?" not in await page(client, company)
    await over(event)
    assert "War das Gespräch nützlich?" in await page(client, company)
    assert (await sent(client, company, "feedback", other=partner.id)).status_code == 303
    assert await db.fetch_value("SELECT count(*) FROM meeting_feedback") == 0
    await sent(client, company, "feedback", other=partner.id, useful="yes", remark="<b>Gut</b>")
    seen = await page(client, company)
    assert "Danke für Ihre Antwort" in seen
    assert "<b>Gut" not in seen
    assert "Gut" not in await page(client, partner)
    novel = await sent(client, company, "feedback", other=partner.id, useful="no", remark="x" * 1001)
    assert novel.status_code == 400
    [said] = (await exchange_of(client, company))["feedback"]
    assert (said["about"], said["useful"], said["remark"]) == (SAALEKREIS.name, "yes", "<b>Gut</b>")
    assert (await exchange_of(client, partner))["feedback"] == []


async def test_erased_ones_words_and_remarks_on_them_are_gone_and_the_count_stays(client: httpx.AsyncClient) -> None:
    event, company, partner = await pair()
    await published(event)
    await over(event)
    await sent(client, company, "feedback", other=partner.id, useful="yes", remark="Frau Muster war nett")
    await sent(client, partner, "feedback", other=company.id, useful="partly", remark="Herr Beispiel auch")
    await sent(client, partner, "opinion", other=company.id, kind="rather_not")
    await service.forget_erased()
    assert await db.fetch_value("SELECT count(*) FROM meeting_feedback WHERE remark <> ''") == 2
    await erase.erase_registration(partner.id, ADMIN)
    await service.forget_erased()
    found = await db.fetch("SELECT useful, remark FROM meeting_feedback ORDER BY useful")
    assert [tuple(row) for row in found] == [("partly", ""), ("yes", "")]
    assert await db.fetch_value("SELECT count(*) FROM matching_opinion") == 0


async def test_contacts_are_shown_once_both_said_so(client: httpx.AsyncClient) -> None:
    event, company, partner = await pair()
    await published(event)
    seen = await page(client, company)
    assert "Kontakt austauschen" in seen
    assert "Möchte ich treffen" not in seen  # there is no round to meet in
    assert (await sent(client, company, "exchange", other=partner.id, agree="yes")).status_code == 303
    assert "Sie haben zugestimmt" in await page(client, company)
    waiting = await page(client, partner)
    assert "Möchte Kontaktdaten austauschen" in waiting
    assert "@example.org" not in waiting
    await sent(client, partner, "exchange", other=company.id, agree="yes")
    emails = {row["id"]: row["contact_email"] for row in await db.fetch("SELECT id, contact_email FROM registration")}
    assert emails[partner.id] in await page(client, company)
    assert emails[company.id] in await page(client, partner)


async def test_taken_back_agreement_is_open_again(client: httpx.AsyncClient) -> None:
    event, company, partner = await pair()
    await published(event)
    await sent(client, company, "exchange", other=partner.id, agree="yes")
    await sent(client, company, "exchange", other=partner.id, agree="no")
    assert "Möchte Kontaktdaten austauschen" not in await page(client, partner)
    assert (await sent(client, partner, "exchange", other=uuid4(), agree="yes")).status_code == 404


async def test_page_names_the_nearest_and_what_would_have_helped_in_both_languages(client: httpx.AsyncClient) -> None:
    event = await make_exchange()
    alone = await join(event, SAALEBLICK)
    far = await join(event, SAALEKREIS._replace(postcode="02826", district="14626"))  # from Halle to Görlitz
    run = await published(event)
    client.headers.update(auth(await make_api_token("admin")))
    for language, told, helps in (
        (
            "de",
            f"Mechatroniker/-in: niemand im Umkreis von 100 km; am nächsten: {SAALEKREIS.name}, 211 km",
            "ein Angebot auch online oder in Kreisen, die mehr als 100 km entfernt liegen",
        ),
        (
            "en",
            f"mechatronics technician: nobody within 100 km; nearest: {SAALEKREIS.name}, 211 km",
            "offer or accept it online as well, or serve districts farther than 100 km away",
        ),
    ):
        headers = {"Accept-Language": language}
        of_agent = (await client.get(f"/desk/events/{event.slug}/matching?run={run.id}", headers=headers)).text
        for seen, organisations in ((await page(client, alone, "", language), 1), (of_agent, 2)):
            assert told in seen, re.findall("100 km[^<]*", seen)
            assert seen.count(helps) == organisations
        assert "auch verwandte oder alle Berufe nennen" not in of_agent
    await registrations.cancel_registration(far.id, ADMIN)
    assert SAALEKREIS.name not in await page(client, alone)


async def test_run_without_partners_or_companies_or_consent_says_so(client: httpx.AsyncClient) -> None:
    event = await make_exchange()
    alone = await join(event, SAALEBLICK)
    await join(event, SAALEKREIS, match=False)
    run = await computed(event)
    assert run.summary is not None
    assert (run.summary.companies, run.summary.partners, run.summary.matches) == (1, 0, 0)
    await service.publish_run(run.id, ADMIN)
    assert "sonst bietet niemand etwas an" in await page(client, alone)
