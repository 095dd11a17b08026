"""Use cases of events: create, change, publish; and the seats that a registration takes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import chain, count
from typing import Any, TypeVar
from uuid import UUID, uuid4

import msgspec
from msgspec import UNSET, UnsetType

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.events import group_store, keys, queries, rules
from events_app.events.queries import EventRow
from events_app.events.schemas import EventIn, EventPatch, Group
from events_app.kit import clock, db, settings
from events_app.kit.errors import EventCancelled, EventNotFound, FieldError, Forbidden, Invalid
from events_app.kit.text import many_lines
from events_app.organisations import queries as organisations

S = TypeVar("S", bound=msgspec.Struct)
SLUG_LOCK = 1_746_281_553
"""Held from finding a free address until it is taken; new events are rare enough to queue for one lock."""


async def get_event(slug: str, actor: Actor | None = None) -> EventRow:
    """An event by its slug. Drafts exist for those who run them only. Raises `EventNotFound`."""
    event = await queries.by_slug(slug)
    if event is None or (event.public.status == "draft" and not (actor and actor.runs_cluster(event.cluster_id))):
        raise EventNotFound
    return event


async def event_by_id(event_id: UUID) -> EventRow:
    """An event that a stored row refers to, whatever its status. Raises `EventNotFound`."""
    event = await queries.by_id(event_id)
    if event is None:
        raise EventNotFound
    return event


async def managed_event(slug: str, actor: Actor) -> EventRow:
    """An event that this actor may change. Raises `EventNotFound` or `Forbidden`."""
    event = await get_event(slug, actor)
    if not actor.runs_cluster(event.cluster_id):
        raise Forbidden
    return event


async def desk_events(actor: Actor) -> Sequence[EventRow]:
    """The events this actor runs, drafts too, latest start first: an admin's are all, an agent's her cluster's."""
    if actor.role == "admin":
        return await queries.desk_events(None)
    return await queries.desk_events(actor.cluster_id) if actor.runs_cluster(actor.cluster_id) else []


async def create_event(entered: EventIn, actor: Actor, *, demo_id: str | None = None) -> EventRow:
    """A new draft with its own signing key and its seats. Raises `Invalid` (fields) or `Forbidden`.

    `demo_id` marks an event of the demo, which is loaded once only.
    """
    cluster_id = await _cluster_of_new(entered.cluster, actor)
    entered = rules.tidied(entered)
    entered = msgspec.structs.replace(entered, agenda=rules.with_ids(entered.agenda, (), uuid4))
    _refuse_if_wrong(entered)
    event_id, now = uuid4(), clock.now()
    seed, public_key = keys.new_event_key()
    async with db.transaction():
        wanted = entered.slug or rules.slugify(entered.title, entered.starts_at)
        slug = await _free_slug(wanted, numbered=entered.slug is None)
        columns = _columns(entered) | {
            "id": event_id,
            "slug": slug,
            "cluster": cluster_id,
            "status": "draft",
            "signing_seed": keys.seal(seed, settings.current().secret),
            "public_key": public_key,
            "key_id": secrets.randbelow(2**31),
            "demo_id": demo_id,
            "created_at": now,
            "updated_at": now,
        }
        await _insert("event", columns)
        await db.execute("INSERT INTO event_seats (event, capacity) VALUES ($1, $2)", event_id, entered.capacity)
        await group_store.store(event_id, entered.groups)
        await audit.record((actor.kind, actor.id), "event-created", "event", event_id, event_id=event_id)
        return await _reread(event_id)


async def store_change(event: EventRow, patch: EventPatch, actor: Actor) -> tuple[EventRow, EventRow]:
    """Write a change and return the event before and after. Raises `Invalid`, `EventCancelled`.

    Those concerned are told by `registration.service.change_event`, which calls this in its transaction.
    """
    async with db.transaction():
        await db.execute("SELECT 1 FROM event_seats WHERE event = $1 FOR UPDATE", event.id)
        before = await _reread(event.id)
        if before.public.status == "cancelled":
            raise EventCancelled
        entered, merged = rules.tidied(as_entered(before)), _merged(before, patch)
        if patch.ends_at is UNSET:
            merged = rules.with_end_behind(entered, merged)
        _refuse_if_wrong(merged)
        merged = rules.with_what_moves_along(entered, merged)
        after_values = _columns(merged) | {
            "updated_at": clock.now(),
            "sequence": before.sequence + int(rules.calendar_changes(entered, merged)),
            "questions_version": await _version_of_questions(before, merged, actor),
        }
        await _update("event", event.id, after_values | await _address(before, patch, actor))
        await _set_capacity(before, merged.capacity)
        if merged.groups != entered.groups:
            await group_store.store(event.id, merged.groups)
        await audit.record((actor.kind, actor.id), "event-changed", "event", event.id, event_id=event.id)
        return before, await _reread(event.id)


