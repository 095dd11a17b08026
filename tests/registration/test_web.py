from __future__ import annotations

import base64
import json
import re
from typing import Any

import altcha
import httpx
import msgspec
import pytest

from events_app.events.schemas import Matchmaking, Question, RegistrationWindow
from events_app.kit import db
from events_app.kit.http import pow as proof
from tests.factories import make_event, make_registration, soon
from tests.pagecheck import sound


def solved() -> str:
    made = proof.challenge()
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(made))
    assert solution is not None
    return base64.b64encode(json.dumps({"challenge": made, "solution": solution.to_dict()}).encode()).decode()


def form(**changes: str) -> dict[str, str]:
    return {
        "organisation.name": "Werkstatt Muster",
        "organisation.kind": "company",
        "organisation.postcode": "06112",
        "contact.given_name": "Kim",
        "contact.family_name": "Muster",
        "contact.email": "kim@example.org",
        "contact_attends": "yes",
        "attendees.0.given_name": "Ada",
        "attendees.0.family_name": "Beispiel",
        "attendees.0.email": "",
        "consents.privacy": "yes",
        **changes,
    }


async def send(client: httpx.AsyncClient, slug: str, fields: dict[str, Any]) -> httpx.Response:
    return await client.post(f"/events/{slug}/register", data=fields)


async def test_form_registers_contact_and_colleague_with_proof_of_work(client: httpx.AsyncClient) -> None:
    event = await make_event()
    answer = await send(client, event.slug, form(altcha=solved()))
    assert answer.status_code == 303
    page = await client.get(answer.headers["location"])
    assert page.status_code == 200
    assert "Kim Muster" in page.text
    assert "Ada Beispiel" in page.text
    assert await db.fetch_value("SELECT count(*) FROM attendee WHERE status = 'confirmed'") == 2


async def test_form_without_proof_takes_seats_only_after_the_mailed_button(client: httpx.AsyncClient) -> None:
    event = await make_event()
    answer = await send(client, event.slug, form())
    assert answer.status_code == 200
    assert await db.fetch_value("SELECT count(*) FROM registration") == 0
    url = await db.fetch_value("SELECT payload->>'confirm_url' FROM outbox_mail WHERE kind = 'registration-pending'")
    page = await client.get(url)
    assert page.status_code == 200
    assert await db.fetch_value("SELECT count(*) FROM registration") == 0
    first, second = await client.post(url), await client.post(url)
    assert first.status_code == 303
    assert second.headers["location"] == first.headers["location"]
    assert await db.fetch_value("SELECT taken FROM event_seats") == 2


async def test_mailed_link_leads_to_the_registration_once_it_has_made_one(client: httpx.AsyncClient) -> None:
    event = await make_event()
    await send(client, event.slug, form())
    url = await db.fetch_value("SELECT payload->>'confirm_url' FROM outbox_mail WHERE kind = 'registration-pending'")
    await client.post(url)
    again = await client.get(url)
    assert again.status_code == 303
    assert "Kim Muster" in (await client.get(again.headers["location"])).text
    assert await db.fetch_value("SELECT count(*) FROM registration") == 1


@pytest.mark.parametrize(
    "key", ["email", "given_name", "role", "organisation", "themes", "answers", "paste", "website"]
)
async def test_form_keeps_its_own_fields_whatever_an_events_questions_are_called(
    client: httpx.AsyncClient, key: str
) -> None:
    event = await make_event(questions=[Question(key, "Worauf?", "choices", ["a", "b"], required=True)])
    entered = form(altcha=solved())
    assert "Person 1, Worauf? Bitte" in sound((await send(client, event.slug, entered)).text).text
    people = {f"contact.answers.{key}": ["a", "b"], f"attendees.0.answers.{key}": ["b"]}
    answer = await send(client, event.slug, entered | people)
    assert answer.status_code == 303
    rows = await db.fetch("SELECT email, answers FROM attendee ORDER BY position")
    assert [msgspec.json.decode(row["answers"]) for row in rows] == [{key: ["a", "b"]}, {key: ["b"]}]
    assert [row["email"] for row in rows] == [entered["contact.email"], entered["attendees.0.email"] or None]


async def test_form_for_a_full_event_is_refused_before_any_mail(client: httpx.AsyncClient) -> None:
    event = await make_event(capacity=1, waiting_list=False)
    answer = await send(client, event.slug, form())
    assert answer.status_code == 409
    assert 'value="Werkstatt Muster"' in answer.text
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail") == 0
    assert await db.fetch_value("SELECT count(*) FROM held_submission") == 0


