"""Odd and bad input, through the database and the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from events_app.events.schemas import EventPatch, MatchmakingPatch
from events_app.kit import db
from events_app.matchmaking import queries, service
from events_app.matchmaking.rules.advice import what_helps
from events_app.matchmaking.rules.values import Reason
from events_app.matchmaking.service import claims
from events_app.matchmaking.service.results import WithdrawnError, find, save
from events_app.matchmaking.service.task import load, participant
from events_app.registration import service as registrations
from events_app.registration.service import change_event
from tests.factories import ADMIN
from tests.matchmaking.crowd import make_crowd
from tests.matchmaking.exchange import (
    GEISELTAL,
    NORDKIPPE,
    ONLOOKER,
    SAALEBLICK,
    SAALEKREIS,
    WASSERSTOFF,
    Facts,
    chosen,
    computed,
    entries,
    join,
    make_exchange,
    names,
    published,
    queued,
)
from tests.matchmaking.test_meetings import make_round

ANYTHING = Facts("Alles Recht GmbH", "company", "06112", "15002", "", needs="*:grundlehrgang:2")
BORDER = Facts("Grenzfall GmbH", "company", "06120", None, "", needs="mechatroniker:grundlehrgang:2")


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("who", [[], [SAALEBLICK], [SAALEKREIS], [ONLOOKER], [SAALEBLICK, SAALEBLICK]])
async def test_run_without_partners_or_companies_ends_with_nobody(who: list[Facts]) -> None:
    event = await make_exchange()
    for one in who:
        await join(event, one)
    run = await published(event)
    assert run.summary is not None
    assert (run.summary.candidates, run.summary.matches) == (0, 0)
    assert len(run.summary.unmatched) == len([one for one in who if one is not ONLOOKER])


@pytest.mark.usefixtures("database")
async def test_run_in_which_nobody_wants_anybody_ends_with_nobody() -> None:
    event = await make_exchange()
    people = [await join(event, one) for one in (SAALEBLICK, SAALEKREIS, WASSERSTOFF, NORDKIPPE)]
    for one in people:
        for other in people:
            if one is not other:
                await service.state_opinion(one.id, other.id, "rather_not")
    run = await computed(event)
    assert run.summary is not None
    assert (run.summary.matches, len(run.summary.unmatched)) == (0, 4)


@pytest.mark.usefixtures("database")
async def test_organisation_on_both_sides_is_kept_apart_in_both_directions() -> None:
    event = await make_exchange()
    one, other = await join(event, WASSERSTOFF), await join(event, NORDKIPPE)
    assert len(await names(await computed(event))) == 1
    await service.state_opinion(other.id, one.id, "work_together")
    assert await names(await computed(event)) == set()


@pytest.mark.usefixtures("database")
async def test_need_for_any_occupation_is_matched_and_shown() -> None:
    event = await make_exchange()
    await join(event, ANYTHING)
    partner = await join(event, SAALEKREIS)
    assert await names(await computed(event)) == {(ANYTHING.name, SAALEKREIS.name)}
    found = (await service.others_to_meet(partner.id, "alles")).items
    assert [one.organisation.name for one in found] == [ANYTHING.name]


@pytest.mark.usefixtures("database")
async def test_one_company_and_5000_partners_are_matched_up_to_the_companys_limit() -> None:
    event = await make_exchange(per_company=6)
    await make_crowd(event, 1, 5_000)
    run = await computed(event)
    assert run.summary is not None
    assert (run.summary.companies, run.summary.partners, run.summary.candidates) == (1, 5_000, 5_000)
    assert (run.summary.matches, len(run.summary.unmatched)) == (6, 4_994)


@pytest.mark.usefixtures("database")
async def test_postcode_in_two_districts_counts_as_its_main_place() -> None:
    event = await make_exchange()
    await join(event, BORDER)
    (entrant,) = await queries.entrants(event.id)
    assert participant(entrant).district in {"15002", "15088"}
    await join(event, SAALEKREIS)
    assert await names(await computed(event)) == {(BORDER.name, SAALEKREIS.name)}


@pytest.mark.usefixtures("database")
async def test_round_with_one_table_holds_one_meeting_at_a_time_and_only_during_the_event() -> None:
    event = await make_round(slots=2, tables=1)
    public = event.public
    outside = [public.starts_at - timedelta(hours=1), public.ends_at, public.ends_at + timedelta(days=1)]
    changed = MatchmakingPatch(slots=[*outside, *public.matchmaking.slots])
    await change_event(event.slug, EventPatch(matchmaking=changed), ADMIN)
    for who in (SAALEBLICK, GEISELTAL, SAALEKREIS, NORDKIPPE):
        await join(event, who)
    run = await computed(event)
    assert run.summary is not None
    assert (run.summary.matches > 2, run.summary.meetings) == (True, 2)
    meetings = [pair.meeting for pair in await chosen(run) if pair.meeting]
    assert {one.table for one in meetings} == {1}
    assert sorted(one.starts_at for one in meetings) == sorted(public.matchmaking.slots)


@pytest.mark.usefixtures("database")
async def test_round_in_which_everybody_is_away_has_proposals_and_no_meetings() -> None:
    event = await make_round(slots=2)
    away = [slot.isoformat() for slot in event.public.matchmaking.slots]
    for who in (SAALEBLICK, SAALEKREIS):
        training = {"needs": entries(who.needs), "offers": entries(who.offers), "unavailable": away}
        await join(event, who, training=training)
    run = await published(event)
    assert run.summary is not None
    assert (run.summary.matches, run.summary.meetings) == (1, 0)
    assert [one.reason.code for one in run.summary.unplaced] == ["no_common_slot"]


@pytest.mark.usefixtures("database")
async def test_registration_withdrawn_during_a_run_is_worked_out_anew_without_it() -> None:
    event = await make_exchange()
    company, partner = await join(event, SAALEBLICK), await join(event, SAALEKREIS)
    await service.state_opinion(company.id, partner.id, "must")
    claim = await claims.take(await queued(event))
    assert claim is not None
    task = await load(claim)
    outcome: Any = find(task, claim)
    await registrations.cancel_registration(partner.id, ADMIN)
    with pytest.raises(WithdrawnError):
        await save(claim, task, outcome, 0.1)
    assert await db.fetch_value("SELECT count(*) FROM candidate") == 0
    anew = await load(claim)
    assert [one.wishes | one.musts for one in anew.participants] == [frozenset()]


async def test_duplicate_registration_says_its_own_words_only(client: httpx.AsyncClient) -> None:
    event = await make_exchange()
    first, second, partner = [await join(event, one) for one in (SAALEBLICK, SAALEBLICK, SAALEKREIS)]
    await service.state_opinion(first.id, partner.id, "rather_not")
    assert await names(await computed(event)) == {(SAALEBLICK.name, SAALEKREIS.name)}
    page = (await client.get(f"/registrations/{second.manage_token}/matches/others")).text
    assert "Die andere Seite erfährt das nicht" not in page


def test_advice_is_given_once_and_for_every_reason_that_has_one() -> None:
    far = {"occupation": "mechatroniker", "form": "werkstatt", "within_km": 100, "nearest_km": 131, "nearest": "x"}
    told = what_helps([Reason("too_far", far), Reason("too_far", {**far, "form": "uelu"}), Reason("no_location", {})])
    assert told == (Reason("help_reach", {"km": 100}), Reason("help_location", {}))
    forms = what_helps([Reason("only_other_forms", {"occupation": "x", "form": "y", "offered": ["werkstatt"]})])
    assert forms == (Reason("help_forms", {"forms": ["werkstatt"]}),)
