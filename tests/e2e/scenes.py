"""Every page in the states that people meet it in: a small world, and a table of what to open and press in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec
from playwright.async_api import Page, expect

from events_app.accounts import service as accounts
from events_app.checkin import service as checkin
from events_app.checkin.schemas import DeviceIn
from events_app.events import service as events
from events_app.events.schemas import (
    AgendaItem,
    GoodToKnow,
    Matchmaking,
    Medium,
    Organiser,
    Question,
    RegistrationWindow,
)
from events_app.kit import db
from events_app.matchmaking import service as matching
from events_app.registration import service as registrations
from events_app.registration.schemas import Consents, OrganisationIn, RegistrationIn
from tests.e2e import door_acts
from tests.factories import ADMIN, make_cluster, make_event, make_registration, registration_body, soon
from tests.matchmaking.exchange import (
    BRIKETT,
    GEISELTAL,
    NORDKIPPE,
    SAALEBLICK,
    SAALEKREIS,
    WASSERSTOFF,
    computed,
    join,
    make_exchange,
    published,
)

World = dict[str, str]
Act = Callable[[Page], Awaitable[None]]
SEVEN = "\n".join(f"Vorname{n} Nachname{n} <p{n}@example.org>" for n in range(1, 8))


@dataclass(frozen=True)
class Scene:
    """A page and what to do there; `path` names parts of the world in braces."""

    name: str
    path: str
    act: Act | None = None
    staff: bool = False
    script: bool = True
    status: int = 200


async def make_world() -> World:
    """Clusters, events and registrations in every state; the values fill the scenes' paths."""
    await make_cluster(
        "tab-mint",
        region_de="Mitteldeutsches Revier",
        region_en="Central German district",
        agent_email="kim@example.org",
        occupations=["mechatroniker"],
        districts=["15002", "15088"],
    )
    world = await _events()
    world |= await _registrations(world)
    world |= await _exchange()
    world |= await _introductions()
    world |= await _staff(world)
    world |= await _entrance(world)
    world |= await door_acts.make_door(world["open"])
    return world


async def _events() -> World:
    full = {"cluster": "tab-mint", "capacity": 1}
    told = [Question("diet", "Was essen Sie?", "choice", ["Alles", "Vegan"], required=True)]
    told += [Question("topic", "Was möchten Sie mitnehmen?", "long_text", per="registration")]
    begins = soon(days=20)
    made = {
        "open": await make_event(
            title="Auftakt in Halle",
            cluster="tab-mint",
            starts_at=begins,
            summary="Ein Tag für Ausbilderinnen und Ausbilder.",
            description="## Worum es geht\n\nUm *Ausbildung*.\n\n- Werkstatt\n- Gespräche",
            organiser=Organiser("Clusterbüro", "buero@example.org", "0345 000000"),
            good_to_know=GoodToKnow("Tram 5", "Hof", step_free=True, induction_loop=False, catering="Mittag"),
            agenda=[AgendaItem(begins, "Begrüßung", speaker="Kim Beispiel", room="Halle 1")],
        ),
        "asking": await make_event(title="Werkstatt mit Fragen", questions=told),
        "few": await make_event(title="Fast voll", capacity=3, cluster="tab-mint"),
        "full": await make_event(title="Ohne Warteliste", waiting_list=False, **full),
        "waiting": await make_event(title="Mit Warteliste", **full),
        "offers": await make_event(title="Platz frei", **full),
        "past": await make_event(
            title="Rückblick", starts_at=soon(days=-9), media=[Medium("Fotos", "https://example.org/x")]
        ),
        "off": await make_event(title="Abgesagt", cluster="tab-mint"),
        "later": await make_event(
            title="Noch nicht offen", registration=RegistrationWindow(opens_at=soon(days=5)), mode="online"
        ),
        "approval": await make_event(title="Mit Zusage", registration=RegistrationWindow(approval=True)),
    }
    await make_event(title="Entwurf", published=False, cluster="tab-mint")
    return {name: event.slug for name, event in made.items()}