async def test_form_shows_each_error_at_its_field_and_keeps_what_was_typed(client: httpx.AsyncClient) -> None:
    event = await make_event(matchmaking=Matchmaking(enabled=True))
    wrong = form(
        **{
            "contact.email": "kaputt@",
            "attendees.0.family_name": "",
            "consents.privacy": "",
        }
    )
    answer = await send(client, event.slug, wrong)
    assert answer.status_code == 400
    found = set(re.findall(r'id="f-([a-z0-9_-]+)-error"', answer.text))
    assert found == {
        "contact-email",
        "attendees-0-family_name",
        "consents-privacy",
    }
    assert 'value="kaputt@"' in answer.text
    assert "Person 1, Nachname" in answer.text
    assert await db.fetch_value("SELECT count(*) FROM registration") == 0


@pytest.mark.parametrize("name", ["contact", "contact.answers", "contact.0.email", "attendees", "answers", "training"])
async def test_form_with_fields_of_another_kind_is_shown_again(client: httpx.AsyncClient, name: str) -> None:
    event = await make_event(questions=[Question("diet", "Was essen Sie?", per="attendee")])
    sent = {field: text for field, text in form().items() if not field.startswith(name.partition(".")[0])}
    for button in ({}, {"add": "attendees"}, {"add": name}, {"add": f"{name}.x"}):
        answer = await send(client, event.slug, {**sent, "contact_attends": "yes", name: "x", **button})
        assert answer.status_code in {200, 400}
        sound(answer.text)


async def test_form_escapes_what_was_typed(client: httpx.AsyncClient) -> None:
    event = await make_event()
    answer = await send(client, event.slug, form(**{"organisation.name": '"><script>x</script>', "contact.email": ""}))
    assert "<script>x</script>" not in answer.text


async def test_form_adds_and_removes_rows_without_javascript(client: httpx.AsyncClient) -> None:
    event = await make_event()
    more = await send(client, event.slug, form(add="attendees"))
    assert 'name="attendees.1.given_name"' in more.text
    less = await send(client, event.slug, form(**{"attendees.1.given_name": "Bo", "remove": "attendees.0"}))
    assert 'value="Bo"' in less.text
    assert 'value="Ada"' not in less.text


async def test_form_takes_pasted_people_into_rows_to_be_checked(client: httpx.AsyncClient) -> None:
    event = await make_event()
    pasted = "Müller, Anna <anna@example.org>; Bo Beispiel <bo@example.org>"
    answer = await send(client, event.slug, form(**{"attendees.0.given_name": "Ada", "paste": pasted, "add": "paste"}))
    values = re.findall(r'name="attendees\.(\d+)\.(\w+)" value="([^"]+)"', answer.text)
    assert [value for number, _, value in values if number == "1"] == ["Anna", "Müller", "anna@example.org"]
    assert [value for number, _, value in values if number == "2"] == ["Bo", "Beispiel", "bo@example.org"]
    assert ("0", "given_name", "Ada") in values
    assert await db.fetch_value("SELECT count(*) FROM registration") == 0


async def test_form_names_the_person_who_is_registered_already(client: httpx.AsyncClient) -> None:
    event = await make_event()
    await send(client, event.slug, form(altcha=solved()))
    answer = await send(client, event.slug, form(altcha=solved()))
    assert answer.status_code == 409
    assert "bereits angemeldet" in answer.text


async def test_form_refuses_programs_that_fill_the_trap(client: httpx.AsyncClient) -> None:
    event = await make_event()
    answer = await send(client, event.slug, form(website="https://spam.example", altcha=solved()))
    assert answer.status_code == 403


async def test_form_leads_to_the_profile_where_partners_are_suggested(client: httpx.AsyncClient) -> None:
    matched, plain = await make_event(matchmaking=Matchmaking(enabled=True)), await make_event()
    first, second = (
        await send(client, matched.slug, form(altcha=solved())),
        await send(client, plain.slug, form(altcha=solved())),
    )
    assert first.headers["location"].endswith("/profile?new=1")
    assert "/profile" not in second.headers["location"]
    assert (await client.get(first.headers["location"])).status_code == 200


async def test_form_asks_three_people_for_ten_entries_at_most(client: httpx.AsyncClient) -> None:
    event = await make_event(matchmaking=Matchmaking(enabled=True))
    page = await send(client, event.slug, {"contact_attends": "yes", "attendees.0.given_name": "A", "add": "attendees"})
    form_html = re.sub(r"<template.*?</template>", "", page.text, flags=re.DOTALL)
    needed = re.findall(r'<input[^>]* name="([^"]+)"[^>]* required', form_html)
    assert len([*needed, "organisation.postcode", "consents.privacy"]) <= 10


