import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from events_app import reference
from events_app.demo import material
from events_app.demo.material import DemoEvent
from events_app.events import rules as event_rules
from events_app.events.schemas import EventIn
from events_app.organisations import rules as organisation_rules

DATA = Path(material.__file__).parent / "data"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def organisation(id_: str) -> material.DemoOrganisation:
    return next(one for one in material.organisations() if one.id == id_)


def event(id_: str) -> DemoEvent:
    return next(one for one in material.events() if one.id == id_)


def entered(id_: str, now: datetime = NOW) -> EventIn:
    return event(id_).entered(material.slugs_by_name(), now)


def test_there_are_three_clusters_55_organisations_and_15_events() -> None:
    assert [cluster.slug for cluster in material.clusters()] == ["tab-mint", "zukunftsmacher", "lausitz-cares"]
    assert [one.id for one in material.organisations()] == [f"D{number:02}" for number in range(1, 56)]
    assert [one.id for one in material.events()] == [f"E{number:02}" for number in range(1, 16)]


def test_every_stated_size_is_the_class_of_its_figures() -> None:
    sized = [one.entered for one in material.organisations() if one.entered.size]
    wrong = [
        one.name
        for one in sized
        if reference.size_of(one.employees or 0, one.turnover_meur, one.balance_meur).id != one.size
    ]
    assert len(sized) == 48
    assert wrong == []


def test_the_hard_cases_are_kept() -> None:
    """SOURCES.md names them; a file that was tidied would lose what they are there to try."""
    sizes = {id_: organisation(id_).entered.size for id_ in ("D06", "D16", "D20")}
    assert sizes == {"D06": "medium", "D16": "small", "D20": "large"}
    assert organisation("D20").entered.employees == 250
    split = [organisation(id_).entered for id_ in ("D04", "D05")]
    assert {one.postcode for one in split} == {"06120"}
    assert [one.district for one in split] == ["15002", "15088"]
    assert [organisation(id_).entered.district for id_ in ("D17", "D18")] == ["14713", "14729"]
    assert {name.name for ags in ("14713", "14729") if (name := reference.district(ags))} == {"Leipzig"}
    fields = [reference.district(organisation(id_).entered.district or "") for id_ in ("D50", "D51", "D52", "D53")]
    coalfields = [district.coalfield for district in fields if district]
    assert coalfields == [None, None, "Rheinisches Revier", "Rheinisches Revier"]
    assert organisation("D54").entered.postcode is None
    first, again = (organisation(id_).entered for id_ in ("D01", "D55"))
    assert first.name != again.name
    assert organisation_rules.name_key(first.name) == organisation_rules.name_key(again.name)


def test_the_wishes_of_a_row_become_a_training_profile() -> None:
    cell = next(row for row in rows("demo_organisations") if row["id"] == "D15")
    training = organisation("D15").training
    assert len(training.needs) == cell["needs"].count(";") + 1
    first = training.needs[0]
    assert (first.occupation, first.form, first.places) == ("mechatroniker", "auftragsausbildung", 2)
    assert training.themes == ["co2", "wertschoepfung", "innovation"]


def test_a_cluster_trains_what_the_reference_data_says() -> None:
    tab_mint, builders, carers = material.clusters()
    assert tab_mint.occupations == ["mechatroniker"]
    assert "dachdecker" in builders.occupations
    assert "metallbauer-fachrichtung-metallgestaltung" not in builders.occupations
    assert set(carers.occupations) >= {"hauswirtschafter", "pflegefachmann-frau"}


@pytest.mark.parametrize("cluster", material.clusters(), ids=lambda cluster: cluster.slug)
def test_cluster_colours_are_readable_on_light_and_visible_on_dark_pages(cluster: material.NewCluster) -> None:
    light, dark = (organisation_rules.contrast(cluster.color, ground) for ground in organisation_rules.GROUNDS)
    assert light >= 4.5
    assert dark >= organisation_rules.VISIBLE


@pytest.mark.parametrize("one", material.events(), ids=lambda one: one.id)
def test_every_event_can_be_entered_as_it_stands(one: DemoEvent) -> None:
    assert event_rules.problems(event_rules.tidied(one.entered(material.slugs_by_name(), NOW))) == []


def test_kinds_outside_the_contract_are_cluster_events() -> None:
    kinds = {row["id"]: row["kind"] for row in rows("demo_events")}
    assert {entered(id_).kind for id_, kind in kinds.items() if kind in material.CLUSTER_EVENTS} == {"cluster_event"}
    assert entered("E02").kind == "kickoff"


def test_real_events_stay_as_published_whenever_they_are_loaded() -> None:
    later = NOW + timedelta(days=4000)
    assert all(entered(f"E0{number}") == entered(f"E0{number}", later) for number in range(1, 9))
    meeting = entered("E08")
    assert meeting.starts_at.isoformat() == "2025-11-05T10:00:00+01:00"
    assert meeting.venue.name == "SaltLabs"
    kickoff = entered("E03")
    assert (kickoff.starts_at.day, kickoff.ends_at.day) == (24, 25)


def test_invented_events_lie_ahead_of_any_clock_and_take_agenda_slots_and_deadlines_along() -> None:
    later = datetime(2031, 6, 1, tzinfo=UTC)
    exchange = entered("E09", later)
    assert exchange.starts_at.isoformat() == "2032-02-19T09:30:00+01:00"
    assert exchange.starts_at.weekday() == entered("E09").starts_at.weekday()
    moments = [*exchange.matchmaking.slots, *(item.starts_at for item in exchange.agenda)]
    assert {moment.date() for moment in moments} == {exchange.starts_at.date()}
    closes, profile = exchange.registration.closes_at, exchange.matchmaking.profile_closes_at
    assert closes is not None
    assert profile is not None
    assert exchange.starts_at - timedelta(days=6) < closes < profile < exchange.starts_at
    assert all(entered(f"E{number:02}", later).starts_at > later for number in range(9, 16))


@pytest.mark.parametrize("year", [2026, 2027, 2029, 2035])
def test_the_two_day_workshop_stays_on_the_weekend_when_summer_time_begins(year: int) -> None:
    now = datetime(year, 6, 1, tzinfo=UTC)
    workshop = entered("E13", now)
    assert workshop.starts_at > now
    assert workshop.starts_at.utcoffset() == timedelta(hours=1)
    assert workshop.ends_at.utcoffset() == timedelta(hours=2)
    assert (workshop.ends_at.date() - workshop.starts_at.date()).days == 1
    second_day = [item for item in workshop.agenda if item.starts_at.date() == workshop.ends_at.date()]
    assert second_day[0].starts_at.isoformat().endswith("T09:00:00+02:00")


def test_nobody_who_registers_could_be_reached_by_a_mail() -> None:
    people = [person for one in material.registrations() for person in one.people]
    assert all(person.email is None or person.email.endswith(".example") for person in people)
    assert all(one.people[0].email for one in material.registrations())
    assert any(person.email is None for person in people)


def test_most_organisations_of_tab_mint_come_to_the_exchange_and_agree_to_proposals() -> None:
    members = {one.id for one in material.organisations() if one.entered.cluster == "tab-mint"}
    coming = [one for one in material.registrations() if one.event == "E09"]
    assert len(members & {one.organisation for one in coming}) / len(members) > 0.8
    assert sum(one.match for one in coming) / len(coming) > 0.8
    assert not all(one.match for one in coming)
    assert "D55" not in {one.organisation for one in coming}
