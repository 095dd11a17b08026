from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from events_app.accounts.rules import Actor
from events_app.events import service as events
from events_app.kit import db
from events_app.kit.errors import Conflict, EventCancelled, Forbidden, Invalid, NotFound, RunActive
from events_app.matchmaking import service
from events_app.matchmaking.schemas import CompanyWeightsIn, WeightsIn
from events_app.registration import service as registrations
from tests.factories import ADMIN, make_cluster, make_event
from tests.matchmaking.exchange import (
    BRIKETT,
    GEISELTAL,
    NEISSETAL,
    NORDKIPPE,
    ONLOOKER,
    SAALEBLICK,
    SAALEKREIS,
    WASSERSTOFF,
    chosen,
    computed,
    join,
    make_exchange,
    names,
    published,
    queued,
)

pytestmark = pytest.mark.usefixtures("database")


async def owed_mails() -> list[tuple[str, str]]:
    rows = await db.fetch(
        "SELECT recipient, registration_id FROM outbox_mail WHERE kind = 'matches-published' ORDER BY id"
    )
    return [(row["recipient"], str(row["registration_id"])) for row in rows]


async def test_run_scores_a_pair_as_worked_out_by_hand() -> None:
    event = await make_exchange()
    await join(event, SAALEBLICK)
    await join(event, SAALEKREIS)
    run = await computed(event)
    (pair,) = await chosen(run)
    # P 1 (both needs in occupation and form), R 0.7 (Halle borders on Saalekreis; 20 km give 0.65), C 1, T 0:
    # company 0.6 + 0.32·0.7 = 0.824, partner 0.47 + 0.28·0.7 + 0.18 = 0.846, harmonic mean 0.8349
    assert pair.score == 835
    assert pair.components == (1, 0.7, 1, 1, 0)
    assert run.summary is not None
    assert (run.summary.companies, run.summary.partners, run.summary.candidates, run.summary.matches) == (1, 1, 1, 1)
    assert run.summary.total_score == 835
    assert run.summary.unmatched == ()
    assert (run.status, run.progress) == ("done", 1)


async def test_run_gives_as_many_companies_as_possible_one_match_before_the_best_score() -> None:
    event = await make_exchange(per_company=1, per_partner=1)
    second = SAALEKREIS._replace(name="Werkstatt Halle", district="15002", postcode="06110")
    await join(event, SAALEBLICK)  # fits Saalekreis in both needs, the other in one
    await join(event, GEISELTAL._replace(needs="chemikant:grundlehrgang:1"))  # fits Saalekreis only
    await join(event, SAALEKREIS._replace(offers=f"{SAALEKREIS.offers}; chemikant:grundlehrgang:1"))
    await join(event, second._replace(offers="mechatroniker:zusatzqualifikation:2; mechatroniker:grundlehrgang:1"))
    run = await computed(event)
    assert await names(run) == {(SAALEBLICK.name, second.name), (GEISELTAL.name, SAALEKREIS.name)}


async def test_run_is_the_same_on_every_repeat() -> None:
    event = await make_exchange(per_company=1)
    for who in (SAALEBLICK, GEISELTAL, SAALEKREIS, NORDKIPPE, WASSERSTOFF):
        await join(event, who)
    first, second = await computed(event), await computed(event)
    assert await names(first) == await names(second)
    hashes = await db.fetch("SELECT DISTINCT input_hash, rules_version FROM matching_run WHERE status = 'done'")
    assert len(hashes) == 1


async def test_run_leaves_out_organisations_without_consent_or_seat() -> None:
    event = await make_exchange()
    await join(event, SAALEKREIS)
    await join(event, SAALEBLICK, match=False)
    gone = await join(event, GEISELTAL)
    await registrations.cancel_registration(gone.id, ADMIN)
    run = await computed(event)
    assert run.summary is not None
    assert (run.summary.companies, run.summary.partners, run.summary.candidates) == (0, 1, 0)


async def test_run_says_why_an_organisation_found_nobody() -> None:
    event = await make_exchange()
    for who in (SAALEBLICK, SAALEKREIS, ONLOOKER):
        await join(event, who)
    alone = await join(event, BRIKETT)
    run = await computed(event)
    assert run.summary is not None
    (unmatched,) = run.summary.unmatched
    assert unmatched.id == alone.id
    assert [reason.code for reason in unmatched.reasons] == ["no_partner_trains"]


async def test_run_names_the_nearest_when_all_are_too_far() -> None:
    event = await make_exchange()
    await join(event, GEISELTAL)
    far = await join(event, NEISSETAL)
    run = await computed(event)
    assert run.summary is not None
    (reason,) = next(one.reasons for one in run.summary.unmatched if one.id != far.id)
    assert reason.code == "too_far"
    assert reason.values["nearest"] == str(far.id)


