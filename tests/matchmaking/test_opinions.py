from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.kit.errors import Conflict, Invalid, NotFound
from events_app.matchmaking import opinion_queries, service
from events_app.matchmaking.schemas import OpinionKind
from events_app.registration import service as registrations
from events_app.registration.schemas import ConsentsPatch, RegistrationOut, RegistrationPatch
from events_app.registration.service.erase import erase_registration
from tests.factories import ADMIN, soon
from tests.matchmaking.crowd import make_crowd
from tests.matchmaking.exchange import (
    BRIKETT,
    GEISELTAL,
    NEISSETAL,
    ONLOOKER,
    SAALEBLICK,
    SAALEKREIS,
    WASSERSTOFF,
    chosen,
    computed,
    join,
    make_exchange,
    names,
    over,
    pair,
    published,
)

pytestmark = pytest.mark.usefixtures("database")
APART: tuple[OpinionKind, ...] = ("rather_not", "work_together")


async def input_hash(event: EventRow) -> str:
    run = await computed(event)
    found: str = await db.fetch_value("SELECT input_hash FROM matching_run WHERE id = $1", run.id)
    return found


async def test_wish_adds_a_tenth_and_enters_the_input_hash_once() -> None:
    event, company, partner = await pair()
    (before,) = await chosen(await computed(event))
    plain = await input_hash(event)
    await service.state_opinion(company.id, partner.id, "want")
    (after,) = await chosen(await computed(event))
    assert after.score == before.score + 100
    assert [reason.values for reason in after.reasons if reason.code == "wish"] == [{"by": "company"}]
    wished = await input_hash(event)
    assert wished != plain
    assert await input_hash(event) == wished
    await service.state_opinion(company.id, partner.id, None)
    assert await input_hash(event) == plain


@pytest.mark.parametrize("kind", APART)
@pytest.mark.parametrize("by_partner", [True, False])
async def test_either_sides_word_takes_a_pair_out(kind: OpinionKind, by_partner: bool) -> None:  # noqa: FBT001 - a parameter
    event, company, partner = await pair()
    one, other = (partner, company) if by_partner else (company, partner)
    await service.state_opinion(one.id, other.id, kind)
    run = await computed(event)
    assert await names(run) == set()
    assert await service.candidates(run.id, ADMIN) == []


async def test_must_of_both_is_a_pin_past_the_distance() -> None:
    event = await make_exchange()
    company, far = await join(event, SAALEBLICK), await join(event, NEISSETAL)
    assert await names(await computed(event)) == set()
    await service.state_opinion(company.id, far.id, "must")
    assert await names(await computed(event)) == set()
    await service.state_opinion(far.id, company.id, "must")
    assert await names(await computed(event)) == {(SAALEBLICK.name, NEISSETAL.name)}


async def test_last_word_counts_and_there_is_only_one() -> None:
    _, company, partner = await pair()
    for kind in ("want", "rather_not", "want", "work_together"):
        await service.state_opinion(company.id, partner.id, kind)
    assert await db.fetch_value("SELECT array_agg(kind) FROM matching_opinion") == ["work_together"]


@pytest.mark.parametrize("kind", APART)
async def test_word_after_publishing_leaves_the_other_sides_page_alone_until_the_next_run(kind: OpinionKind) -> None:
    event, company, partner = await pair()
    await published(event)
    await service.state_opinion(company.id, partner.id, kind)
    assert [one.company.id for one in (await service.matches_for_registration(partner.id)).pairs] == [company.id]
    await published(event)
    seen = await service.matches_for_registration(partner.id)
    assert (seen.standing, seen.pairs) == ("nothing_found", ())
    assert [(reason.code, reason.values) for reason in seen.why_not] == [("none_left", {"count": 1})]


