"""The contact's own page: everything a registration can do by itself. The link is the key."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath

from events_app.events import listing
from events_app.events import rules as event_rules
from events_app.events.queries import EventRow
from events_app.kit import clock
from events_app.kit.errors import NotFound
from events_app.kit.forms import Form, ShownError, by_field
from events_app.kit.http.pages import language_of
from events_app.outbox.service import bounces
from events_app.registration import answer_forms, forms, offer_queries, queries, service
from events_app.registration.guards import manage_link
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules import wordings
from events_app.registration.schemas import (
    AttendeeIn,
    AttendeeOut,
    AttendeePatch,
    ConsentsPatch,
    ContactPatch,
    RegistrationPatch,
    SwapIn,
)
from events_app.registration.service import answers
from events_app.registration.web import fields, profile, told
from events_app.registration.web.fields import Web
from events_app.registration.web.link import done_or_again, mine, private_page

MOST_OTHERS = 3


@get("/")
async def overview(request: Web) -> Response[Any]:
    return await overview_page(request)


async def overview_page(request: Web, notice: str | None = None) -> Response[Any]:
    """The contact's page; `notice` says why what was just asked for can't be done."""
    registration, event = await mine(request)
    made = await service.get_registration(registration.id)
    return await private_page(
        request,
        "registration/manage.html",
        event,
        registration=registration,
        made=made,
        lapsed=await offer_queries.lapsed(registration.id),
        roles={person.id: person for person in await queries.attendees(registration.id)},
        window=event_rules.window(event.window_facts, clock.now()),
        begun=clock.now() >= event.public.starts_at,
        is_new="new" in request.query_params,
        done=request.query_params.get("done"),
        others=await _other_events(event),
        open_answers=await told.open_of(event, registration),
        told=await told.told_of_registration(event, registration, language_of(request)),
        notice_text=notice,
        bounced=await bounces.of_addresses({registration.contact_email, *(one.email for one in made.attendees)}),
    )


async def _other_events(event: EventRow) -> list[EventRow]:
    """The next events that this organisation can register for without entering everything again."""
    now = clock.now()
    others = [other for other in await listing.coming(now) if event_rules.window(other.window_facts, now) == "open"]
    return [o for o in others if o.id != event.id and not o.public.registration.invitation_only][:MOST_OTHERS]


@get("/attendees/new")
async def show_new(request: Web) -> Response[Any]:
    return await _person_page(request, "add", Form({}))


@post("/attendees/new", status_code=200)
async def add(request: Web) -> Response[Any]:
    registration, event = await mine(request)
    form = await fields.sent_answers(request, event)
    entered = _entered(request, form, registration, event)
    return await done_or_again(
        request,
        lambda: service.add_attendee(registration.id, entered, request.user),
        "added",
        lambda errors, text: _person_page(request, "add", form, None, errors=errors, notice=text),
    )


@get("/attendees/{attendee_id:uuid}")
async def show_edit(request: Web, attendee_id: FromPath[UUID]) -> Response[Any]:
    _, event = await mine(request)
    person = await _stored(request, attendee_id)
    known = wordings.still_fitting(answers.answered(person), event.public.questions)
    values = {
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email or "",
        "answers": answer_forms.typed(event.public.questions, known, language_of(request)),
    }
    return await _person_page(request, "edit", Form(values), attendee_id)


@post("/attendees/{attendee_id:uuid}", status_code=200)
async def edit(request: Web, attendee_id: FromPath[UUID]) -> Response[Any]:
    registration, event = await mine(request)
    form = await fields.sent_answers(request, event)
    entered = _entered(request, form, registration, event)
    patch = AttendeePatch(
        given_name=entered.given_name,
        family_name=entered.family_name,
        email=entered.email,
        answers=entered.answers,
    )
    return await done_or_again(
        request,
        lambda: service.change_attendee(registration.id, attendee_id, patch, request.user),
        "changed",
        lambda errors, text: _person_page(request, "edit", form, attendee_id, errors=errors, notice=text),
    )


@get("/attendees/{attendee_id:uuid}/swap")
async def show_swap(request: Web, attendee_id: FromPath[UUID]) -> Response[Any]:
    return await _person_page(request, "swap", Form({}), attendee_id)


@post("/attendees/{attendee_id:uuid}/swap", status_code=200)
async def swap(request: Web, attendee_id: FromPath[UUID]) -> Response[Any]:
    registration, _ = await mine(request)
    form = await fields.sent_form(request)
    entered = SwapIn(form.text("given_name"), form.text("family_name"), form.text("email") or None)
    return await done_or_again(
        request,
        lambda: service.swap_attendee(registration.id, attendee_id, entered, request.user),
        "swapped",
        lambda errors, text: _person_page(request, "swap", form, attendee_id, errors=errors, notice=text),
    )


@get("/attendees/{attendee_id:uuid}/cancel")
async def show_cancel_one(request: Web, attendee_id: FromPath[UUID]) -> Response[Any]:
    return await _cancel_page(request, await _person(request, attendee_id))


@post("/attendees/{attendee_id:uuid}/cancel", status_code=200)
async def cancel_one(request: Web, attendee_id: FromPath[UUID]) -> Response[Any]:
    registration, _ = await mine(request)
    person = await _person(request, attendee_id)
    return await done_or_again(
        request,
        lambda: service.cancel_attendees(registration.id, [attendee_id], request.user),
        "cancelled",
        lambda _, text: _cancel_page(request, person, text),
    )


@get("/cancel")
async def show_cancel_all(request: Web) -> Response[Any]:
    return await _cancel_page(request, None)


@post("/cancel", status_code=200)
async def cancel_all(request: Web) -> Response[Any]:
    registration, _ = await mine(request)
    return await done_or_again(
        request,
        lambda: service.cancel_registration(registration.id, request.user),
        "cancelled",
        lambda _, text: _cancel_page(request, None, text),
    )


@get("/contact")
async def show_contact(request: Web) -> Response[Any]:
    registration, _ = await mine(request)
    contact = {
        "given_name": registration.contact_given_name,
        "family_name": registration.contact_family_name,
        "email": registration.contact_email,
        "phone": registration.contact_phone or "",
    }
    newsletter = "yes" if registration.consents.get("newsletter", {}).get("given") else ""
    return await _contact_page(request, Form({"contact": contact, "consents": {"newsletter": newsletter}}))


@post("/contact", status_code=200)
async def save_contact(request: Web) -> Response[Any]:
    registration, _ = await mine(request)
    form = await fields.sent_form(request)
    contact = forms.contact(form)
    patch = RegistrationPatch(
        contact=ContactPatch(contact.given_name, contact.family_name, contact.email, contact.phone),
        consents=ConsentsPatch(newsletter=form.ticked("consents", "newsletter")),
    )
    return await done_or_again(
        request,
        lambda: service.change_registration(registration.id, patch, request.user),
        "contact",
        lambda errors, text: _contact_page(request, form, errors, text),
    )


def _entered(request: Web, form: Form, registration: RegistrationRow, event: EventRow) -> AttendeeIn:
    context = answers.context_of(event, registration)
    return forms.attendee(form.values, event.public.questions, language_of(request), context)


async def _stored(request: Web, attendee_id: UUID) -> AttendeeRow:
    registration, _ = await mine(request)
    for person in await queries.attendees(registration.id):
        if person.id == attendee_id:
            return person
    raise NotFound


async def _person(request: Web, attendee_id: UUID) -> AttendeeOut:
    made = await service.get_registration((await mine(request))[0].id)
    for person in made.attendees:
        if person.id == attendee_id:
            return person
    raise NotFound


async def _person_page(
    request: Web,
    task: str,
    form: Form,
    attendee_id: UUID | None = None,
    *,
    errors: list[ShownError] | None = None,
    notice: str | None = None,
) -> Response[Any]:
    registration, event = await mine(request)
    person = None if attendee_id is None else await _person(request, attendee_id)
    own = () if attendee_id is None else (await _stored(request, attendee_id)).own_answers
    context = answers.context_of(event, registration)
    return await private_page(
        request,
        "registration/person.html",
        event,
        task=task,
        person=person,
        asked=fields.asked_per("attendee", event, language_of(request), context),
        own_answers=own,
        form=form,
        errors=errors or [],
        wrong=by_field(errors or []),
        notice_text=notice,
    )


async def _cancel_page(request: Web, person: AttendeeOut | None, notice: str | None = None) -> Response[Any]:
    registration, event = await mine(request)
    made = await service.get_registration(registration.id)
    return await private_page(request, "registration/cancel.html", event, person=person, made=made, notice_text=notice)


async def _contact_page(
    request: Web, form: Form, errors: list[ShownError] | None = None, notice: str | None = None
) -> Response[Any]:
    _, event = await mine(request)
    return await private_page(
        request,
        "registration/contact.html",
        event,
        form=form,
        errors=errors or [],
        wrong=by_field(errors or []),
        notice_text=notice,
    )


routes = [
    Router(
        path="/registrations/{manage_token:str}",
        route_handlers=[
            overview,
            show_new,
            add,
            show_edit,
            edit,
            show_swap,
            swap,
            show_cancel_one,
            cancel_one,
            show_cancel_all,
            cancel_all,
            profile.show_profile,
            profile.save_profile,
            show_contact,
            save_contact,
        ],
        guards=[manage_link],
        include_in_schema=False,
    )
]
