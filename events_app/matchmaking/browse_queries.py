"""Looking through an event's organisations: those somebody could want to meet, and what all of them state."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from events_app.kit import db
from events_app.matchmaking.queries import MAY_BE_MATCHED, Entrant, Organisation
from events_app.registration.queries import RegistrationRow
from events_app.registration.schemas import Training

_STATED = """r.id, r.organisation_name AS name, r.organisation_kind AS kind, r.organisation_postcode AS postcode,
  r.organisation_district AS district, r.training, r.organisation AS directory_id"""
_OFFERS = "coalesce(r.training -> 'offers', '[]')"
_NEEDS = "coalesce(r.training -> 'needs', '[]')"
# German names in their order without ICU, well enough for a list that can be searched.
_BY_NAME = "translate(lower(r.organisation_name), 'äöüß„“”\"', 'aous'), r.id"
_training = msgspec.json.Decoder(Training)


async def others_to_meet(
    own: RegistrationRow, text: str, occupations: Sequence[str], limit: int, offset: int
) -> Sequence[Entrant]:
    """Who takes part on a side that `own` could meet, by name; `text` is looked for in the name.

    With `occupations`, those that seek or offer one of them are found too. Nobody is left out for what was said about
    the reader: that would tell it.
    """
    training = own.training
    rows = await db.fetch(
        f"""SELECT {_STATED} FROM registration r
            WHERE r.event = $1 AND r.id <> $2 AND {MAY_BE_MATCHED}
              AND (r.organisation IS NULL OR r.organisation IS DISTINCT FROM
                (SELECT organisation FROM registration WHERE id = $2))
              AND (($3 AND jsonb_array_length({_OFFERS}) > 0) OR ($4 AND jsonb_array_length({_NEEDS}) > 0))
              AND ($5::text = '' OR position(lower($5) IN lower(r.organisation_name)) > 0 OR EXISTS (
                SELECT 1 FROM jsonb_array_elements({_OFFERS} || {_NEEDS}) e
                WHERE e ->> 'occupation' = ANY($6::text[])))
            ORDER BY {_BY_NAME} LIMIT $7 OFFSET $8""",  # noqa: S608 - constants
        own.event,
        own.id,
        bool(training.needs),
        bool(training.offers),
        text,
        list(occupations),
        limit,
        offset,
    )
    return [_entrant(dict(row)) for row in rows]


async def stated_at(event_ids: Sequence[UUID]) -> Sequence[Entrant]:
    """All that may be matched at these events and seek or offer something, the latest registration first."""
    rows = await db.fetch(
        f"""SELECT {_STATED} FROM registration r
            WHERE r.event = ANY($1::uuid[]) AND {MAY_BE_MATCHED}
              AND jsonb_array_length({_OFFERS}) + jsonb_array_length({_NEEDS}) > 0
            ORDER BY r.created_at DESC, r.id""",  # noqa: S608 - constants
        list(event_ids),
    )
    return [_entrant(dict(row)) for row in rows]


def _entrant(row: dict[str, object]) -> Entrant:
    training, directory_id = _training.decode(str(row.pop("training"))), row.pop("directory_id")
    return Entrant(Organisation(**row), training, directory_id)  # type: ignore[arg-type] # columns as named in the query
