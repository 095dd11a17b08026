"""Making, changing and withdrawing invitations. A change may free seats: those in line are offered them at once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from msgspec import UNSET

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock, db, settings
from events_app.kit.errors import FieldError, Forbidden, Invalid, NotFound
from events_app.registration import invitation_queries
from events_app.registration.rules import invitations as rules
from events_app.registration.rules.invitations import InvitationRow
from events_app.registration.rules.room import Place
from events_app.registration.schemas import InvitationIn, InvitationOut, InvitationPatch
from events_app.registration.service import room
from events_app.registration.service.line import fill_free_seats


async def invite(event: EventRow, entered: Sequence[InvitationIn], actor: Actor) -> list[InvitationRow]:
    """Make invitations to an event, all of them or none.

    Raises `Invalid`, with pointers into `entered` if there are several.
    """
    async with db.transaction():
        await events.lock_seats(event.id)
        known = await invitation_queries.of_event(event.id)
        tidy = [rules.tidied(one) for one in entered]
        places = [f"/{at}" if len(tidy) > 1 else "" for at in range(len(tidy))]
        _refuse([error for at, one in zip(places, tidy, strict=True) for error in _wrong(one, event, at)])
        made = _new_rows(event, tidy, {row.code for row in known})
        await _refuse_if_too_many_held(event, made)
        await invitation_queries.insert(made)
        await fill_free_seats(event.id)
        await _note(actor, "invitations-made", event.id, [row.id for row in made])
        ids = {row.id for row in made}
        return [row for row in await invitation_queries.of_event(event.id) if row.id in ids]


async def change_invitation(invitation_id: UUID, patch: InvitationPatch, actor: Actor) -> InvitationRow:
    """Change for whom, for how many, until when or whether seats are held. Raises `NotFound`, `Invalid`."""
    async with db.transaction():
        before = await _locked(invitation_id)
        after = rules.changed(before, patch)
        _refuse(list(rules.change_problems(after)))
        event = await events.event_by_id(before.event)
        seated = sum(some.seated for some in await invitation_queries.standing(event.id) if some.invitation == after.id)
        await _refuse_if_too_many_held(event, [after], seated, before.held)
        columns = {name: getattr(after, name) for name in patch.__struct_fields__ if getattr(patch, name) is not UNSET}
        await invitation_queries.update(invitation_id, columns | ({} if after.holds_back else {"held": 0}))
        await fill_free_seats(before.event)
        await _note(actor, "invitation-changed", before.event, [invitation_id])
    return await get_invitation(invitation_id)


async def revoke_invitation(invitation_id: UUID, actor: Actor) -> InvitationRow:
    """Nobody registers with it any more; those who did keep their places. Repeating is harmless. Raises `NotFound`."""
    async with db.transaction():
        before = await _locked(invitation_id)
        if before.revoked_at is None:
            await invitation_queries.update(invitation_id, {"revoked_at": clock.now()})
            await fill_free_seats(before.event)
            await _note(actor, "invitation-revoked", before.event, [invitation_id])
    return await get_invitation(invitation_id)


async def get_invitation(invitation_id: UUID) -> InvitationRow:
    """Raises `NotFound`."""
    found = await invitation_queries.by_id(invitation_id)
    if found is None:
        raise NotFound
    return found


async def event_of_invitation(invitation_id: UUID, actor: Actor) -> EventRow:
    """The event, for those who run it. Raises `NotFound`, `Forbidden`."""
    event = await events.event_by_id((await get_invitation(invitation_id)).event)
    if not actor.runs_cluster(event.cluster_id):
        raise Forbidden
    return event


async def invitations_of(event: EventRow) -> list[InvitationOut]:
    return [invitation_shown(event, row) for row in await invitation_queries.of_event(event.id)]


def invitation_shown(event: EventRow, row: InvitationRow) -> InvitationOut:
    return InvitationOut(
        id=row.id,
        code=row.written,
        url=invitation_url(event, row),
        state=row.state(clock.now()),
        label=row.label,
        email=row.email,
        seats=row.seats,
        used=row.used,
        group=next((group.key for group in event.groups if group.id == row.ticket_group), None),
        holds_back=row.holds_back,
        held=row.held,
        skips_approval=row.skips_approval,
        expires_at=row.expires_at,
    )


def invitation_url(event: EventRow, row: InvitationRow) -> str:
    """The registration form with the code filled in."""
    return f"{settings.current().root_url}/events/{event.slug}/register?invitation={row.written}"


async def forget_invited() -> None:
    """Forget for whom invitations were, `CLUSTERTREFF_RETENTION_DAYS` after the event's end; their numbers stay."""
    await db.execute(
        """UPDATE invitation i SET label = '', email = CASE WHEN i.email IS NULL THEN NULL ELSE '' END, updated_at = $1
           FROM event e WHERE e.id = i.event AND e.ends_at <= $2 AND (i.label <> '' OR i.email <> '')""",
        clock.now(),
        clock.now() - timedelta(days=settings.current().retention_days),
    )


async def _locked(invitation_id: UUID) -> InvitationRow:
    """An invitation under its event's seat lock."""
    found = await get_invitation(invitation_id)
    await events.lock_seats(found.event)
    return await get_invitation(invitation_id)


def _wrong(entered: InvitationIn, event: EventRow, at: str) -> list[FieldError]:
    return list(rules.problems(entered, event.groups, at))


def _new_rows(event: EventRow, entered: Sequence[InvitationIn], codes: set[str]) -> list[InvitationRow]:
    groups = {group.key: group.id for group in event.groups}
    now = clock.now()
    return [
        InvitationRow(
            id=uuid4(),
            event=event.id,
            code=_free_code(codes),
            label=one.label,
            email=one.email,
            ticket_group=groups.get(one.group or ""),
            seats=one.seats,
            used=0,
            holds_back=one.holds_back,
            held=0,
            skips_approval=one.skips_approval,
            expires_at=one.expires_at,
            revoked_at=None,
            created_at=now,
        )
        for one in entered
    ]


def _free_code(codes: set[str]) -> str:
    """A new code, which joins `codes`."""
    while (code := "".join(secrets.choice(rules.ALPHABET) for _ in range(rules.LENGTH))) in codes:
        pass
    codes.add(code)
    return code


async def _refuse_if_too_many_held(
    event: EventRow, wanted: Sequence[InvitationRow], seated: int = 0, now_held: int = 0
) -> None:
    """Only seats that are free can be held back, besides those that are `now_held`."""
    free, now = await room.counted(event.id), clock.now()
    for at, one in enumerate(wanted):
        place, more = Place(one.ticket_group), one.to_hold(seated, now) - now_held
        left = free.free_for(place)
        if left is not None and more > left:
            pointer = f"/{at}/seats" if len(wanted) > 1 else "/seats"
            raise Invalid(errors=[rules.too_few_free(pointer, left)])
        free = free.without(place, max(0, more))


async def _note(actor: Actor, action: str, event_id: UUID, ids: Sequence[UUID]) -> None:
    details = {"invitations": [str(id_) for id_ in ids]}
    await audit.record((actor.kind, actor.id), action, "event", event_id, event_id=event_id, details=details)


def _refuse(errors: Sequence[FieldError]) -> None:
    if errors:
        raise Invalid(errors=errors)