async def test_word_between_run_and_publishing_keeps_the_pair_from_being_shown_and_mailed() -> None:
    event, company, partner = await pair()
    run = await computed(event)
    await service.state_opinion(company.id, partner.id, "rather_not")
    assert await service.to_be_told(run) == []
    await service.publish_run(run.id, ADMIN)
    for one in (company, partner):
        seen = await service.matches_for_registration(one.id)
        assert (seen.standing, [reason.code for reason in seen.why_not]) == ("nothing_found", ["none_left"])
    await service.state_opinion(company.id, partner.id, "work_together")  # against it since before: still not shown
    assert (await service.matches_for_registration(partner.id)).pairs == ()


async def test_vetoes_that_leave_somebody_alone_are_never_the_reason() -> None:
    event, company, partner = await pair()
    second = await join(event, GEISELTAL)
    for one in (company, second):
        await service.state_opinion(one.id, partner.id, "rather_not")
    await published(event)
    told = await service.matches_for_registration(partner.id)
    assert [reason.code for reason in told.why_not] == ["none_left"]
    assert not any("veto" in str(reason) or "rather" in str(reason) for reason in told.why_not)


async def test_what_stands_against_a_reader_is_in_nothing_the_reader_gets() -> None:
    event, company, partner = await pair()
    await service.state_opinion(company.id, partner.id, "rather_not")
    await published(event)
    found = await service.matches_for_registration(partner.id)
    voice = await service.voice_of(found)
    others = await service.others_to_meet(partner.id)
    assert (voice.opinions, others.stated) == ({}, [])
    assert [one.organisation.id for one in others.items] == [company.id]  # not missing either: that would tell
    assert "rather_not" not in repr((found, voice, others))


async def test_list_shows_the_other_side_that_consents_and_nobody_else() -> None:
    event, company, partner = await pair()
    both = await join(event, WASSERSTOFF)
    await join(event, BRIKETT)
    await join(event, GEISELTAL, match=False)
    await join(event, ONLOOKER)

    async def seen(who: RegistrationOut) -> list[str]:
        return [one.organisation.name for one in (await service.others_to_meet(who.id)).items]

    assert await seen(company) == [SAALEKREIS.name, WASSERSTOFF.name]
    assert await seen(partner) == sorted([BRIKETT.name, SAALEBLICK.name, WASSERSTOFF.name])
    assert await seen(both) == sorted([BRIKETT.name, SAALEBLICK.name, SAALEKREIS.name])


async def test_list_is_searched_by_name_and_by_occupation() -> None:
    event, company, _ = await pair()
    await join(event, WASSERSTOFF)

    async def found(text: str) -> list[str]:
        return [one.organisation.name for one in (await service.others_to_meet(company.id, text)).items]

    assert await found("wasser") == [WASSERSTOFF.name]
    assert await found("Mechatroniker") == [SAALEKREIS.name, WASSERSTOFF.name]
    assert await found("100%") == []
    assert await found("Köchin") == []


async def test_list_of_5000_comes_in_pages() -> None:
    event, company, _ = await pair(capacity=None)
    await make_crowd(event, 1, 5_000)
    first, second, last = [await service.others_to_meet(company.id, page=number) for number in (1, 2, 201)]
    assert [len(one.items) for one in (first, second, last)] == [25, 25, 1]
    assert [one.has_more for one in (first, second, last)] == [True, True, False]
    assert {one.organisation.id for one in first.items}.isdisjoint({one.organisation.id for one in second.items})


@pytest.mark.parametrize("who", [ONLOOKER, None])
async def test_those_who_do_not_take_part_see_nobody_and_state_nothing(who: Any) -> None:
    event, _, partner = await pair()
    mute = await join(event, who or GEISELTAL, match=who is not None)
    assert (await service.others_to_meet(mute.id)).items == ()
    with pytest.raises(Conflict):
        await service.state_opinion(mute.id, partner.id, "want")


async def test_opinions_are_about_participants_of_the_same_event_only() -> None:
    event, company, _ = await pair()
    _, elsewhere, _ = await pair()
    silent = await join(event, GEISELTAL, match=False)
    for other in (elsewhere.id, company.id, silent.id, uuid4()):
        with pytest.raises(NotFound):
            await service.state_opinion(company.id, other, "want")
    assert await db.fetch_value("SELECT count(*) FROM matching_opinion") == 0