async def _registrations(world: World) -> World:
    event = {name: await events.get_event(slug) for name, slug in world.items()}
    made = {
        "confirmed": await make_registration(event["open"], 3),
        "cancelled": await make_registration(event["open"], 2),
        "answered": await make_registration(event["asking"], 1, **_answers()),
        "first": await make_registration(event["offers"], 1),
        "offered": await make_registration(event["offers"], 2),
        "filler": await make_registration(event["full"], 1),
        "taker": await make_registration(event["waiting"], 1),
        "waits": await make_registration(event["waiting"], 2, all_or_none=True),
        "pending": await make_registration(event["approval"], 1),
        "called_off": await make_registration(event["off"], 1),
    }
    await registrations.cancel_registration(made["cancelled"].id, ADMIN)
    await registrations.cancel_registration(made["first"].id, ADMIN)
    await registrations.cancel_event(world["off"], "Der Raum ist gesperrt.", ADMIN)
    await registrations.hold(world["open"], msgspec.convert(registration_body(2), RegistrationIn))
    held = await db.fetch_value("SELECT payload->>'confirm_url' FROM outbox_mail WHERE payload ? 'confirm_url'")
    person = made["confirmed"].attendees[0]
    return {
        **{f"of_{name}": one.manage_token for name, one in made.items()},
        "ticket": person.ticket_token,
        "waiting_ticket": made["waits"].attendees[0].ticket_token,
        "person": str(person.id),
        "held": urlsplit(held).path.rpartition("/")[2],
    }


def _answers() -> dict[str, Any]:
    body = registration_body(1)
    body["attendees"][0]["answers"] = {"diet": "Vegan"}
    return {"attendees": body["attendees"]}


async def _exchange() -> World:
    event = await make_event(
        title="Kooperationsbörse",
        matchmaking=Matchmaking(enabled=True, slots=[soon(days=30) + timedelta(minutes=20 * n) for n in range(3)]),
    )
    company, partner = await join(event, SAALEBLICK, people=2), await join(event, SAALEKREIS)
    await join(event, GEISELTAL, match=False)
    await published(event)
    run = await computed(event)
    await matching.state_opinion(partner.id, company.id, "rather_not")
    return {
        "exchange": event.slug,
        "of_company": company.manage_token,
        "of_partner": partner.manage_token,
        "run": str(run.id),
    }


async def _introductions() -> World:
    """Without a round: one who said everything there is to say, one who found nobody, and an event that is over."""
    event = await make_exchange(title="Kontakte knüpfen")
    company, partner = await join(event, SAALEBLICK), await join(event, SAALEKREIS)
    asking, lonely = await join(event, NORDKIPPE), await join(event, BRIKETT)
    await join(event, WASSERSTOFF)
    await matching.state_opinion(company.id, asking.id, "want")
    await published(event)
    await matching.agree_to_exchange(company.id, partner.id)
    await matching.agree_to_exchange(partner.id, company.id)
    await matching.agree_to_exchange(asking.id, company.id)
    past = await make_exchange(title="Vorbei", starts_at=soon(days=2))
    told, _ = await join(past, SAALEBLICK), await join(past, SAALEKREIS)
    await published(past)
    await db.execute(
        "UPDATE event SET starts_at = now() - interval '2 days', ends_at = now() - interval '1 day' WHERE id = $1",
        past.id,
    )
    return {
        "introductions": event.slug,
        "of_introduced": company.manage_token,
        "of_lonely": lonely.manage_token,
        "of_told": told.manage_token,
    }


async def _staff(world: World) -> World:
    account = await accounts.create_account("admin@example.org", "admin")
    session = await accounts.log_in_by_link((await accounts.new_login(account)).token, "test")
    device = await checkin.create_device(world["open"], DeviceIn("Tür 1"), ADMIN)
    login = await accounts.new_login(await accounts.create_account("tuer@example.org", "admin"))
    mail = await db.fetch_value("SELECT id FROM outbox_mail ORDER BY id LIMIT 1")
    return {"session": session, "device": str(device.id), "login": login.token, "mail": str(mail)}