async def publish_event(slug: str, actor: Actor) -> EventRow:
    """Show the event and take registrations. Publishing twice is harmless. Raises `EventCancelled`."""
    event = await managed_event(slug, actor)
    now = clock.now()
    async with db.transaction():
        changed = await db.execute(
            "UPDATE event SET status = 'published', published_at = $2, updated_at = $2 "
            "WHERE id = $1 AND status = 'draft'",
            event.id,
            now,
        )
        if changed:
            await _bump_revision(event.id)
            await audit.record((actor.kind, actor.id), "event-published", "event", event.id, event_id=event.id)
        after = await _reread(event.id)
        if after.public.status == "cancelled":
            raise EventCancelled
        return after


async def store_cancellation(event: EventRow, reason: str, actor: Actor) -> EventRow:
    """Mark the event cancelled; `registration.service.cancel_event` calls this and tells those concerned."""
    now = clock.now()
    async with db.transaction():
        await _bump_revision(event.id)
        await db.execute(
            """UPDATE event SET status = 'cancelled', cancelled_at = $2, updated_at = $2, cancel_reason = $3,
                 sequence = sequence + 1 WHERE id = $1 AND status <> 'cancelled'""",
            event.id,
            now,
            many_lines(reason),
        )
        await audit.record((actor.kind, actor.id), "event-cancelled", "event", event.id, event_id=event.id)
        return await _reread(event.id)


async def take_seats(event_id: UUID, revision: int, count: int, none_left_for: int | None) -> bool:
    """Take `count` seats at once, if the facts still are what the decision was made on.

    Fails (False, nothing taken) if the event changed since `revision`, if the seats don't suffice (those held for
    invitations are nobody else's), or if `none_left_for` is given and that many seats would in fact fit (somebody was
    put on the waiting list for nothing). The statement locks the row until the transaction ends: call it last.
    """
    taken = await db.execute(
        """UPDATE event_seats SET taken = taken + $3 WHERE event = $1 AND revision = $2
             AND (capacity IS NULL OR taken + held + $3 <= capacity OR $3 = 0)
             AND ($4::int IS NULL OR (capacity IS NOT NULL AND taken + held + $4 > capacity))""",
        event_id,
        revision,
        count,
        none_left_for,
    )
    return taken == 1


async def take_seats_anyway(event_id: UUID, count: int) -> None:
    """Take seats beyond the capacity: somebody at the door decided it. The excess is counted as such."""
    await db.execute(
        """UPDATE event_seats SET taken = taken + $2,
             excess = CASE WHEN capacity IS NULL THEN 0 ELSE greatest(excess, taken + $2 - capacity) END
           WHERE event = $1""",
        event_id,
        count,
    )


async def lock_seats(event_id: UUID) -> tuple[int | None, int]:
    """Hold the event's seats until the transaction ends; returns (capacity, taken)."""
    row = await db.fetch_row("SELECT capacity, taken FROM event_seats WHERE event = $1 FOR UPDATE", event_id)
    if row is None:
        raise EventNotFound
    return row["capacity"], row["taken"]


async def add_taken(event_id: UUID, count: int) -> None:
    """Count seats just given, under `lock_seats`."""
    await db.execute("UPDATE event_seats SET taken = taken + $2 WHERE event = $1", event_id, count)


async def set_taken(event_id: UUID, taken: int) -> None:
    """Write the count after seats were given back or handed on, under `lock_seats`."""
    await db.execute(
        """UPDATE event_seats SET taken = $2,
             excess = CASE WHEN capacity IS NULL THEN 0 ELSE greatest(0, $2 - capacity) END WHERE event = $1""",
        event_id,
        taken,
    )


async def _version_of_questions(before: EventRow, merged: EventIn, actor: Actor) -> int:
    """The version of the changed event's questions; those that people may have answered are kept as they were."""
    if before.public.status == "draft" or merged.questions == before.public.questions:
        return before.questions_version
    columns = {
        "id": uuid4(),
        "event": before.id,
        "version": before.questions_version,
        "questions": db.as_json(before.public.questions),
        "replaced_at": clock.now(),
        "replaced_by": actor.id,
    }
    await _insert("question_version", columns)
    return before.questions_version + 1


async def _set_capacity(before: EventRow, capacity: int | None) -> None:
    await db.execute(
        """UPDATE event_seats SET capacity = $2, revision = revision + 1,
             excess = CASE WHEN $2::int IS NULL THEN 0 ELSE greatest(0, taken - $2) END WHERE event = $1""",
        before.id,
        capacity,
    )


async def _bump_revision(event_id: UUID) -> None:
    await db.execute("UPDATE event_seats SET revision = revision + 1 WHERE event = $1", event_id)