async def test_nothing_is_stated_after_the_event_but_taken_back() -> None:
    event, company, partner = await pair()
    await service.state_opinion(company.id, partner.id, "rather_not")
    await over(event)
    with pytest.raises(Conflict):
        await service.state_opinion(company.id, partner.id, "want")
    await service.state_opinion(company.id, partner.id, None)
    assert await db.fetch_value("SELECT count(*) FROM matching_opinion") == 0


async def test_erasing_a_registration_forgets_what_was_said_by_it_and_about_it() -> None:
    event, company, partner = await pair()
    third = await join(event, GEISELTAL)
    await service.state_opinion(company.id, partner.id, "rather_not")
    await service.state_opinion(partner.id, company.id, "want")
    await service.state_opinion(third.id, partner.id, "want")
    await erase_registration(company.id, ADMIN)
    assert await db.fetch_value("SELECT array_agg(kind) FROM matching_opinion") == ["want"]


async def test_withdrawn_consent_takes_a_wished_one_from_lists_and_runs() -> None:
    event, company, partner = await pair()
    await service.state_opinion(company.id, partner.id, "must")
    await service.state_opinion(partner.id, company.id, "must")
    await registrations.change_registration(partner.id, RegistrationPatch(consents=ConsentsPatch(match=False)), ADMIN)
    assert await names(await computed(event)) == set()
    listed = await service.others_to_meet(company.id)
    assert (listed.items, listed.stated) == ([], [])


async def test_two_registrations_of_one_organisation_are_not_matched() -> None:
    event, company, partner = await pair()
    directory_id = uuid4()
    await db.execute(
        """INSERT INTO organisation (id, name, name_key, kind, created_at)
           VALUES ($1, 'Ein Haus', 'ein haus', 'company', now())""",
        directory_id,
    )
    await db.execute(
        "UPDATE registration SET organisation = $1 WHERE id = ANY($2::uuid[])", directory_id, [company.id, partner.id]
    )
    assert await names(await computed(event)) == set()
    assert (await service.others_to_meet(company.id)).items == []


# --- feedback


async def test_feedback_is_asked_for_after_the_event_and_counted() -> None:
    event, company, partner = await pair(starts_at=soon(days=2))
    await published(event)
    with pytest.raises(NotFound):
        await service.give_feedback(company.id, partner.id, "yes")
    await over(event)
    await service.give_feedback(company.id, partner.id, "partly", "Zu kurz.")
    await service.give_feedback(company.id, partner.id, "yes", "  Guter Anfang.  ")
    await service.give_feedback(partner.id, company.id, "no")
    talks = await service.feedback_of_event(event.id)
    assert talks.counts == {"yes": 1, "no": 1}
    assert [(one.organisation, one.about, one.remark) for one in talks.remarks] == [
        (SAALEBLICK.name, SAALEKREIS.name, "Guter Anfang.")
    ]


async def test_feedback_refuses_strangers_and_novels() -> None:
    event, company, partner = await pair()
    stranger = await join(event, BRIKETT)
    await published(event)
    await over(event)
    with pytest.raises(NotFound):
        await service.give_feedback(company.id, stranger.id, "yes")
    with pytest.raises(Invalid):
        await service.give_feedback(company.id, partner.id, "yes", "x" * 1001)


# --- introductions


async def exchanged(one: UUID) -> dict[UUID, str]:
    return dict(await opinion_queries.agreements(one))


async def mails() -> list[tuple[UUID, str | None]]:
    rows = await db.fetch(
        """SELECT registration_id, payload->>'contact_of' AS other FROM outbox_mail
           WHERE payload ? 'contact_of' ORDER BY id"""
    )
    return [(row["registration_id"], row["other"]) for row in rows]