async def test_profile_reads_occupations_as_people_type_them(client: httpx.AsyncClient) -> None:
    made = await make_registration(await make_event(matchmaking=Matchmaking(enabled=True)), 1)
    rows = {
        "training.needs.3.occupation": "Mechatroniker/-in",
        "training.needs.3.form": "grundlehrgang",
        "training.needs.3.places": "2",
        "training.offers.0.occupation": "Alle Berufe",
        "training.offers.0.form": "werkstatt",
        "training.offers.0.places": "10",
        "training.offers.0.districts": ["15002", "15088"],
        "training.themes": ["digital", "innovation"],
        "consents.match": "yes",
    }
    assert (await client.post(f"/registrations/{made.manage_token}/profile", data=rows)).status_code == 303
    training = json.loads(await db.fetch_value("SELECT training FROM registration"))
    assert [(n["occupation"], n["places"]) for n in training["needs"]] == [("mechatroniker", 2)]
    assert (training["offers"][0]["occupation"], training["offers"][0]["districts"]) == ("*", ["15002", "15088"])
    assert training["themes"] == ["digital", "innovation"]


async def test_profile_shows_each_error_at_its_field_and_keeps_what_was_typed(client: httpx.AsyncClient) -> None:
    made = await make_registration(await make_event(matchmaking=Matchmaking(enabled=True)), 1)
    rows = {
        "training.needs.0.occupation": "Zauberer",
        "training.needs.0.form": "grundlehrgang",
        "training.needs.0.places": "viele",
    }
    answer = await client.post(f"/registrations/{made.manage_token}/profile", data=rows)
    assert answer.status_code == 400
    assert set(re.findall(r'id="f-([a-z0-9_-]+)-error"', answer.text)) == {
        "training-needs-0-occupation",
        "training-needs-0-places",
    }
    assert 'value="Zauberer"' in answer.text
    assert await db.fetch_value("SELECT training->'needs' FROM registration") == "[]"


async def test_profile_copies_an_offer_without_javascript(client: httpx.AsyncClient) -> None:
    made = await make_registration(await make_event(matchmaking=Matchmaking(enabled=True)), 1)
    rows = {
        "training.offers.0.occupation": "Mechatroniker/-in",
        "training.offers.0.site": "Halle",
        "copy": "training.offers.0",
    }
    page = await client.post(f"/registrations/{made.manage_token}/profile", data=rows)
    assert page.text.count('value="Halle"') == 2


async def test_profile_offers_only_what_the_organisation_may_offer(client: httpx.AsyncClient) -> None:
    event = await make_event(matchmaking=Matchmaking(enabled=True))
    made = await make_registration(event, 1, organisation={"name": "Schule", "kind": "school"})
    page = (await client.get(f"/registrations/{made.manage_token}/profile")).text
    needs, _, offers = page.partition('id="offers-title"')
    assert 'value="uebernahme"' in needs
    assert 'value="uebernahme"' not in offers


async def test_profile_that_is_closed_says_so(client: httpx.AsyncClient) -> None:
    closed = Matchmaking(enabled=True, profile_closes_at=soon(days=-1))
    made = await make_registration(await make_event(matchmaking=closed), 1)
    page = await client.get(f"/registrations/{made.manage_token}/profile")
    assert "nicht mehr geändert" in page.text
    assert "<form" not in page.text


async def test_form_knows_a_returning_organisation_by_its_link(client: httpx.AsyncClient) -> None:
    first = await make_event(matchmaking=Matchmaking(enabled=True))
    training = {"needs": [{"occupation": "mechatroniker", "form": "grundlehrgang", "places": 2}]}
    made = await make_registration(first, 2, training=training)
    second = await make_event(title="Zweites Treffen", matchmaking=Matchmaking(enabled=True))
    invited = await make_event(title="Geladen", registration=RegistrationWindow(invitation_only=True))
    manage = await client.get(f"/registrations/{made.manage_token}")
    assert f"/events/{second.slug}/register?again={made.manage_token}" in manage.text
    assert f"/events/{invited.slug}/register?again=" not in manage.text  # a code is needed there
    filled = await client.get(f"/events/{second.slug}/register?again={made.manage_token}")
    assert f'value="{made.organisation}"' in filled.text
    assert all(person.name.split()[0] in filled.text for person in made.attendees)
    await send(client, second.slug, form(altcha=solved(), again=made.manage_token))
    needs = await db.fetch_value("SELECT training->'needs' FROM registration WHERE event = $1", second.id)
    assert json.loads(needs)[0]["occupation"] == "mechatroniker"


