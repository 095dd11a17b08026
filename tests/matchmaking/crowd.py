"""Many organisations at once, written straight into the tables: a run over them takes seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import msgspec

from events_app.events.queries import EventRow
from events_app.kit import db

NEED = {"needs": [{"occupation": "mechatroniker", "form": "grundlehrgang", "places": 2}]}
OFFER = {"offers": [{"occupation": "mechatroniker", "form": "grundlehrgang", "places": 12}]}


async def make_crowd(event: EventRow, companies: int, partners: int) -> int:
    """As many candidates as companies times partners, all in Halle; returns how many."""
    rows = [("company", NEED)] * companies + [("training_provider", OFFER)] * partners
    now = datetime.now(UTC)
    made = [(uuid4(), kind, msgspec.json.encode(training).decode()) for kind, training in rows]
    await db.execute(
        """INSERT INTO registration (id, event, status, organisation_name, organisation_kind, organisation_startup,
             organisation_postcode, organisation_district, contact_given_name, contact_family_name, contact_email,
             language, all_or_none, training, answers, consents, match_consent, source, generation, created_at,
             updated_at)
           SELECT id, $4, 'confirmed', 'Organisation ' || n, kind, false, '06112', '15002', 'Erika', 'Beispiel',
             'k' || n || '@example.org', 'de', false, training::jsonb, '{}', '{}', true, 'demo', 0, $5, $5
           FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS r(id, kind, training, n)""",
        *map(list, zip(*made, strict=True)),
        event.id,
        now,
    )
    await db.execute(
        """INSERT INTO attendee (id, registration, event, position, given_name, family_name, role, answers, status,
             person_key, created_at, updated_at)
           SELECT gen_random_uuid(), id, event, 0, 'Erika', 'Beispiel', '', '{}', 'confirmed', id::text, $2, $2
           FROM registration WHERE event = $1""",
        event.id,
        now,
    )
    return companies * partners
