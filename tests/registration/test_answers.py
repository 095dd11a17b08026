"""Questions that change, answers that stay: services, pages and the API."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from events_app.accounts import service as accounts
from events_app.events.queries import EventRow, by_id, wordings
from events_app.events.schemas import EventPatch, Question, QuestionText, ShowIf
from events_app.kit import clock, db, settings
from events_app.kit.errors import Invalid
from events_app.kit.settings import Settings
from events_app.registration import service
from events_app.registration.schemas import AttendeePatch, RegistrationOut, RegistrationPatch, SwapIn
from events_app.registration.service.hold import forget_expired
from events_app.registration.service.report import report
from tests.factories import ADMIN, auth, make_api_token, make_event, make_registration, registration_body
from tests.pagecheck import sound

DIET = Question("diet", "Essen?", "choice", ["vegan", "alles"], sensitive=True)
SHIRT = Question("shirt", "Größe?", "choice", ["S", "L"], required=True)
STAND = Question("stand", "Bringen Sie etwas mit?", "yes_no", per="registration")
POWER = Question("power", "Strom?", per="registration", show_if=ShowIf("stand", True))
HELPER = Question("helper", "Bauen Sie auf?", "yes_no", show_if=ShowIf("stand", True))
JONAS = {"given_name": "Jonas", "family_name": "Beck", "email": "j.beck@example.org"}
AYSE = {"given_name": "Ayşe", "family_name": "Öztürk", "email": "a.oeztuerk@example.org"}


async def ask(event: EventRow, *questions: Question) -> EventRow:
    return await service.change_event(event.slug, EventPatch(questions=list(questions)), ADMIN)


async def stored(attendee: UUID) -> dict[str, Any]:
    [row] = await db.fetch("SELECT * FROM attendee WHERE id = $1", attendee)
    names = ("answers", "earlier_answers", "own_answers")
    return {**dict(row), **{name: msgspec.json.decode(row[name]) for name in names}}


def home(made: RegistrationOut) -> str:
    return f"/registrations/{made.manage_token}"


def place(made: RegistrationOut, number: int = 0) -> str:
    return f"/tickets/{made.attendees[number].ticket_token}/place"


async def test_questions_of_a_draft_have_one_version_and_those_of_a_published_event_are_kept(database: None) -> None:
    draft = await make_event(published=False, questions=[DIET])
    changed = await ask(draft, SHIRT)
    assert (changed.questions_version, await wordings(changed)) == (1, {1: [SHIRT]})
    event = await make_event(title="Zweites", questions=[DIET])
    same = await service.change_event(event.slug, EventPatch(summary="Neu"), ADMIN)
    assert same.questions_version == 1
    twice = await ask(await ask(event, DIET, SHIRT), SHIRT)
    assert await wordings(twice) == {1: [DIET], 2: [DIET, SHIRT], 3: [SHIRT]}
    assert await db.fetch_value("SELECT bool_and(replaced_by = $1) FROM question_version", ADMIN.id)


async def test_new_required_question_blocks_nobody_and_is_shown_as_open(client: httpx.AsyncClient) -> None:
    event = await make_event(questions=[DIET])
    made = await make_registration(event, attendees=[JONAS | {"answers": {"diet": "vegan"}}, AYSE])
    mails = await db.fetch_value("SELECT count(*) FROM outbox_mail")
    event = await ask(event, DIET, SHIRT, Question("once", "Einmal?", required=True, per="registration"))
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail") == mails
    page = await client.get(home(made))
    assert "3 Fragen sind offen" in sound(page.text).text
    assert "Eine Frage ist offen" in sound((await client.get(place(made))).text).text
    ticket = (await client.get(place(made).removesuffix("/place"))).text
    assert "Eine Frage ist offen" in sound(ticket).text
    assert f'href="{place(made)}#answers"' in ticket
    assert (await report(event)).open == 3
    person = made.attendees[0].id
    await service.change_attendee(made.id, person, AttendeePatch(given_name="Jona"), ADMIN)
    await service.change_attendee(made.id, person, AttendeePatch(answers={"diet": "alles"}), ADMIN)
    assert (await stored(person))["answers"] == {"diet": "alles"}
    await service.change_attendee(made.id, person, AttendeePatch(answers={"diet": "alles", "shirt": "L"}), ADMIN)
    await service.change_registration(made.id, RegistrationPatch(answers={"once": "ja"}), ADMIN)
    assert (await report(event)).open == 1
    with pytest.raises(Invalid) as refused:
        await service.change_attendee(made.id, person, AttendeePatch(answers={"diet": "alles"}), ADMIN)
    assert [(e.field, e.code) for e in refused.value.errors] == [("/answers/shirt", "required")]


async def test_answer_to_a_question_that_was_changed_stays_with_its_wording(client: httpx.AsyncClient) -> None:
    shoes = Question("size", "Schuhgröße?", "number")
    event = await make_event(questions=[shoes, Question("bus", "Bus?", "yes_no")])
    made = await make_registration(event, attendees=[JONAS | {"answers": {"size": 43, "bus": True}}])
    event = await ask(event, Question("size", "Hemdgröße?", "choice", ["S", "L"]))
    page = sound((await client.get(place(made))).text).text
    assert "Schuhgröße?" in page
    assert page.count("Auf eine frühere Fassung geantwortet") == 2
    answer = await client.post(f"{place(made)}/answers", data={"answers.size": "L"})
    assert answer.headers["location"].endswith("?done=changed")
    row = await stored(made.attendees[0].id)
    assert (row["answers"], row["answers_version"]) == ({"size": "L"}, 2)
    earlier = [(each["version"], each["key"], each["answer"]) for each in row["earlier_answers"]]
    assert earlier == [(1, "size", 43), (1, "bus", True)]
    asked = [(one.question.label, one.is_earlier, one.answered) for one in (await report(event)).asked]
    assert asked == [("Hemdgröße?", False, 1), ("Schuhgröße?", True, 1), ("Bus?", True, 1)]
    [person] = (await client.get(f"{home(made)}/data.json")).json()["people"]
    assert [one["question"] for one in person["answers"] if one["to_an_earlier_wording"]] == ["Schuhgröße?", "Bus?"]


async def test_whoever_sends_back_what_is_stored_is_not_refused_for_a_removed_question(database: None) -> None:
    event = await make_event(questions=[DIET, Question("bus", "Bus?", "yes_no")])
    made = await make_registration(event, attendees=[JONAS | {"answers": {"bus": True}}])
    await ask(event, DIET)
    person = made.attendees[0].id
    await service.change_attendee(made.id, person, AttendeePatch(answers={"bus": True, "diet": "vegan"}), ADMIN)
    row = await stored(person)
    assert (row["answers"], [each["key"] for each in row["earlier_answers"]]) == ({"diet": "vegan"}, ["bus"])
    with pytest.raises(Invalid):
        await service.change_attendee(made.id, person, AttendeePatch(answers={"bus": False}), ADMIN)


async def test_api_refuses_answers_to_what_is_not_asked(client: httpx.AsyncClient) -> None:
    event = await make_event(questions=[STAND, POWER, HELPER])
    token = auth(await make_api_token("admin"))
    body = registration_body(1, answers={"stand": False, "power": "16 A"})
    body["attendees"][0]["answers"] = {"helper": True}
    path = f"/api/v1/events/{event.slug}/registrations"
    refused = await client.post(path, json=body, headers=token)
    assert refused.status_code == 400
    told = {(error["field"], error["code"]) for error in refused.json()["errors"]}
    assert told == {("/answers/power", "not_asked"), ("/attendees/0/answers/helper", "not_asked")}
    body["answers"]["stand"] = True
    assert (await client.post(path, json=body, headers=token)).status_code == 201


async def test_changed_answer_of_the_registration_takes_what_hangs_on_it_along(client: httpx.AsyncClient) -> None:
    event = await make_event(questions=[STAND, POWER, HELPER])
    answers = {"stand": True, "power": "16 A"}
    made = await make_registration(event, attendees=[JONAS | {"answers": {"helper": True}}], answers=answers)
    assert "Bauen Sie auf?" in (await client.get(place(made))).text
    sent = await client.post(f"{home(made)}/answers", data={"answers.stand": "no", "answers.power": "16 A"})
    assert sent.status_code == 303
    assert msgspec.json.decode(await db.fetch_value("SELECT answers FROM registration")) == {"stand": False}
    assert (await stored(made.attendees[0].id))["answers"] == {}
    assert "Bauen Sie auf?" not in (await client.get(place(made))).text


async def test_attendee_takes_a_sensitive_answer_into_their_own_hands(client: httpx.AsyncClient) -> None:
    event = await make_event(questions=[DIET, SHIRT])
    made = await make_registration(event, attendees=[JONAS | {"answers": {"diet": "alles", "shirt": "S"}}])
    person, edit = made.attendees[0].id, f"{home(made)}/attendees/{made.attendees[0].id}"
    assert "alles" in sound((await client.get(place(made))).text).text
    await client.post(f"{place(made)}/answers", data={"answers.diet": "vegan", "answers.shirt": "L"})
    assert (await stored(person))["own_answers"] == ["diet"]
    for page in (edit, home(made), f"{home(made)}/data.json"):
        assert 'value="vegan" id="f-answers-diet" checked' not in (await client.get(page)).text
    assert '"vegan"' not in (await client.get(f"{home(made)}/data.json")).text
    assert 'name="answers.diet"' not in (await client.get(edit)).text
    changed = JONAS | {"answers.shirt": "S", "given_name": "Jona"}
    assert (await client.post(edit, data=changed)).status_code == 303
    assert (await stored(person))["answers"] == {"diet": "vegan", "shirt": "S"}
    with pytest.raises(Invalid) as refused:
        await service.change_attendee(made.id, person, AttendeePatch(answers={"diet": "alles", "shirt": "S"}), ADMIN)
    assert [error.code for error in refused.value.errors] == ["answered_by_attendee"]
    await client.post(f"{place(made)}/answers", data={"answers.shirt": "L"})
    assert (await stored(person))["answers"] == {"diet": "vegan", "shirt": "L"}
    await client.post(f"{place(made)}/answers", data={"answers.shirt": "L", "forget.diet": "yes"})
    row = await stored(person)
    assert (row["answers"], row["own_answers"]) == ({"shirt": "L"}, [])


async def test_desk_sees_sensitive_answers_as_numbers_alone(client: httpx.AsyncClient) -> None:
    event = await make_event(questions=[DIET, SHIRT])
    people = [JONAS | {"answers": {"diet": "vegan", "shirt": "S"}}, AYSE | {"answers": {"diet": "vegan", "shirt": "L"}}]
    await make_registration(event, attendees=people)
    account = await accounts.create_account("admin@example.org", "admin")
    client.cookies.set("session", await accounts.log_in_by_link((await accounts.new_login(account)).token, "test"))
    page = sound((await client.get(f"/desk/events/{event.slug}/answers")).text).text
    before, _, after = page.partition("Größe?")
    assert "2 \u00d7 vegan" in " ".join(before.split())
    assert "Beck" not in before
    assert "Jonas Beck" in after
    [diet, shirt] = (await report(event)).asked
    assert (diet.lines, len(shirt.lines)) == ([], 2)


async def test_sensitive_answers_go_a_week_after_the_event_whatever_their_wording(
    database: None, app_settings: Settings
) -> None:
    food = Question("food", "Allergien?", sensitive=True)
    event = await make_event(questions=[food, DIET, SHIRT, replace_per(food, "kitchen")])
    people = [JONAS | {"answers": {"food": "Nüsse", "diet": "vegan", "shirt": "S"}}]
    made = await make_registration(event, attendees=people, answers={"kitchen": "Nüsse"})
    event = await ask(event, DIET, SHIRT)
    person = made.attendees[0].id
    await service.change_attendee(made.id, person, AttendeePatch(answers={"diet": "alles", "shirt": "S"}), ADMIN)
    await ask(event, SHIRT)
    ends_at = (await by_id(event.id)).public.ends_at  # type: ignore[union-attr] - it is there
    settings.use(replace(app_settings, fixed_now=ends_at + timedelta(days=7, seconds=-1)))
    await forget_expired()
    assert "Nüsse" in str((await stored(person))["earlier_answers"])
    settings.use(replace(app_settings, fixed_now=ends_at + timedelta(days=7)))
    await forget_expired()
    row = await stored(person)
    assert (row["answers"], row["earlier_answers"]) == ({"shirt": "S"}, [])
    assert msgspec.json.decode(await db.fetch_value("SELECT answers FROM registration")) == {}
    assert await db.fetch_value("SELECT answers_swept_at FROM event") == clock.now()


def replace_per(question: Question, key: str) -> Question:
    return msgspec.structs.replace(question, key=key, per="registration")


async def test_colleague_who_takes_over_has_open_questions_and_is_not_held_up(client: httpx.AsyncClient) -> None:
    event = await make_event(questions=[SHIRT])
    made = await make_registration(event, attendees=[JONAS | {"answers": {"shirt": "S"}}])
    swapped = await service.swap_attendee(made.id, made.attendees[0].id, SwapIn("Nora", "Neumann"), ADMIN)
    assert "Eine Frage ist offen" in (await client.get(home(made))).text
    [nora] = [one for one in swapped.attendees if one.status == "confirmed"]
    sent = {"given_name": "Nora", "family_name": "Neu", "email": ""}
    assert (await client.post(f"{home(made)}/attendees/{nora.id}", data=sent)).status_code == 303


async def test_form_speaks_the_readers_language_and_stores_the_events_own_options(client: httpx.AsyncClient) -> None:
    english = {"en": QuestionText("Size?", "For the shirt", ["small", "large"])}
    event = await make_event(questions=[msgspec.structs.replace(SHIRT, translations=english), DIET])
    page = await client.get(f"/events/{event.slug}/register?lang=en", headers={"Accept-Language": "en"})
    text = sound(page.text).text
    assert "Size?" in text
    assert "small" in text
    assert "Essen?" in text
    assert 'value="S"' in page.text
    public = (await client.get(f"/api/v1/events/{event.slug}")).json()["questions"][0]
    assert public["translations"] == {"en": {"label": "Size?", "help": "For the shirt", "options": ["small", "large"]}}


BAD = [
    ("n", "zwölf", "Bitte geben Sie eine Zahl ein"),
    ("d", "31.2.2026", "Diesen Tag gibt es nicht"),
    ("t", "x" * 5001, "höchstens 5000"),
    ("c", "Z", "Bitte wählen Sie eine der Möglichkeiten"),
    ("y", "", "Bitte beantworten Sie diese Frage"),
]
EVERY = [
    Question("n", "Zahl?", "number"),
    Question("d", "Tag?", "date"),
    Question("t", "Text?", "long_text"),
    Question("c", "Wahl?", "choice", ["A", "B"]),
    Question("s", "Mehrere?", "choices", ["A", "B"]),
    Question("y", "Ja?", "yes_no", required=True),
]
GOOD = {"n": "1.234,5", "d": "5.11.2026", "t": "so", "c": "A", "y": "no"}


@pytest.mark.parametrize(("key", "typed", "told"), BAD)
async def test_bad_answer_comes_back_at_its_field_as_it_was_typed(
    client: httpx.AsyncClient, key: str, typed: str, told: str
) -> None:
    made = await make_registration(await make_event(questions=EVERY), attendees=[JONAS | {"answers": {"y": True}}])
    sent = {f"answers.{name}": text for name, text in {**GOOD, key: typed}.items()}
    answer = await client.post(f"{place(made)}/answers", data=sent)
    assert answer.status_code == 400
    assert told in sound(answer.text).text
    assert f'id="f-answers-{key}-error"' in answer.text
    assert typed in answer.text
    assert (await stored(made.attendees[0].id))["answers"] == {"y": True}


async def test_all_kinds_of_answers_are_read_from_the_form(client: httpx.AsyncClient) -> None:
    made = await make_registration(await make_event(questions=EVERY), attendees=[JONAS | {"answers": {"y": True}}])
    sent = {f"answers.{name}": text for name, text in GOOD.items()} | {"answers.s": ["A", "B"], "answers.unknown": "x"}
    assert (await client.post(f"{place(made)}/answers", data=sent)).status_code == 303
    expected = {"n": 1234.5, "d": "2026-11-05", "t": "so", "c": "A", "s": ["A", "B"], "y": False}
    assert (await stored(made.attendees[0].id))["answers"] == expected
    page = await client.get(place(made))
    assert 'value="1234,5"' in page.text
    assert "5. November 2026" in sound(page.text).text
    edit = f"{home(made)}/attendees/{made.attendees[0].id}"
    assert (await client.post(edit, data={**sent, **JONAS})).status_code == 303
    assert (await stored(made.attendees[0].id))["answers"] == expected


@pytest.mark.parametrize(
    ("answers", "field", "code"),
    [
        ({"nope": 1}, "/answers/nope", "unknown_question"),
        ({"n": "5", "y": True}, "/answers/n", "invalid_answer"),
        ({"y": "ja"}, "/answers/y", "invalid_answer"),
        ({"t": "x" * 5001, "y": True}, "/answers/t", "invalid_answer"),
        ({"s": ["A", "A"], "y": True}, "/answers/s", "invalid_answer"),
    ],
)
async def test_api_names_a_bad_answer(
    client: httpx.AsyncClient, answers: dict[str, Any], field: str, code: str
) -> None:
    made = await make_registration(await make_event(questions=EVERY), attendees=[JONAS | {"answers": {"y": True}}])
    path = f"/api/v1/registrations/{made.id}/attendees/{made.attendees[0].id}"
    told = await client.patch(path, json={"answers": answers}, headers=auth(made.manage_token))
    assert told.status_code == 400
    assert (field, code) in {(error["field"], error["code"]) for error in told.json()["errors"]}