async def _entrance(world: World) -> World:
    """An event that is going on, with a poster, somebody who came by it, and somebody for whom no seat was left."""
    begins = soon(hours=-1)
    event = await make_event(title="Läuft gerade", capacity=1, starts_at=begins, ends_at=begins + timedelta(hours=6))
    for slug in (event.slug, world["open"]):
        await checkin.make_poster(slug, ADMIN)
    first, second = [await checkin.register_visitor(event, _visitor(name)) for name in ("Jördis", "Şükrü")]
    return {
        "running": event.slug,
        "poster": (await checkin.entrance(event.slug, ADMIN)).key or "",
        "early_poster": (await checkin.entrance(world["open"], ADMIN)).key or "",
        "walked_in": first.attendees[0].ticket_token,
        "undecided": second.attendees[0].ticket_token,
    }


def _visitor(name: str) -> checkin.Visitor:
    werk = OrganisationIn("Saaleblick GmbH", "company")
    return checkin.Visitor(uuid4(), name, "Beispiel", "", werk, Consents(privacy=True), "de")


async def send_empty(page: Page) -> None:
    await page.locator("main form.form button.button-primary").click()
    await expect(page.locator(".error-summary")).to_be_visible()


async def name_nobody(page: Page) -> None:
    await page.locator("form[action$='/coming/substitute'] button").click()
    await expect(page.locator(".error-summary")).to_be_visible()


async def ask_for_a_year(page: Page) -> None:
    await page.locator("[name=reminder_days]").fill("365")
    await send_empty(page)


async def send_seven_wrong(page: Page) -> None:
    await paste_seven(page)
    await page.locator("[name='attendees.2.email']").fill("kaputt@")
    await send_empty(page)


async def paste_seven(page: Page) -> None:
    await _open_paste(page)
    await page.locator("[name=paste]").fill(SEVEN)
    await page.locator("button[value=paste]").click()
    await expect(page.locator("[name='attendees.6.email']")).to_have_value("p7@example.org")


async def _open_paste(page: Page) -> None:
    await page.locator("details:has([name=paste]) > summary").click()


async def open_all(page: Page) -> None:
    """Everything that a page shows only on demand."""
    await page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")


async def add_wish(page: Page) -> None:
    await page.locator("[data-repeat-add='training.needs']").click()
    await page.locator("[data-repeat-add='training.offers']").click()
    await page.get_by_role("combobox").first.press_sequentially("mechatron")
    await expect(page.get_by_role("option").first).to_be_visible()