@pytest.mark.parametrize("who", [(SAALEBLICK, GEISELTAL), (SAALEKREIS, NEISSETAL), (ONLOOKER,), ()])
async def test_run_ends_well_where_one_side_or_both_are_missing(who: tuple[object, ...]) -> None:
    event = await make_exchange()
    for one in who:
        await join(event, one)  # type: ignore[arg-type] # parametrised facts
    run = await computed(event)
    assert run.status == "done"
    assert run.summary is not None
    assert run.summary.matches == 0
    assert len(run.summary.unmatched) == sum(one is not ONLOOKER for one in who)


async def test_organisation_on_both_sides_is_matched_on_both_but_never_with_itself() -> None:
    event = await make_exchange()
    await join(event, NORDKIPPE._replace(needs="mechatroniker:grundlehrgang:2"))
    await join(event, SAALEBLICK)
    await join(event, SAALEKREIS)
    found = await names(await computed(event))
    assert (NORDKIPPE.name, SAALEKREIS.name) in found
    assert (SAALEBLICK.name, NORDKIPPE.name) in found
    assert all(company != partner for company, partner in found)


async def test_two_organisations_that_need_each_other_make_one_pair() -> None:
    event = await make_exchange()
    await join(event, NORDKIPPE)
    await join(event, WASSERSTOFF)
    run = await computed(event)
    assert run.summary is not None
    assert (run.summary.candidates, run.summary.matches) == (1, 1)


async def test_offer_of_one_place_scores_below_one_of_enough_places() -> None:
    event = await make_exchange(per_company=1)
    await join(event, GEISELTAL)
    await join(event, SAALEKREIS._replace(name="Mit einem Platz", offers="mechatroniker:grundlehrgang:1"))
    await join(event, SAALEKREIS)
    (pair,) = await chosen(await computed(event))
    assert pair.partner.name == SAALEKREIS.name


async def test_limits_of_the_event_bound_matches_on_both_sides() -> None:
    event = await make_exchange(per_company=1, per_partner=2)
    for number in range(3):
        await join(event, GEISELTAL._replace(name=f"Betrieb {number}"))
    await join(event, SAALEKREIS)
    await join(event, SAALEKREIS._replace(name="Zweiter Träger"))
    pairs = [*await names(await computed(event))]
    assert len(pairs) == 3
    assert max(sum(partner == who for _, partner in pairs) for who in (SAALEKREIS.name, "Zweiter Träger")) == 2


async def test_weights_change_the_score_and_unusable_ones_are_refused_at_their_side() -> None:
    event = await make_exchange()
    await join(event, SAALEBLICK)
    await join(event, SAALEKREIS)
    only_region = WeightsIn(company=CompanyWeightsIn(occupation=0, region=5, themes=0))
    run = await service.start_run(event.slug, ADMIN, only_region)
    await service.execute_run(run.id)
    (pair,) = await chosen(await service.get_run(run.id, ADMIN))
    assert pair.score == 766  # company 0.7, partner 0.846
    with pytest.raises(Invalid) as refused:
        await service.start_run(event.slug, ADMIN, WeightsIn(company=CompanyWeightsIn(0, 0, 0)))
    assert [error.field for error in refused.value.errors] == ["/weights/company"]


async def test_start_is_refused_while_a_run_is_active_and_for_a_cancelled_event() -> None:
    event = await make_exchange()
    await queued(event)
    with pytest.raises(RunActive):
        await queued(event)
    other = await make_exchange()
    await registrations.cancel_event(other.slug, "", ADMIN)
    with pytest.raises(EventCancelled):
        await queued(other)