async def test_contacts_are_exchanged_once_both_agreed_and_told_once() -> None:
    event, company, partner = await pair()
    assert (await published(event)).mode == "introductions"  # it has no slots
    assert await service.agree_to_exchange(company.id, partner.id) is False
    assert (await exchanged(company.id), await exchanged(partner.id)) == (
        {partner.id: "mine"},
        {company.id: "theirs"},
    )
    assert await mails() == []
    assert await service.contact_of(partner.id, company.id) is None
    assert await service.agree_to_exchange(partner.id, company.id) is True
    assert await service.agree_to_exchange(partner.id, company.id) is False
    assert sorted(await mails(), key=str) == sorted(
        [(company.id, str(partner.id)), (partner.id, str(company.id))], key=str
    )
    found = await service.contact_of(company.id, partner.id)
    assert found is not None
    assert found[1].id == partner.id


async def test_agreement_can_be_taken_back_until_both_agreed() -> None:
    event, company, partner = await pair()
    await published(event)
    await service.agree_to_exchange(company.id, partner.id)
    await service.take_back_agreement(company.id, partner.id)
    assert await service.agree_to_exchange(partner.id, company.id) is False
    await service.agree_to_exchange(company.id, partner.id)
    await service.take_back_agreement(company.id, partner.id)
    assert await exchanged(company.id) == {partner.id: "exchanged"}


async def test_rather_not_takes_an_agreement_back_without_a_word() -> None:
    event, company, partner = await pair()
    await published(event)
    await service.agree_to_exchange(company.id, partner.id)
    await service.state_opinion(company.id, partner.id, "rather_not")
    assert await service.agree_to_exchange(partner.id, company.id) is False
    assert await exchanged(partner.id) == {company.id: "mine"}
    assert await mails() == []


async def test_contacts_are_for_proposed_ones_of_published_introductions() -> None:
    event, company, partner = await pair()
    run = await computed(event)
    with pytest.raises(NotFound):
        await service.agree_to_exchange(company.id, partner.id)
    await service.publish_run(run.id, ADMIN)
    stranger = await join(event, BRIKETT)
    for one, other in ((company, stranger), (stranger, company)):
        with pytest.raises(NotFound):
            await service.agree_to_exchange(one.id, other.id)


async def test_contacts_are_not_given_after_a_consent_was_withdrawn() -> None:
    event, company, partner = await pair()
    await published(event)
    await service.agree_to_exchange(company.id, partner.id)
    await registrations.change_registration(company.id, RegistrationPatch(consents=ConsentsPatch(match=False)), ADMIN)
    with pytest.raises(NotFound):
        await service.agree_to_exchange(partner.id, company.id)
    assert await mails() == []


async def test_a_round_of_meetings_exchanges_no_contacts_unless_asked_for_introductions() -> None:
    event, company, partner = await pair()
    start = event.public.starts_at
    await db.execute(
        """UPDATE event SET matchmaking = matchmaking || jsonb_build_object('slots', jsonb_build_array($2::text))
           WHERE id = $1""",
        event.id,
        (start + timedelta(hours=1)).isoformat(),
    )
    assert (await published(event)).mode == "meetings"
    with pytest.raises(NotFound):
        await service.agree_to_exchange(company.id, partner.id)
    assert [one.meeting is None for one in (await service.matches_for_registration(company.id)).pairs] == [False]
    await db.execute("DELETE FROM outbox_mail")
    run = await service.start_run(event.slug, ADMIN, mode="introductions")
    await service.execute_run(run.id)
    published_run = await service.publish_run(run.id, ADMIN)
    assert published_run.summary is not None
    assert (published_run.summary.matches, published_run.summary.meetings, published_run.summary.gaps) == (1, 0, None)
    for one in (company, partner):
        found = await service.matches_for_registration(one.id)
        assert (found.introduced, [pair.meeting for pair in found.pairs]) == (True, [None])
    for kind in ("meeting-changed", "matches-published"):  # the meeting is off, contacts can be exchanged instead
        assert await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE kind = $1::varchar", kind) == 2
    assert await service.agree_to_exchange(company.id, partner.id) is False