SCENES: tuple[Scene, ...] = (
    Scene("home", "/"),
    Scene("home-past", "/?past=all"),
    Scene("programme", "/programme"),
    Scene("cluster", "/clusters/tab-mint"),
    Scene("imprint", "/imprint"),
    Scene("privacy", "/privacy"),
    Scene("accessibility", "/accessibility"),
    Scene("schema", "/schema"),
    Scene("event-open", "/events/{open}"),
    Scene("event-few-seats", "/events/{few}"),
    Scene("event-full", "/events/{full}"),
    Scene("event-waiting-list", "/events/{waiting}"),
    Scene("event-past", "/events/{past}"),
    Scene("event-cancelled", "/events/{off}"),
    Scene("event-not-open-yet", "/events/{later}"),
    Scene("register-empty", "/events/{open}/register"),
    Scene("register-all-unfolded", "/events/{open}/register", open_all),
    Scene("register-errors", "/events/{open}/register", send_empty),
    Scene("register-seven-pasted", "/events/{open}/register", paste_seven),
    Scene("register-seven-with-errors", "/events/{open}/register", send_seven_wrong),
    Scene("register-questions", "/events/{asking}/register"),
    Scene("register-questions-errors", "/events/{asking}/register", send_empty),
    Scene("register-waiting-list", "/events/{waiting}/register"),
    Scene("register-full", "/events/{full}/register"),
    Scene("register-not-open-yet", "/events/{later}/register"),
    Scene("register-cancelled", "/events/{off}/register"),
    Scene("register-returning", "/events/{open}/register?again={of_confirmed}"),
    Scene("register-without-script", "/events/{open}/register", script=False),
    Scene("confirm-held", "/registrations/confirm/{held}", script=False),
    Scene("confirm-used-up", "/registrations/confirm/nothing", status=404),
    Scene("manage-confirmed", "/registrations/{of_confirmed}"),
    Scene("manage-all-unfolded", "/registrations/{of_confirmed}", open_all),
    Scene("manage-new", "/registrations/{of_confirmed}?new=1"),
    Scene("manage-waiting", "/registrations/{of_waits}"),
    Scene("manage-pending", "/registrations/{of_pending}"),
    Scene("manage-offered", "/registrations/{of_offered}"),
    Scene("manage-cancelled", "/registrations/{of_cancelled}"),
    Scene("manage-event-cancelled", "/registrations/{of_called_off}"),
    Scene("person-add", "/registrations/{of_confirmed}/attendees/new"),
    Scene("person-add-errors", "/registrations/{of_confirmed}/attendees/new", send_empty),
    Scene("person-change", "/registrations/{of_confirmed}/attendees/{person}"),
    Scene("person-swap", "/registrations/{of_confirmed}/attendees/{person}/swap"),
    Scene("person-cancel", "/registrations/{of_confirmed}/attendees/{person}/cancel"),
    Scene("cancel-all", "/registrations/{of_confirmed}/cancel"),
    Scene("contact", "/registrations/{of_confirmed}/contact"),
    Scene("hand-over", "/registrations/{of_confirmed}/hand-over"),
    Scene("hand-over-errors", "/registrations/{of_confirmed}/hand-over", send_empty),
    Scene("erase-all", "/registrations/{of_confirmed}/erase"),
    Scene("profile-empty", "/registrations/{of_company}/profile?new=1"),
    Scene("profile-adding", "/registrations/{of_partner}/profile", add_wish),
    Scene("profile-filled", "/registrations/{of_partner}/profile", open_all),
    Scene("suggestions", "/registrations/{of_company}/matches"),
    Scene("suggestions-answered", "/registrations/{of_partner}/matches"),
    Scene("suggestions-none", "/registrations/{of_lonely}/matches"),
    Scene("suggestions-introduced", "/registrations/{of_introduced}/matches"),
    Scene("suggestions-feedback", "/registrations/{of_told}/matches"),
    Scene("suggestions-others", "/registrations/{of_introduced}/matches/others"),
    Scene("suggestions-others-nobody", "/registrations/{of_introduced}/matches/others?q=Quantenkoch"),
    Scene("suggestions-others-without-part", "/registrations/{of_confirmed}/matches/others"),
    Scene("meetings", "/registrations/{of_company}/meetings", open_all),
    Scene("meetings-none", "/registrations/{of_lonely}/meetings"),
    Scene("manage-exchange", "/registrations/{of_company}"),
    Scene("ticket", "/tickets/{ticket}"),
    Scene("ticket-waiting", "/tickets/{waiting_ticket}"),
    Scene("own-page", "/tickets/{ticket}/place"),
    Scene("own-page-delete", "/tickets/{ticket}/place/delete"),
    Scene("coming", "/tickets/{ticket}/coming"),
    Scene("coming-errors", "/tickets/{ticket}/coming", name_nobody),
    Scene("coming-not-confirmed", "/tickets/{waiting_ticket}/coming"),
    Scene("quiet", "/tickets/{ticket}/quiet"),
    Scene("quiet-contact", "/registrations/{of_confirmed}/quiet"),
    Scene("sessions", "/tickets/{ticket}/sessions"),
    Scene("resend", "/events/{open}/resend"),
    Scene("resend-errors", "/events/{open}/resend", send_empty),
    Scene("answers", "/registrations/{of_answered}/answers"),
    Scene("newsletter", "/newsletter"),
    Scene("newsletter-errors", "/newsletter", send_empty),
    Scene("newsletter-archive", "/newsletter/archive"),
    Scene("newsletter-used-up", "/newsletter/confirm/nothing", status=404),
    Scene("embedded-event", "/embed/events/{open}"),
    Scene("embedded-cluster", "/embed/clusters/tab-mint"),
    Scene("not-found", "/events/gibt-es-nicht", status=404),
    Scene("unknown-registration", "/registrations/falsch", status=404),
    Scene("login", "/login"),
    Scene("login-link", "/login/{login}"),
    Scene("door-unpaired", "/door"),
    Scene("rehearsal", "/door/rehearsal"),
    Scene("walk-in", "/events/{running}/walk-in/{poster}"),
    Scene("walk-in-errors", "/events/{running}/walk-in/{poster}", send_empty),
    Scene("walk-in-shut", "/events/{open}/walk-in/{early_poster}"),
    Scene("walk-in-unknown", "/w/nichts", status=404),
    Scene("walked-in", "/events/{running}/walk-in/{poster}/{walked_in}"),
    Scene("walked-in-undecided", "/events/{running}/walk-in/{poster}/{undecided}"),
    Scene("door-scanning", "/door", door_acts.at_door),
    Scene("door-admitted", "/door", door_acts.at_door_admitted),
    Scene("door-already-inside", "/door", door_acts.at_door_already_inside),
    Scene("door-refused", "/door", door_acts.at_door_refused),
    Scene("door-searching", "/door", door_acts.at_door_searching),
    Scene("door-without-registration", "/door", door_acts.at_door_without_registration),
    Scene("door-asking", "/door", door_acts.at_door_asking),
    Scene("door-menu", "/door", door_acts.at_door_menu),
    Scene("door-offline", "/door", door_acts.at_door_offline),
    Scene("door-locked", "/door", door_acts.at_door_locked),
    Scene("desk", "/desk", staff=True),
    Scene("desk-events", "/desk/events", staff=True),
    Scene("desk-event", "/desk/events/{open}", staff=True),
    Scene("desk-event-unfolded", "/desk/events/{exchange}", open_all, staff=True),
    Scene("desk-event-new", "/desk/events/new", staff=True),
    Scene("desk-event-new-errors", "/desk/events/new", send_empty, staff=True),
    Scene("desk-event-edit", "/desk/events/{asking}/edit", open_all, staff=True),
    Scene("desk-event-cancel", "/desk/events/{open}/cancel", staff=True),
    Scene("desk-event-people", "/desk/events/{waiting}/people", staff=True),
    Scene("desk-people", "/desk/people?q=Person", staff=True),
    Scene("manage-seen-by-staff", "/registrations/{of_confirmed}", staff=True),
    Scene("desk-devices", "/desk/events/{open}/devices", staff=True),
    Scene("desk-device", "/desk/events/{open}/devices/{device}", staff=True),
    Scene("desk-door", "/desk/events/{door}/door", open_all, staff=True),
    Scene("desk-door-scan-errors", "/desk/events/{door}/door/scans/{refused}", door_acts.overrule, staff=True),
    Scene("desk-present", "/desk/events/{door}/present", staff=True),
    Scene("desk-entrance", "/desk/events/{running}/entrance", staff=True),
    Scene("desk-entrance-none", "/desk/events/{few}/entrance", staff=True),
    Scene("desk-rehearsal", "/desk/events/{open}/rehearsal", staff=True),
    Scene("desk-badges", "/desk/events/{open}/badges", staff=True),
    Scene("desk-badges-nobody", "/desk/events/{open}/badges?status=waiting&format=folded", staff=True),
    Scene("desk-round", "/desk/events/{asking}/round", staff=True),
    Scene("desk-round-errors", "/desk/events/{open}/round", ask_for_a_year, staff=True),
    Scene("desk-matching", "/desk/events/{exchange}/matching", staff=True),
    Scene("desk-matching-introductions", "/desk/events/{introductions}/matching", open_all, staff=True),
    Scene("desk-supply", "/desk/events/{introductions}/supply", staff=True),
    Scene("desk-supply-all", "/desk/supply?view=district", staff=True),
    Scene("desk-timetable", "/desk/events/{exchange}/matching/timetable", open_all, staff=True),
    Scene("desk-day", "/desk/events/{exchange}/matching/day", staff=True),
    Scene("desk-matching-publish", "/desk/events/{exchange}/matching/{run}/publish", staff=True),
    Scene("desk-answers", "/desk/events/{asking}/answers", staff=True),
    Scene("desk-invitations", "/desk/events/{open}/invitations", staff=True),
    Scene("desk-embedding", "/desk/embedding/tab-mint", staff=True),
    Scene("desk-organisations", "/desk/organisations", staff=True),
    Scene("desk-newsletter", "/desk/newsletter", staff=True),
    Scene("desk-newsletter-new", "/desk/newsletter/new", staff=True),
    Scene("desk-mail", "/desk/mail", staff=True),
    Scene("mails", "/dev/mail"),
)