async def test_form_tells_nothing_to_a_forged_link(client: httpx.AsyncClient) -> None:
    event = await make_event()
    made = await make_registration(event)
    forged = made.manage_token[:-4] + "AAAA"
    assert made.organisation not in (await client.get(f"/events/{event.slug}/register?again={forged}")).text


async def test_form_asks_the_events_questions_per_person(client: httpx.AsyncClient) -> None:
    question = Question("diet", "Was essen Sie?", "choice", ["alles", "vegan"], required=True)
    event = await make_event(questions=[question])
    missing = await send(client, event.slug, form(altcha=solved(), **{"contact.answers.diet": "vegan"}))
    assert set(re.findall(r'href="#f-([a-z0-9_-]+)"', missing.text)) == {"attendees-0-answers-diet"}
    complete = form(altcha=solved(), **{"contact.answers.diet": "vegan", "attendees.0.answers.diet": "alles"})
    assert (await send(client, event.slug, complete)).status_code == 303


async def test_form_of_another_site_is_not_carried_out(client: httpx.AsyncClient) -> None:
    event = await make_event()
    answer = await client.post(
        f"/events/{event.slug}/register", data=form(altcha=solved()), headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert await db.fetch_value("SELECT count(*) FROM registration") == 0


async def test_manage_link_that_is_forged_finds_nothing(client: httpx.AsyncClient) -> None:
    event = await make_event()
    made = await make_registration(event)
    forged = made.manage_token[:-2] + ("AA" if not made.manage_token.endswith("AA") else "BB")
    assert (await client.get(f"/registrations/{forged}")).status_code == 404
    assert (await client.get("/registrations/x")).status_code == 404


async def test_manage_page_swaps_adds_changes_and_cancels_people(client: httpx.AsyncClient) -> None:
    event = await make_event()
    made = await make_registration(event, 2)
    home, first = f"/registrations/{made.manage_token}", made.attendees[0].id
    new = {"given_name": "Neu", "family_name": "Person", "email": "neu@example.org"}
    assert (await client.post(f"{home}/attendees/{first}/swap", data=new)).status_code == 303
    more = {"given_name": "Noch", "family_name": "Jemand", "email": ""}
    assert (await client.post(f"{home}/attendees/new", data=more)).status_code == 303
    second = made.attendees[1].id
    changed = {"given_name": "Anders", "family_name": "Geschrieben", "email": "a@example.org"}
    assert (await client.post(f"{home}/attendees/{second}", data=changed)).status_code == 303
    assert (await client.post(f"{home}/attendees/{second}/cancel")).status_code == 303
    page = await client.get(f"{home}?done=cancelled")
    assert all(name in page.text for name in ("Neu Person", "Noch Jemand", "Anders Geschrieben", "Abgemeldet"))
    assert await db.fetch_value("SELECT taken FROM event_seats") == 2


async def test_manage_page_shows_what_is_wrong_with_a_person(client: httpx.AsyncClient) -> None:
    made = await make_registration(await make_event(), 1)
    answer = await client.post(f"/registrations/{made.manage_token}/attendees/new", data={"given_name": "Nur"})
    assert answer.status_code == 400
    assert 'id="f-family_name-error"' in answer.text
    assert 'value="Nur"' in answer.text


async def test_manage_page_keeps_the_profile_and_its_consent(client: httpx.AsyncClient) -> None:
    made = await make_registration(await make_event(matchmaking=Matchmaking(enabled=True)), 1)
    home = f"/registrations/{made.manage_token}"
    rows = {
        "training.needs.0.occupation": "Mechatroniker/-in",
        "training.needs.0.form": "grundlehrgang",
        "training.needs.0.places": "3",
    }
    assert (await client.post(f"{home}/profile", data=rows)).status_code == 303
    row = await db.fetch_row("SELECT match_consent, training->'needs'->0->>'places' AS places FROM registration")
    assert row is not None
    assert (row["match_consent"], row["places"]) == (False, "3")
    assert 'value="Mechatroniker/-in"' in (await client.get(f"{home}/profile")).text


async def test_get_changes_nothing_on_any_page_of_a_registration(client: httpx.AsyncClient) -> None:
    made = await make_registration(await make_event(), 1)
    home, person = f"/registrations/{made.manage_token}", made.attendees[0].id
    for path in ("", "/cancel", "/contact", "/profile", f"/attendees/{person}/cancel", f"/attendees/{person}/swap"):
        assert (await client.get(home + path)).status_code == 200
    assert await db.fetch_value("SELECT count(*) FROM attendee WHERE status = 'confirmed'") == 1
