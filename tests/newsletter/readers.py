"""Subscribers and issues as the tests need them, made through the services of real life."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from events_app.kit import clock, db
from events_app.newsletter.queries import IssueRow
from events_app.newsletter.rules import WORDING
from events_app.newsletter.schemas import IssueIn, SignUp
from events_app.newsletter.service import issues, signup
from events_app.newsletter.service.links import address_hash
from tests.factories import ADMIN


async def make_reader(email: str = "lesen@example.org", **fields: Any) -> UUID:
    """Somebody who has signed up and confirmed; no mail is queued."""
    made = await signup.sign_up(SignUp(email=email, **fields), "demo")
    assert made is not None
    await signup.confirm_demo(made)
    return made


async def make_readers(count: int) -> None:
    """Many confirmed readers in one statement."""
    emails = [f"r{number}@example.org" for number in range(count)]
    await db.execute(
        """INSERT INTO newsletter_subscriber (id, email, address_hash, name, organisation, role, region, language,
             clusters, topics, status, source, generation, asks, asked_at, wording, requested_at, confirmed_at)
           SELECT id, email, hash, '', '', '', '', 'de', '{}', '{}', 'confirmed', 'form', 0, 0, $4, $5, $4, $4
           FROM unnest($1::uuid[], $2::text[], $3::text[]) AS r(id, email, hash)""",
        [uuid4() for _ in emails],
        emails,
        [address_hash(email) for email in emails],
        clock.now(),
        WORDING,
    )


def written(**fields: Any) -> IssueIn:
    whole = {"subject_de": "Neues im Herbst", "body_de": "Guten Tag!\n\n- **eins**\n- [zwei](https://example.org/z)"}
    return IssueIn(**{**whole, **fields})


async def make_issue(cluster_id: UUID | None = None, **fields: Any) -> IssueRow:
    return await issues.create_issue(written(**fields), cluster_id, ADMIN)


async def row(email: str) -> dict[str, Any] | None:
    found = await db.fetch_row("SELECT * FROM newsletter_subscriber WHERE email = $1", email)
    return None if found is None else dict(found)


async def states(issue_id: UUID) -> dict[str, int]:
    rows = await db.fetch("SELECT state, count(*) AS n FROM newsletter_delivery WHERE issue = $1 GROUP BY 1", issue_id)
    return {one["state"]: one["n"] for one in rows}
