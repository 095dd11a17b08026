from __future__ import annotations

from events_app.accounts.rules import Actor
from events_app.demo import newsletter, service
from events_app.kit import db
from events_app.newsletter import rules
from events_app.newsletter.service import issues, sending


async def test_demo_has_readers_an_issue_sent_and_a_draft(database: None) -> None:
    await service.load()
    readers = len(newsletter.material().readers)
    assert await db.fetch_value("SELECT count(*) FROM newsletter_subscriber WHERE status = 'confirmed'") == readers
    found = {issue.status: issue for issue in await issues.desk_issues(Actor("system", None, role="admin"))}
    assert set(found) == {"sent", "draft"}
    assert found["sent"].recipients == readers
    assert len(found["sent"].written.events) == 3
    assert found["draft"].cluster_slug == "tab-mint"
    assert all(rules.sending_problems(issue.written) == [] for issue in found.values())
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail") == 0
    assert not await sending.feed()


async def test_demo_loads_its_newsletter_once(database: None) -> None:
    await service.load()
    await db.execute("DELETE FROM newsletter_issue WHERE status = 'draft'")
    assert await service.is_loaded()
    assert not await service.load()


async def test_invented_readers_have_invented_addresses() -> None:
    assert all(reader.email.endswith(".example.org") for reader in newsletter.material().readers)
