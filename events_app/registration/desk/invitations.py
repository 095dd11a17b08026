"""The invitations of an event in the back office: making, changing and withdrawing them, and a list to download."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import agent
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock
from events_app.kit import forms as kit_forms
from events_app.kit.errors import FieldError, Invalid, NotFound
from events_app.kit.forms import Form, Labels
from events_app.kit.http.pages import language_of, see_other
from events_app.kit.http.state import services_of
from events_app.kit.i18n import translate
from events_app.kit.wall import wall
from events_app.organisations.shell import PRIVATE, DeskRequest, desk_page
from events_app.registration import invitation_forms, invitation_queries, service
from events_app.registration.desk.paging import page_number, turning
from events_app.registration.rules.invitations import InvitationRow
from events_app.registration.texts import INVITATION_COLUMNS, INVITATION_FIELDS, INVITATION_STATES

INVITATIONS = "/desk/events/{slug:str}/invitations"
ONE = f"{INVITATIONS}/{{invitation_id:uuid}}"
LABELS = Labels(INVITATION_FIELDS)
PAGE = 50
"""Each with its form, so half as many as people."""


@get(INVITATIONS, guards=[agent], include_in_schema=False)
async def invitations_of_event(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    event = await events.managed_event(slug, request.user)
    return await _shown(request, event, Form({"seats": "1"}))


@post(INVITATIONS, guards=[agent], include_in_schema=False, status_code=200)
async def invite(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    event = await events.managed_event(slug, request.user)
    form = kit_forms.read((await request.form()).multi_items())
    entered = invitation_forms.read_new(form, _zone(event))
    if form.errors:
        return await _shown(request, event, form, form.errors)
    try:
        await service.invite(event, entered, request.user)
    except Invalid as refusal:
        return await _shown(request, event, form, _at_fields(refusal.errors, several=bool(form.text("people"))))
    services_of(request).wake_outbox()
    return see_other(f"/desk/events/{event.slug}/invitations?done=saved")


@post(ONE, guards=[agent], include_in_schema=False, status_code=200)
async def change(request: DeskRequest, slug: FromPath[str], invitation_id: FromPath[UUID]) -> Response[Any]:
    event, invitation = await _invitation_to_run(request, slug, invitation_id)
    form = kit_forms.read((await request.form()).multi_items())
    patch = invitation_forms.read_change(form, _zone(event))
    if form.errors:
        return await _shown(request, event, Form({"seats": "1"}), form.errors, changing=invitation.id)
    try:
        await service.change_invitation(invitation.id, patch, request.user)
    except Invalid as refusal:
        return await _shown(request, event, Form({"seats": "1"}), refusal.errors, changing=invitation.id)
    services_of(request).wake_outbox()
    return see_other(f"/desk/events/{event.slug}/invitations?page={page_number(request)}&done=saved")


@post(f"{ONE}/revoke", guards=[agent], include_in_schema=False, status_code=200)
async def revoke(request: DeskRequest, slug: FromPath[str], invitation_id: FromPath[UUID]) -> Response[Any]:
    event, invitation = await _invitation_to_run(request, slug, invitation_id)
    await service.revoke_invitation(invitation.id, request.user)
    services_of(request).wake_outbox()
    return see_other(f"/desk/events/{event.slug}/invitations?page={page_number(request)}&done=saved")


@get("/desk/events/{slug:str}/invitations.csv", guards=[agent], include_in_schema=False)
async def download(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    """For a mail merge; opens in Excel as it is."""
    event = await events.managed_event(slug, request.user)
    language, now = language_of(request), clock.now()
    text = StringIO()
    rows = csv.writer(text, delimiter=";")
    rows.writerow(translate(language, column) for column in INVITATION_COLUMNS)
    for one in await invitation_queries.of_event(event.id):
        state = translate(language, INVITATION_STATES[one.state(now)])
        until = wall(one.expires_at, _zone(event)).replace("T", " ")
        cells = (
            one.label,
            one.email or "",
            one.written,
            service.invitation_url(event, one),
            one.seats,
            one.used,
            one.held,
            state,
            until,
        )
        rows.writerow(_as_text(cell) for cell in cells)
    name = {"Content-Disposition": f'attachment; filename="{event.slug}-invitations.csv"'}
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers={**PRIVATE, **name})


async def _shown(
    request: DeskRequest,
    event: EventRow,
    form: Form,
    errors: Sequence[FieldError] = (),
    changing: UUID | None = None,
) -> Response[Any]:
    """The list with the form below it; errors stand there, or at the invitation that was to be changed."""
    shown = kit_forms.shown(errors, language_of(request), LABELS)
    here = [] if changing else shown
    number = page_number(request)
    found = await invitation_queries.of_event(event.id, PAGE + 1, PAGE * (number - 1))
    invitations = found[:PAGE]
    turned = turning(request, f"/desk/events/{event.slug}/invitations", number)
    return await desk_page(
        request,
        "registration/desk/invitations.html",
        status_code=400 if shown else 200,
        event=event,
        invitations=invitations,
        addresses={one.id: service.invitation_url(event, one) for one in invitations},
        until={one.id: wall(one.expires_at, _zone(event)) for one in invitations},
        names={group.id: group.name(language_of(request)) for group in event.groups},
        groups=[(group.key, group.name(language_of(request))) for group in event.groups],
        states=INVITATION_STATES,
        now=clock.now(),
        form=form,
        errors=here,
        wrong=kit_forms.by_field(here),
        changing=changing,
        wrong_change=kit_forms.by_field(shown if changing else []),
        page_number=number,
        previous=turned["previous"],
        next=turned["next"] if len(found) > PAGE else None,
    )


async def _invitation_to_run(request: DeskRequest, slug: str, invitation_id: UUID) -> tuple[EventRow, InvitationRow]:
    """Raises `NotFound` for an invitation to another event."""
    event = await events.managed_event(slug, request.user)
    invitation = await service.get_invitation(invitation_id)
    if invitation.event != event.id:
        raise NotFound
    return event, invitation


def _at_fields(errors: Sequence[FieldError], *, several: bool) -> list[FieldError]:
    """`/3/email` stands in the box into which addresses were pasted, all else at its field."""
    ends = [(error, error.field.rsplit("/", 1)[-1]) for error in errors]
    at = {"email": "people"} if several else {}
    return [FieldError(f"/{at.get(end, end)}", error.code, error.message, error.values) for error, end in ends]


def _zone(event: EventRow) -> ZoneInfo:
    return ZoneInfo(event.public.timezone)


def _as_text(cell: object) -> object:
    """What a sheet would take for a formula stays text."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell


routes = [invitations_of_event, invite, change, revoke, download]
