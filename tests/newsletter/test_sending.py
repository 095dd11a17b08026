"""From an issue to mails: nobody twice, nobody who has left, and a worker may die at any point."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from events_app.accounts import service as accounts
from events_app.accounts.rules import Actor
from events_app.events import service as events
from events_app.kit import db, settings
from events_app.kit.errors import Conflict, Forbidden, Invalid, NotFound
from events_app.kit.formats import filters
from events_app.kit.settings import Settings
from events_app.newsletter.mails import COMPOSERS
from events_app.newsletter.queries import IssueRow
from events_app.newsletter.schemas import Audience
from events_app.newsletter.service import forget, issues, links, readers, sending
from events_app.outbox.service.delivery import deliver_due
from events_app.registration import service as registrations
from tests.factories import ADMIN, make_cluster, make_event
from tests.faults.processes import started
from tests.newsletter.readers import make_issue, make_reader, make_readers, states, written
from tests.outbox.sink import Sink, open_sink
from workers.outbox import LINES


@pytest.fixture
async def sink(database: None, app_settings: Settings) -> AsyncIterator[Sink]:
    async with open_sink() as opened:
        settings.use(replace(app_settings, smtp_url=opened.url))
        yield opened


async def sent_through(issue: IssueRow) -> IssueRow:
    """Send an issue as the workers do, until it is done."""
    await issues.send_issue(issue.id, ADMIN)
    return await drained(issue)


async def drained(issue: IssueRow) -> IssueRow:
    async with asyncio.timeout(60):
        while await status(issue) != "sent":
            await sending.feed()
            await deliver_due(COMPOSERS)
    return await issues.managed_issue(issue.id, ADMIN)


async def status(issue: IssueRow) -> str:
    return (await issues.managed_issue(issue.id, ADMIN)).status


async def test_issue_reaches_everybody_once_in_their_language(sink: Sink) -> None:
    await make_reader("de@example.org")
    await make_reader("en@example.org", language="en")
    issue = await sent_through(await make_issue(subject_en="Autumn news", body_en="Hello!"))
    subjects = {mail["To"]: mail["Subject"] for mail in sink.mails}
    assert subjects == {"de@example.org": "Neues im Herbst", "en@example.org": "Autumn news"}
    assert (issue.status, issue.recipients, await states(issue.id)) == ("sent", 2, {"sent": 2})
    assert not await sending.feed()


async def test_issue_carries_the_headers_of_one_click_and_no_tracking(sink: Sink) -> None:
    reader = await make_reader("de@example.org")
    await sent_through(await make_issue())
    [mail] = sink.mails
    header = str(mail["List-Unsubscribe"])
    assert header.startswith("<http://clustertreff.test/newsletter/unsubscribe/")
    assert header.endswith(">")
    assert f"List-Unsubscribe: {header}".encode() in (sink.taken[0].original_content or b"")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = mail.get_body(("html",)).get_content()
    text = mail.get_body(("plain",)).get_content()
    assert "<img" not in html
    assert header.strip("<>") in html
    assert header.strip("<>") in text
    assert "https://example.org/z" in html
    assert str(reader) not in html


async def test_event_cards_show_what_comes_and_what_was_called_off(sink: Sink) -> None:
    await make_reader("de@example.org")
    coming, off = await make_event(title="Werkstatttag"), await make_event(title="Fiel aus")
    issue = await make_issue(events=[coming.id, off.id])
    await registrations.cancel_event(off.slug, "Sturm", ADMIN)
    await sent_through(issue)
    [mail] = sink.mails
    text = mail.get_body(("plain",)).get_content()
    assert "Werkstatttag" in text
    assert f"http://clustertreff.test/events/{coming.slug}" in text
    assert "Abgesagt: Fiel aus" in text
    assert "line-through" in mail.get_body(("html",)).get_content()


async def test_audience_follows_clusters_topics_roles_and_regions(database: None) -> None:
    mint, care = await make_cluster("tab-mint"), await make_cluster("care")
    await make_reader("all@example.org")
    await make_reader("mint@example.org", clusters=["tab-mint"], topics=["digital"], role="company", region="lausitz")
    await make_reader("care@example.org", clusters=["care"], topics=["bildung"], role="school")

    async def size(cluster: UUID | None = None, **chosen: list[str]) -> int:
        return await issues.count_audience(Audience(**chosen), cluster)

    assert await size() == 3
    assert (await size(mint.id), await size(care.id)) == (2, 2)
    assert await size(mint.id, topics=["bildung"]) == 1
    assert await size(topics=["digital", "bildung"]) == 3
    assert await size(roles=["company", "school"]) == 2
    assert await size(regions=["lausitz"]) == 1
    assert await issues.count_audience(Audience(clusters=[care.id]), None) == 2


async def test_paused_unconfirmed_and_suppressed_people_are_no_audience(database: None) -> None:
    paused, left = await make_reader("pause@example.org"), await make_reader("left@example.org")
    await db.execute("UPDATE newsletter_subscriber SET paused_until = now() + interval '1 day' WHERE id = $1", paused)
    await readers.unsubscribe(left)
    await make_reader("da@example.org")
    await db.execute(
        """INSERT INTO newsletter_suppression (address_hash, reason, created_at)
           SELECT address_hash, 'erased', now() FROM newsletter_subscriber WHERE email = 'da@example.org'"""
    )
    assert await issues.count_audience(Audience(), None) == 0


async def test_nobody_gets_an_issue_twice_from_two_workers(sink: Sink) -> None:
    await make_readers(1000)
    issue = await make_issue()
    await issues.send_issue(issue.id, ADMIN)
    began = time.perf_counter()
    while await status(issue) != "sent":
        await asyncio.gather(sending.feed(), sending.feed(), deliver_due(COMPOSERS), deliver_due(COMPOSERS))
        assert time.perf_counter() - began < 120
    counts = Counter(sink.recipients)
    assert len(counts) == 1000
    assert set(counts.values()) == {1}
    assert await states(issue.id) == {"sent": 1000}


async def test_outbox_holds_a_portion_of_an_issue_only(database: None) -> None:
    await make_readers(1000)
    issue = await make_issue()
    await issues.send_issue(issue.id, ADMIN)
    await sending.feed()
    assert await states(issue.id) == {"queued": sending.BACKLOG, "due": 1000 - sending.BACKLOG}
    assert not await sending.feed()
    assert await status(issue) == "sending"


async def test_pause_takes_the_waiting_mails_back_and_continuing_sends_them(sink: Sink) -> None:
    await make_readers(20)
    issue = await make_issue()
    await issues.send_issue(issue.id, ADMIN)
    await sending.feed()
    await db.execute("UPDATE outbox_mail SET status = 'sending', claimed_until = now() WHERE id <= 3")
    await issues.pause_issue(issue.id, ADMIN)
    assert await states(issue.id) == {"queued": 3, "due": 17}
    assert not await sending.feed()
    await deliver_due(COMPOSERS)
    assert len(sink.taken) == 3
    await issues.continue_issue(issue.id, ADMIN)
    await drained(issue)
    assert Counter(sink.recipients).most_common(1)[0][1] == 1
    assert len(sink.taken) == 20
    assert await status(issue) == "sent"


async def test_scheduled_issue_waits_for_its_time_and_can_be_taken_back(sink: Sink) -> None:
    await make_reader("de@example.org")
    issue, now = await make_issue(), datetime.now(UTC)
    await issues.send_issue(issue.id, ADMIN, now + timedelta(hours=2))
    assert not await sending.feed()
    await issues.unschedule(issue.id, ADMIN)
    assert await status(issue) == "draft"
    await issues.send_issue(issue.id, ADMIN, now + timedelta(hours=2))
    settings.use(replace(settings.current(), fixed_now=now + timedelta(hours=2)))
    assert await sending.feed()
    assert await status(issue) == "sending"
    with pytest.raises(Conflict):
        await issues.unschedule(issue.id, ADMIN)


async def test_clock_set_back_neither_repeats_nor_loses_an_issue(sink: Sink) -> None:
    await make_readers(5)
    issue = await make_issue()
    await issues.send_issue(issue.id, ADMIN)
    await sending.feed()
    settings.use(replace(settings.current(), fixed_now=datetime.now(UTC) - timedelta(hours=1)))
    await drained(issue)
    assert sorted(sink.recipients) == [f"r{number}@example.org" for number in range(5)]


async def test_who_leaves_while_an_issue_is_sent_gets_nothing_more(sink: Sink) -> None:
    stays, leaves, gone = [await make_reader(f"{name}@example.org") for name in ("stays", "leaves", "gone")]
    issue = await make_issue()
    await issues.send_issue(issue.id, ADMIN)
    await sending.feed()
    await readers.unsubscribe(leaves)
    await forget("gone@example.org")
    await drained(issue)
    assert sink.recipients == ["stays@example.org"]
    assert await states(issue.id) == {"sent": 1, "skipped": 2}
    assert await db.fetch_value("SELECT count(*) FROM newsletter_delivery WHERE subscriber = $1", gone) == 0
    assert await db.fetch_value("SELECT count(*) FROM newsletter_delivery WHERE subscriber = $1", stays) == 1


async def test_counts_survive_an_erase(sink: Sink) -> None:
    await make_reader("da@example.org")
    issue = await make_issue()
    await issues.send_issue(issue.id, ADMIN)
    await sending.feed()
    await deliver_due(COMPOSERS)
    await forget("da@example.org")  # before anybody noted that the mail has left
    assert await states(issue.id) == {"sent": 1}
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE recipient <> '' OR payload <> '{}'") == 0


async def test_failed_mails_are_counted_and_those_sent_again_too(sink: Sink) -> None:
    await make_readers(3)
    sink.on_rcpt = lambda address: "550 no such user" if address.startswith("r1@") else "250 fine"
    issue = await sent_through(await make_issue())
    assert await states(issue.id) == {"sent": 2, "failed": 1}
    sink.on_rcpt = lambda _: "250 fine"
    await db.execute("UPDATE outbox_mail SET status = 'queued', attempts = 0 WHERE status = 'parked'")
    await deliver_due(COMPOSERS)
    await sending.feed()
    assert await states(issue.id) == {"sent": 3}


async def test_leaving_is_counted_at_the_issue_that_came_last(sink: Sink) -> None:
    reader = await make_reader("da@example.org")
    first = await sent_through(await make_issue())
    second = await sent_through(await make_issue(subject_de="Zweite"))
    await readers.unsubscribe(reader)
    await readers.unsubscribe(reader)
    counted = [(await issues.managed_issue(one.id, ADMIN)).unsubscribed for one in (first, second)]
    assert counted == [0, 1]


async def test_agents_work_on_their_own_cluster_alone(database: None) -> None:
    mint, care = await make_cluster("tab-mint"), await make_cluster("care")
    agent = Actor("account", None, role="agent", cluster_id=mint.id)
    own = await issues.create_issue(written(), mint.id, agent)
    other, whole = await make_issue(care.id), await make_issue()
    assert [issue.id for issue in await issues.desk_issues(agent)] == [own.id]
    assert len(await issues.desk_issues(ADMIN)) == 3
    for foreign in (other, whole):
        for deed in (issues.send_issue, issues.delete_draft, issues.send_test, issues.pause_issue):
            with pytest.raises(Forbidden):
                await deed(foreign.id, agent)
    for cluster_id in (care.id, None):
        with pytest.raises(Forbidden):
            await issues.create_issue(written(), cluster_id, agent)
    with pytest.raises(NotFound):
        await issues.send_issue(UUID(int=7), agent)


async def test_issue_of_a_cluster_never_leaves_its_readers(database: None) -> None:
    mint, care = await make_cluster("tab-mint"), await make_cluster("care")
    await make_reader("care@example.org", clusters=["care"])
    issue = await make_issue(mint.id, audience=Audience(clusters=[care.id]))
    assert issue.audience.clusters == [mint.id]
    assert await issues.audience_size(issue) == 0


async def test_sent_issue_can_not_be_changed_deleted_or_sent_again(sink: Sink) -> None:
    await make_reader("de@example.org")
    issue = await sent_through(await make_issue())
    for deed in (issues.send_issue, issues.delete_draft, issues.pause_issue, issues.continue_issue):
        with pytest.raises(Conflict):
            await deed(issue.id, ADMIN)
    with pytest.raises(Conflict):
        await issues.change_issue(issue.id, written(subject_de="Anders"), ADMIN)


async def test_draft_without_text_is_not_sent(database: None) -> None:
    issue = await make_issue(body_de="")
    with pytest.raises(Invalid):
        await issues.send_issue(issue.id, ADMIN)
    assert await status(issue) == "draft"


async def test_unknown_event_is_refused(database: None) -> None:
    with pytest.raises(Invalid):
        await make_issue(events=[UUID(int=5)])


async def test_draft_event_is_no_card(database: None) -> None:
    event = await make_event(published=False)
    issue = await make_issue(events=[event.id])
    assert await issues.cards(issue.written) == []
    await events.publish_event(event.slug, ADMIN)
    assert len(await issues.cards(issue.written)) == 1


async def test_test_goes_to_oneself_in_both_languages_and_counts_nothing(sink: Sink) -> None:
    await make_reader("de@example.org")
    account = await accounts.create_account("agentin@example.org", "admin")
    issue = await make_issue(subject_en="News", body_en="Hello!")
    await issues.send_test(issue.id, Actor("account", account, role="admin"))
    await deliver_due(COMPOSERS)
    assert sorted(mail["Subject"] for mail in sink.mails) == ["Test: Neues im Herbst", "Test: News"]
    assert set(sink.recipients) == {"agentin@example.org"}
    assert "List-Unsubscribe" not in sink.mails[0]
    assert await states(issue.id) == {}
    with pytest.raises(Forbidden):
        await issues.send_test(issue.id, Actor("api_token", account, role="admin"))


async def test_issues_of_one_title_have_addresses_of_their_own(database: None) -> None:
    made = await asyncio.gather(*(make_issue() for _ in range(4)))
    assert len({issue.slug for issue in made}) == 4


async def test_database_takes_no_second_mail_for_one_reader(database: None) -> None:
    await make_reader("de@example.org")
    issue = await make_issue()
    await issues.send_issue(issue.id, ADMIN)
    await sending.feed()
    with pytest.raises(asyncpg.UniqueViolationError):
        await db.execute(
            """INSERT INTO newsletter_delivery (id, issue, subscriber, state, changed_at)
               SELECT gen_random_uuid(), issue, subscriber, 'due', now() FROM newsletter_delivery"""
        )


@pytest.mark.slow
async def test_worker_killed_in_the_middle_repeats_one_mail_of_each_line_at_most(
    sink: Sink, app_settings: Settings
) -> None:
    await make_readers(120)
    issue = await make_issue()
    await issues.send_issue(issue.id, ADMIN)
    async with started("worker", app_settings, smtp_url=sink.url) as first:

        def killing(_: str) -> str:
            if len(sink.taken) == 40:
                os.kill(first.pid, signal.SIGKILL)
            return "250 taken"

        sink.on_data = killing
        await first.wait()
    sink.on_data = lambda _: "250 taken"
    await db.execute("UPDATE outbox_mail SET claimed_until = now() WHERE status = 'sending'")  # the lease has run out
    async with started("worker", app_settings, smtp_url=sink.url), asyncio.timeout(60):
        while await status(issue) != "sent":  # noqa: ASYNC110 - another process works
            await asyncio.sleep(0.2)
    counts = Counter(sink.recipients)
    assert len(counts) == len({mail["Message-ID"] for mail in sink.mails}) == 120
    assert max(counts.values()) <= 2
    assert 120 < len(sink.taken) <= 120 + LINES  # the fortieth was taken and never marked
    assert await states(issue.id) == {"sent": 120}


async def test_each_reader_gets_links_of_their_own(sink: Sink) -> None:
    ids = {f"{name}@example.org": await make_reader(f"{name}@example.org") for name in ("a", "b", "c")}
    await sent_through(await make_issue())
    tokens = {email: links.reader_token(id_) for email, id_ in ids.items()}
    for mail in sink.mails:
        for kind in ("plain", "html"):
            text = mail.get_body((kind,)).get_content()
            assert [email for email, token in tokens.items() if token in text] == [mail["To"]]
            assert "{" not in text.partition("<body")[2]
            assert f"am {filters('de')['date_medium'](datetime.now(UTC))} bestellt" in " ".join(text.split())