async def test_twenty_starts_at_once_queue_one_run() -> None:
    event = await make_exchange()
    answers = await asyncio.gather(*(queued(event) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(answer, UUID) for answer in answers) == 1
    assert sum(isinstance(answer, RunActive) for answer in answers) == 19


async def test_runs_belong_to_the_agent_of_their_cluster() -> None:
    cluster = await make_cluster()
    stranger = Actor("account", UUID(int=2), role="agent", cluster_id=UUID(int=3))
    agent = Actor("account", UUID(int=2), role="agent", cluster_id=cluster.id)
    event = await make_exchange(cluster=cluster.slug)
    run = await service.start_run(event.slug, agent)
    with pytest.raises(Forbidden):
        await service.get_run(run.id, stranger)
    with pytest.raises(Forbidden):
        await service.cancel_run(run.id, stranger)
    with pytest.raises(NotFound):
        await service.get_run(UUID(int=5), agent)


async def test_cancelled_run_saves_nothing_and_lets_the_next_one_start() -> None:
    event = await make_exchange()
    await join(event, SAALEBLICK)
    await join(event, SAALEKREIS)
    run_id = await queued(event)
    assert (await service.cancel_run(run_id, ADMIN)).status == "cancelled"
    assert (await service.cancel_run(run_id, ADMIN)).status == "cancelled"
    assert not await service.execute_run(run_id)
    assert await db.fetch_value("SELECT count(*) FROM candidate") == 0
    done = await computed(event)
    with pytest.raises(Conflict):
        await service.cancel_run(done.id, ADMIN)


async def test_publish_shows_both_sides_each_other_and_mails_each_once() -> None:
    event = await make_exchange()
    company = await join(event, SAALEBLICK)
    partner = await join(event, SAALEKREIS)
    await join(event, BRIKETT)
    run = await computed(event)
    assert (await service.matches_for_registration(company.id)).standing == "not_yet"
    await asyncio.gather(*(service.publish_run(run.id, ADMIN) for _ in range(5)))
    for reader, other in ((company, partner), (partner, company)):
        seen = await service.matches_for_registration(reader.id)
        assert seen.standing == "found"
        assert [pair.other(reader.id).id for pair in seen.pairs] == [other.id]
    mails = await owed_mails()
    assert sorted(id_ for _, id_ in mails) == sorted(str(one.id) for one in (company, partner))


async def test_publishing_anew_mails_only_those_for_whom_something_changed() -> None:
    event = await make_exchange()
    await join(event, SAALEBLICK)
    partner = await join(event, SAALEKREIS)
    first = await published(event)
    newcomer = await join(event, GEISELTAL)
    second = await published(event)
    assert first.published_at is not None
    assert second.published_at is not None
    assert {id_ for _, id_ in (await owed_mails())[2:]} == {str(partner.id), str(newcomer.id)}
    assert (await service.matches_for_registration(newcomer.id)).standing == "found"


async def test_publish_refuses_a_run_that_is_not_done() -> None:
    event = await make_exchange()
    with pytest.raises(Conflict):
        await service.publish_run(await queued(event), ADMIN)


async def test_equal_sets_keep_what_is_published() -> None:
    event = await make_exchange(per_company=1, per_partner=1)
    for number in range(4):
        await join(event, GEISELTAL._replace(name=f"Betrieb {number}"))
        await join(event, SAALEKREIS._replace(name=f"Träger {number}"))
    first = await names(await published(event))
    await join(event, GEISELTAL._replace(name="Neu"))
    await join(event, SAALEKREIS._replace(name="Auch neu"))
    assert first < await names(await computed(event))


async def test_nothing_is_shown_without_consent_profile_or_seat() -> None:
    event = await make_exchange()
    await join(event, SAALEKREIS)
    company = await join(event, SAALEBLICK)
    silent = await join(event, GEISELTAL, match=False)
    onlooker = await join(event, ONLOOKER)
    await published(event)
    late = await join(event, GEISELTAL._replace(name="Zu spät"))
    assert (await service.matches_for_registration(silent.id)).standing == "no_consent"
    assert (await service.matches_for_registration(onlooker.id)).standing == "nothing_stated"
    assert (await service.matches_for_registration(late.id)).standing == "next_time"
    await registrations.cancel_registration(company.id, ADMIN)
    assert (await service.matches_for_registration(company.id)).standing == "no_seat"


async def test_event_without_exchange_promises_no_proposals() -> None:
    plain = await join(await make_event(), SAALEBLICK)
    assert (await service.matches_for_registration(plain.id)).standing == "not_planned"


async def test_publish_is_refused_once_the_event_is_cancelled() -> None:
    event = await make_exchange()
    run = await computed(event)
    await registrations.cancel_event(event.slug, "", ADMIN)
    with pytest.raises(EventCancelled):
        await service.publish_run(run.id, ADMIN)


async def test_withdrawn_organisation_disappears_from_the_other_side() -> None:
    event = await make_exchange()
    partner = await join(event, SAALEKREIS)
    company = await join(event, SAALEBLICK)
    await published(event)
    await registrations.cancel_registration(company.id, ADMIN)
    seen = await service.matches_for_registration(partner.id)
    assert seen.standing == "withdrawn"
    assert seen.pairs == ()


async def test_matches_of_an_unknown_registration_are_not_found() -> None:
    with pytest.raises(NotFound):
        await service.matches_for_registration(UUID(int=9))


async def test_draft_event_has_runs_too() -> None:
    event = await make_exchange(published=False)
    assert (await computed(event)).status == "done"
    await events.publish_event(event.slug, ADMIN)
