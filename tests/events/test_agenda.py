"""The agenda's items keep their ids whatever becomes of them: calendars and choices name them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from events_app.events import forms, rules, service
from events_app.events.schemas import AgendaItem, EventIn, EventPatch
from events_app.kit import db
from events_app.kit.errors import Invalid
from events_app.kit.forms import Form
from piccolo_migrations import clustertreff_2026_11_23t19_21_00_000000 as naming
from tests.factories import ADMIN, auth, make_api_token, make_event, soon

START = soon()
HOUR = timedelta(hours=1)
A, B, NEW = (UUID(int=number) for number in (1, 2, 3))


def item(title: str, id_: UUID | None = None, hour: int = 0) -> AgendaItem:
    return AgendaItem(START + hour * HOUR, title, id=id_)


@pytest.mark.parametrize(
    ("now", "ids"),
    [
        ([item("Eins", A), item("Zwei", B)], [A, B]),
        ([item("Zwei"), item("Eins")], [B, A]),
        ([item("Eins, neu", A), item("Zwei", hour=3)], [A, B]),
        ([item("Eins", B), item("Zwei")], [B, NEW]),
        ([item("Drei"), item("Eins")], [NEW, A]),
        ([item("Eins"), item("Eins")], [A, NEW]),
        ([], []),
    ],
)
def test_items_keep_their_ids_and_new_ones_get_one(now: list[AgendaItem], ids: list[UUID]) -> None:
    before = [item("Eins", A), item("Zwei", B)]
    assert [one.id for one in rules.with_ids(now, before, lambda: NEW)] == ids


async def test_api_makes_ids_and_keeps_them_over_a_change(client: httpx.AsyncClient) -> None:
    headers = auth(await make_api_token("admin"))
    event = await make_event(agenda=[item("Auftakt"), item("Werkstatt", hour=1)])
    shown = (await client.get(f"/api/v1/events/{event.slug}")).json()["agenda"]
    assert [(one["choosable"], one["seats"]) for one in shown] == [(False, None)] * 2
    renamed = [{**shown[0], "title": "Begrüßung"}, {"starts_at": shown[1]["starts_at"], "title": "Werkstatt"}]
    renamed[1] |= {"choosable": True, "seats": 12}
    answer = await client.patch(f"/api/v1/events/{event.slug}", json={"agenda": renamed}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert [one["id"] for one in answer.json()["agenda"]] == [one["id"] for one in shown]
    assert answer.json()["agenda"][1]["seats"] == 12


async def test_ids_stay_when_the_event_moves(database: None) -> None:
    event = await make_event(starts_at=START, agenda=[item("Auftakt")])
    patch = EventPatch(starts_at=START + HOUR, ends_at=START + 5 * HOUR)
    _, after = await service.store_change(event, patch, ADMIN)
    assert after.agenda[0].id == event.agenda[0].id
    assert after.agenda[0].starts_at == START + HOUR


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ([item("Eins", A), item("Zwei", A)], "/agenda/1/id"),
        ([AgendaItem(START, "Eins", choosable=True, seats=0)], "/agenda/0/seats"),
        ([AgendaItem(START, "Eins", choosable=True, seats=10_001)], "/agenda/0/seats"),
    ],
)
async def test_wrong_sessions_are_refused(database: None, wrong: list[AgendaItem], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        await make_event(agenda=wrong)
    assert [error.field for error in refused.value.errors] == [pointer]


def test_form_gives_back_what_it_was_shown() -> None:
    agenda = [AgendaItem(START, "Werkstatt", None, "", "", uuid4(), choosable=True, seats=12), item("Ende", A, 2)]
    entered = EventIn(
        title="Tag", kind="workshop", mode="onsite", starts_at=START, ends_at=START + HOUR, agenda=rules_tidy(agenda)
    )
    read = forms.read_event(Form(forms.values_of(entered)))
    assert rules_tidy(read.agenda) == entered.agenda


def test_form_with_a_broken_id_makes_a_new_item() -> None:
    values = {"agenda": [{"title": "Werkstatt", "starts_at": "2027-03-01T10:00", "id": "x"}]}
    assert forms.read_event(Form(values)).agenda[0].id is None


async def test_migration_names_items_that_have_no_id_and_no_others(database: None) -> None:
    event = await make_event(agenda=[item("Eins", A), item("Zwei", B)])
    await db.execute("UPDATE event SET agenda = jsonb_set(agenda, '{1}', agenda -> 1 #- '{id}')")
    await make_event(agenda=[])
    await db.execute(naming.NAMED)
    first, second = (await service.get_event(event.slug)).agenda
    assert (first.id, first.title, second.title) == (A, "Eins", "Zwei")
    assert second.id not in {A, B, None}


def rules_tidy(agenda: list[AgendaItem]) -> list[AgendaItem]:
    made = EventIn(title="x", kind="workshop", mode="onsite", starts_at=START, ends_at=START, agenda=agenda)
    return rules.tidied(made).agenda
