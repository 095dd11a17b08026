"""Reading events: one row joins the event, its cluster's slug and its seats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from events_app.events import groups, rules
from events_app.events.schemas import (
    AgendaItem,
    EventOut,
    GoodToKnow,
    Matchmaking,
    Medium,
    Organiser,
    Question,
    RegistrationWindow,
    Venue,
)
from events_app.kit import db

_SELECT = """
SELECT e.*, c.slug AS cluster_slug, c.name AS cluster_name, c.color AS cluster_color,
  s.capacity, s.taken, s.excess, s.held, s.revision,
  (SELECT json_agg(json_build_object('id', g.id, 'key', g.key, 'label', g.label, 'label_en', g.label_en,
     'quota', g.quota, 'invitation_only', g.invitation_only, 'taken', g.taken, 'held', g.held)
     ORDER BY g.position, g.key) FROM ticket_group g WHERE g.event = e.id) AS groups
FROM event e JOIN event_seats s ON s.event = e.id LEFT JOIN cluster c ON c.id = e.cluster
"""
_questions = msgspec.json.Decoder(list[Question])
_good_to_know = msgspec.json.Decoder(GoodToKnow)
_matchmaking = msgspec.json.Decoder(Matchmaking)
_agenda = msgspec.json.Decoder(list[AgendaItem])
_groups = msgspec.json.Decoder(list[groups.GroupRow])
_media = msgspec.json.Decoder(list[Medium])


@dataclass(frozen=True)
class EventRow:
    """An event as the rest of the app reads it; `public` is the API's Event (times in the event's timezone)."""

    id: UUID
    slug: str
    public: EventOut
    cluster_id: UUID | None
    cluster_slug: str | None
    cluster_name: str | None
    cluster_color: str | None
    window_facts: rules.WindowFacts
    taken: int
    capacity: int | None
    revision: int
    sequence: int
    questions_version: int
    online_url: str | None
    cancel_reason: str
    key_id: int
    public_key: bytes
    signing_seed: bytes
    created_at: datetime
    updated_at: datetime
    held: int = 0
    groups: Sequence[groups.GroupRow] = ()

    @property
    def seats_left(self) -> int | None:
        """What everybody may still take: not the seats kept for invitations or for groups that need one."""
        return self.public.seats_left

    @property
    def agenda(self) -> Sequence[AgendaItem]:
        return self.public.agenda

    @property
    def media(self) -> Sequence[Medium]:
        return self.public.media

    def for_desk(self) -> EventOut:
        """The event with what only its desk and the confirmed may know."""
        return msgspec.structs.replace(self.public, online_url=self.online_url)


async def by_slug(slug: str) -> EventRow | None:
    if not rules.is_slug(slug):
        return None
    row = await db.fetch_row(_SELECT + "WHERE e.slug = $1", slug)
    return None if row is None else event_row(row)


async def by_id(event_id: UUID) -> EventRow | None:
    row = await db.fetch_row(_SELECT + "WHERE e.id = $1", event_id)
    return None if row is None else event_row(row)


async def wordings(event: EventRow) -> dict[int, Sequence[Question]]:
    """The event's questions by version: those replaced since it was published, and those in force."""
    rows = await db.fetch("SELECT version, questions FROM question_version WHERE event = $1", event.id)
    earlier = {row["version"]: _questions.decode(row["questions"]) for row in rows}
    return {**earlier, event.questions_version: event.public.questions}


async def public_events(
    *,
    cluster: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 100,
    latest_first: bool = False,
) -> Sequence[EventRow]:
    """Published and cancelled events by start; `since` and `until` bound the start, `until` exclusive.

    `after` is (start, id) of the last event of the page before this one.
    """
    order, beyond = ("DESC", "<") if latest_first else ("ASC", ">")
    rows = await db.fetch(
        _SELECT
        + f"""WHERE e.status <> 'draft' AND ($1::text IS NULL OR c.slug = $1)
          AND ($2::timestamptz IS NULL OR e.starts_at >= $2) AND ($3::timestamptz IS NULL OR e.starts_at < $3)
          AND ($4::timestamptz IS NULL OR (e.starts_at, e.id) {beyond} ($4, $5::uuid))
        ORDER BY e.starts_at {order}, e.id {order} LIMIT $6""",
        cluster,
        since,
        until,
        None if after is None else after[0],
        None if after is None else after[1],
        limit,
    )
    return [event_row(row) for row in rows]


