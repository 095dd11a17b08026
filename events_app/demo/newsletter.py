"""The demo's newsletter: some readers, an issue that has been sent, and a draft. No mail leaves for it."""

from __future__ import annotations

from functools import cache
from uuid import UUID

import msgspec
from msgspec import Struct

from events_app.accounts.rules import Actor
from events_app.demo.material import FOLDER
from events_app.kit import db
from events_app.newsletter.schemas import IssueIn, SignUp
from events_app.newsletter.service import issues, sending, signup
from events_app.organisations import queries as organisations


class DemoIssue(Struct, forbid_unknown_fields=True):
    """`events` are demo ids; `cluster` a slug."""

    subject_de: str
    body_de: str
    subject_en: str = ""
    body_en: str = ""
    events: list[str] = []
    cluster: str | None = None


class DemoNewsletter(Struct, forbid_unknown_fields=True):
    readers: list[SignUp]
    sent: DemoIssue
    draft: DemoIssue


@cache
def material() -> DemoNewsletter:
    return msgspec.toml.decode((FOLDER / "newsletter.toml").read_bytes(), type=DemoNewsletter)


async def is_loaded() -> bool:
    """Whether the demo's readers or any issues are there: what people have made of them is theirs."""
    found: bool = await db.fetch_value(
        """SELECT EXISTS (SELECT FROM newsletter_issue)
             OR EXISTS (SELECT FROM newsletter_subscriber WHERE source = 'demo')"""
    )
    return found


async def load(actor: Actor) -> None:
    """Runs in the loader's transaction, once its clusters and events are there."""
    if await is_loaded():
        return
    for reader in material().readers:
        subscriber_id = await signup.sign_up(reader, "demo")
        if subscriber_id is not None:
            await signup.confirm_demo(subscriber_id)
    sent = await _write(material().sent, actor)
    await sending.sent_elsewhere(sent)
    await _write(material().draft, actor)


async def _write(demo: DemoIssue, actor: Actor) -> UUID:
    rows = await db.fetch("SELECT id FROM event WHERE demo_id = ANY($1::text[]) ORDER BY starts_at", demo.events)
    written = IssueIn(
        subject_de=demo.subject_de,
        body_de=demo.body_de,
        subject_en=demo.subject_en,
        body_en=demo.body_en,
        events=[row["id"] for row in rows],
    )
    cluster_id = None if demo.cluster is None else await organisations.cluster_id(demo.cluster)
    return (await issues.create_issue(written, cluster_id, actor)).id