async def _cluster_of_new(slug: str | UnsetType | None, actor: Actor) -> UUID | None:
    """Left out, an agent's own; for an admin none, which makes the event programme-wide."""
    if slug is UNSET and actor.role == "agent":
        return actor.cluster_id
    return await _cluster_to_run(None if slug is UNSET else slug, actor)


async def _cluster_to_run(slug: str | None, actor: Actor) -> UUID | None:
    cluster_id = None if slug is None else await organisations.cluster_id(slug)
    if slug is not None and cluster_id is None:
        raise Invalid(errors=[FieldError("/cluster", "unknown_cluster", "There is no such cluster.")])
    if not actor.runs_cluster(cluster_id):
        raise Forbidden
    return cluster_id


def _refuse_if_wrong(event: EventIn) -> None:
    found = rules.problems(event)
    if found:
        raise Invalid(errors=found)


async def _free_slug(wanted: str, *, numbered: bool) -> str:
    """An address that no event has, held until the transaction ends. Raises `Invalid` if it may not be numbered."""
    await db.execute("SELECT pg_advisory_xact_lock($1)", SLUG_LOCK)
    rows = await db.fetch("SELECT slug FROM event WHERE slug = $1 OR slug LIKE $1 || '-%'", wanted)
    taken = {row["slug"] for row in rows}
    if wanted in taken and not numbered:
        raise Invalid(errors=[FieldError("/slug", "slug_taken", "Another event has this address already.")])
    return next(slug for slug in chain([wanted], (f"{wanted}-{n}" for n in count(2))) if slug not in taken)


def as_entered(event: EventRow) -> EventIn:
    """An event as somebody would enter it anew; without its address, which stays."""
    known = {name: getattr(event.public, name) for name in EventIn.__struct_fields__}
    known["groups"] = [Group(g.key, g.label, g.label_en, g.quota, g.invitation_only) for g in event.groups]
    return EventIn(**(known | {"slug": None, "online_url": event.online_url}))


def _merged(before: EventRow, patch: EventPatch) -> EventIn:
    after = rules.tidied(_changed(as_entered(before), patch))
    return msgspec.structs.replace(after, agenda=rules.with_ids(after.agenda, before.agenda, uuid4))


def _changed(before: S, patch: msgspec.Struct) -> S:
    """Only what is set in `patch` changes, at every level."""
    changes = {name: value for name in patch.__struct_fields__ if (value := getattr(patch, name)) is not UNSET}
    for name, value in changes.items():
        if isinstance(value, msgspec.Struct):
            changes[name] = _changed(getattr(before, name), value)
    return msgspec.structs.replace(before, **changes)


async def _address(before: EventRow, patch: EventPatch, actor: Actor) -> dict[str, Any]:
    """A new address or another cluster, where the change has one."""
    columns: dict[str, Any] = {}
    if patch.cluster is not UNSET and patch.cluster != before.cluster_slug:
        columns["cluster"] = await _cluster_to_run(patch.cluster, actor)
    if patch.slug is not UNSET and patch.slug != before.slug:
        columns["slug"] = await _free_slug(patch.slug, numbered=False)
    return columns


def _columns(event: EventIn) -> dict[str, Any]:
    """The event's row, but for what is neither entered nor changed; `event` is tidied."""
    venue, organiser, window = event.venue, event.organiser, event.registration
    return {
        "title": event.title,
        "kind": event.kind,
        "starts_at": event.starts_at,
        "ends_at": event.ends_at,
        "timezone": event.timezone,
        "mode": event.mode,
        "venue_name": venue.name or "",
        "venue_street": venue.street or "",
        "venue_postcode": venue.postcode or "",
        "venue_place": venue.place or "",
        "venue_district": venue.district or "",
        "online_url": event.online_url,
        "summary": event.summary,
        "description": event.description,
        "language": event.language,
        "organiser_name": organiser.name or "",
        "organiser_email": organiser.email or "",
        "organiser_phone": organiser.phone or "",
        "good_to_know": db.as_json(event.good_to_know),
        "waiting_list": event.waiting_list,
        "opens_at": window.opens_at,
        "closes_at": window.closes_at,
        "approval": window.approval,
        "invitation_only": window.invitation_only,
        "questions": db.as_json(event.questions),
        "matchmaking": db.as_json(event.matchmaking),
        "agenda": db.as_json(event.agenda),
        "media": db.as_json(event.media),
    }


async def _insert(table: str, columns: dict[str, Any]) -> None:
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await db.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", *columns.values())  # noqa: S608 - own names


async def _update(table: str, id_: UUID, columns: dict[str, Any]) -> None:
    settings_ = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, start=2))
    await db.execute(f"UPDATE {table} SET {settings_} WHERE id = $1", id_, *columns.values())  # noqa: S608 - own names


async def _reread(event_id: UUID) -> EventRow:
    event = await queries.by_id(event_id)
    if event is None:
        raise EventNotFound
    return event
