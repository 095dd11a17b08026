"""What the requests are about: events, a paired door device, tickets, and the JSON of a registration."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from benchmarks.load import MARK
from events_app.accounts.rules import Actor
from events_app.checkin import service as checkin
from events_app.checkin.schemas import DeviceIn, PairIn
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.events.schemas import AgendaItem, EventIn, GoodToKnow, Organiser, Venue
from events_app.kit import db
from events_app.tickets import service as tickets
from events_app.tickets.service import Holder

ADMIN = Actor("account", UUID(int=1), role="admin")
PEOPLE = 2
DESCRIPTION = "\n\n".join(
    f"## Teil {part}\n\nWir zeigen, wie Betriebe und Bildungsdienstleister **gemeinsam** ausbilden, und üben es an "
    "Beispielen aus der Region.\n\n- Vortrag\n- Gespräch\n- Rundgang"
    for part in range(1, 5)
)


async def new_event(capacity: int | None = None, **fields: Any) -> EventRow:
    """A published event a month ahead, with as much on its page as real ones have."""
    starts_at = (datetime.now(UTC) + timedelta(days=30)).replace(minute=0, second=0, microsecond=0)
    entered = EventIn(
        title="Auftakt in Halle",
        kind="kickoff",
        mode="onsite",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=5),
        capacity=capacity,
        venue=Venue(name="Werkhalle", street="Musterweg 1", postcode="06112", place="Halle (Saale)", district="15002"),
        summary="Ein Tag für Betriebe, die ausbilden, und für alle, die ihnen dabei helfen.",
        description=DESCRIPTION,
        organiser=Organiser("Beispielwerk", "kontakt@example.org", "0345 1234567"),
        good_to_know=GoodToKnow(step_free=True, catering="Mittagessen"),
        agenda=[
            AgendaItem(starts_at + timedelta(hours=hour), f"Teil {hour + 1}", None, "Frau Muster", "Saal 1")
            for hour in range(5)
        ],
        **fields,
    )
    event = await events.create_event(entered, ADMIN)
    return await events.publish_event(event.slug, ADMIN)


def registration(people: int = PEOPLE) -> str:
    """A company registers its people; every request is about others."""
    body = {
        "organisation": {
            "name": f"Werkstatt {MARK} GmbH",
            "kind": "company",
            "size": "small",
            "postcode": "06112",
            "district": "15002",
        },
        "contact": {"given_name": "Kontakt", "family_name": f"Person-{MARK}", "email": f"k.{MARK}@example.org"},
        "attendees": [
            {"given_name": f"Test{n}", "family_name": f"Person-{MARK}", "email": f"p{n}.{MARK}@example.org"}
            for n in range(people)
        ],
        "training": {"needs": [{"occupation": "mechatroniker", "form": "grundlehrgang", "places": 2}]},
        "consents": {"privacy": True, "match": True},
    }
    return json.dumps(body)


async def pairing_code(event: EventRow) -> str:
    """What makes a phone one of this event's door."""
    return (await checkin.create_device(event.slug, DeviceIn("Tür"), ADMIN)).pairing_code


async def paired_device(event: EventRow) -> dict[str, str]:
    """The headers of a phone at this event's door."""
    paired = await checkin.pair_device(PairIn(await pairing_code(event)))
    return {"Authorization": f"Bearer {paired.token}"}


@db.retried
async def issue_tickets(event: EventRow, many: int) -> list[tuple[UUID, str]]:
    """(id, code) of fresh tickets of confirmed people."""
    holders = [
        Holder(uuid4(), uuid4(), "Test", f"Person {n}", "Werkstatt GmbH", "de", "confirmed") for n in range(many)
    ]
    made = tickets.planned(event.id, holders)
    await tickets.store(made)
    signing = tickets.signing_of(event.signing_seed, event.key_id)
    return [(ticket.id, str(ticket.code(signing))) for ticket in made]


async def empty_house() -> None:
    """Nobody has been at the door yet."""
    await db.execute("TRUNCATE scan, presence")
    await db.execute("UPDATE ticket SET admitted_at = NULL WHERE admitted_at IS NOT NULL")


async def tidy_tables() -> None:
    """So that the first plans are made with knowledge of the tables, and no vacuum falls into a measurement."""
    await db.execute("VACUUM ANALYZE")
