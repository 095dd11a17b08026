"""What tests start from, made through the same services as in real life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from events_app.accounts import service as accounts
from events_app.accounts.rules import Actor, Role
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.events.schemas import EventIn, Venue
from events_app.kit import db
from events_app.organisations import queries as organisations
from events_app.organisations.queries import ClusterRow
from events_app.registration import service as registrations
from events_app.registration.schemas import RegistrationIn, RegistrationOut

ADMIN = Actor("account", UUID(int=1), role="admin")


def auth(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def soon(**delta: float) -> datetime:
    """A full hour some days ahead."""
    return (datetime.now(UTC) + timedelta(**(delta or {"days": 30}))).replace(minute=0, second=0, microsecond=0)


async def make_cluster(slug: str = "tab-mint", **columns: Any) -> ClusterRow:
    values = {
        "id": uuid4(),
        "slug": slug,
        "name": slug.upper(),
        "agent_organisation": "Beispielwerk",
        "created_at": datetime.now(UTC),
        **columns,
    }
    places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await db.execute(f"INSERT INTO cluster ({', '.join(values)}) VALUES ({places})", *values.values())  # noqa: S608 - own names
    made = await organisations.cluster_by_slug(slug)
    assert made is not None
    return made


async def make_event(*, published: bool = True, **fields: Any) -> EventRow:
    """An on-site event a month ahead with 100 seats; any field of `EventIn` may be given."""
    starts_at = fields.pop("starts_at", soon())
    entered = EventIn(
        **{
            "title": "Auftakt in Halle",
            "kind": "kickoff",
            "mode": "onsite",
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=5),
            "capacity": 100,
            "venue": Venue(name="Werkhalle", street="Musterweg 1", postcode="06112", place="Halle (Saale)"),
            **fields,
        }
    )
    event = await events.create_event(entered, ADMIN)
    return await events.publish_event(event.slug, ADMIN) if published else event


def registration_body(people: int = 2, **fields: Any) -> dict[str, Any]:
    """The JSON of a registration; every call has other people."""
    mark = uuid4().hex[:8]
    attendees = [
        {"given_name": f"Test{number}", "family_name": f"Person-{mark}", "email": f"p{number}.{mark}@example.org"}
        for number in range(people)
    ]
    return {
        "organisation": {
            "name": f"Werkstatt {mark} GmbH",
            "kind": "company",
            "size": "small",
            "postcode": "06112",
            "district": "15002",
        },
        "contact": {"given_name": "Kontakt", "family_name": f"Person-{mark}", "email": f"k.{mark}@example.org"},
        "attendees": attendees,
        "consents": {"privacy": True, "match": True},
        **fields,
    }


async def make_registration(
    event: EventRow, people: int = 2, *, source: registrations.Source = "api", **fields: Any
) -> RegistrationOut:
    entered = msgspec.convert(registration_body(people, **fields), RegistrationIn)
    return await registrations.register(event.slug, entered, source=source)


async def make_api_token(role: Role = "agent", cluster_id: UUID | None = None) -> str:
    return await accounts.create_api_token("test", role, cluster_id)