async def desk_events(cluster_id: UUID | None) -> Sequence[EventRow]:
    """All events, drafts too, latest start first; of one cluster, or of all (null)."""
    rows = await db.fetch(
        _SELECT + "WHERE $1::uuid IS NULL OR e.cluster = $1 ORDER BY e.starts_at DESC, e.id", cluster_id
    )
    return [event_row(row) for row in rows]


def event_row(row: asyncpg.Record) -> EventRow:
    parts = _groups.decode(row["groups"]) if row["groups"] else []
    return EventRow(
        id=row["id"],
        slug=row["slug"],
        public=_public(row, parts),
        cluster_id=row["cluster"],
        cluster_slug=row["cluster_slug"],
        cluster_name=row["cluster_name"],
        cluster_color=row["cluster_color"],
        window_facts=rules.WindowFacts(
            row["status"], row["starts_at"], row["ends_at"], row["opens_at"], row["closes_at"]
        ),
        taken=row["taken"],
        capacity=row["capacity"],
        revision=row["revision"],
        sequence=row["sequence"],
        questions_version=row["questions_version"],
        online_url=row["online_url"],
        cancel_reason=row["cancel_reason"],
        key_id=row["key_id"],
        public_key=row["public_key"],
        signing_seed=row["signing_seed"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        held=row["held"],
        groups=parts,
    )


def _public(row: asyncpg.Record, parts: Sequence[groups.GroupRow]) -> EventOut:
    left = groups.free(row["capacity"], row["taken"], row["held"])

    def local(moment: datetime | None) -> datetime | None:
        return None if moment is None else rules.in_zone(moment, row["timezone"])

    return EventOut(
        slug=row["slug"],
        title=row["title"],
        kind=row["kind"],
        cluster=row["cluster_slug"],
        status=row["status"],
        starts_at=rules.in_zone(row["starts_at"], row["timezone"]),
        ends_at=rules.in_zone(row["ends_at"], row["timezone"]),
        timezone=row["timezone"],
        mode=row["mode"],
        venue=Venue(
            name=row["venue_name"] or None,
            street=row["venue_street"] or None,
            postcode=row["venue_postcode"] or None,
            place=row["venue_place"] or None,
            district=row["venue_district"] or None,
        ),
        online_url=None,
        summary=row["summary"],
        description=row["description"],
        language=row["language"],
        organiser=Organiser(
            row["organiser_name"] or None, row["organiser_email"] or None, row["organiser_phone"] or None
        ),
        good_to_know=_good_to_know.decode(row["good_to_know"]),
        capacity=row["capacity"],
        seats_left=groups.seats_left(left, parts),
        waiting_list=row["waiting_list"],
        registration=RegistrationWindow(
            local(row["opens_at"]), local(row["closes_at"]), row["approval"], row["invitation_only"]
        ),
        questions=_questions.decode(row["questions"]),
        matchmaking=_in_zone(_matchmaking.decode(row["matchmaking"]), row["timezone"]),
        agenda=[_item_in_zone(item, row["timezone"]) for item in _agenda.decode(row["agenda"])],
        media=_media.decode(row["media"]),
        groups=groups.shown(parts, left),
    )


def _in_zone(matchmaking: Matchmaking, zone: str) -> Matchmaking:
    closes = matchmaking.profile_closes_at
    return msgspec.structs.replace(
        matchmaking,
        slots=[rules.in_zone(slot, zone) for slot in matchmaking.slots],
        profile_closes_at=None if closes is None else rules.in_zone(closes, zone),
    )


def _item_in_zone(item: AgendaItem, zone: str) -> AgendaItem:
    ends_at = None if item.ends_at is None else rules.in_zone(item.ends_at, zone)
    return msgspec.structs.replace(item, starts_at=rules.in_zone(item.starts_at, zone), ends_at=ends_at)
