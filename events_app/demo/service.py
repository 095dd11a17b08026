"""Loading the demo: what is missing is added, what is there already is left as people have made it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from events_app.accounts import service as accounts
from events_app.accounts.rules import PRINTED_LOGIN_LIFETIME, Actor, Role
from events_app.demo import material, newsletter
from events_app.demo.material import DemoEvent, DemoOrganisation, DemoRegistration
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock, db, settings
from events_app.kit.settings import PREFIX, SettingsError
from events_app.matchmaking import service as matchmaking
from events_app.organisations import queries as organisation_queries
from events_app.organisations import service as organisations
from events_app.registration import service as registration
from events_app.registration.schemas import Consents, ContactIn, OrganisationIn, RegistrationIn, Training

LOADER = Actor("system", None, role="admin", name="Demo")
LOCK = 1_926_770_145
"""Held while something is loaded, so that a second loader finds it done."""
MATCHED_EVENT = "E09"


@dataclass(frozen=True)
class DemoAccount:
    """Somebody to log in as; `cluster` is a slug, `event` a demo id. The desk shows `name`, the console `label`."""

    email: str
    name: str
    label: str
    role: Role
    cluster: str | None = None
    event: str | None = None


def demo_accounts() -> list[DemoAccount]:
    """An admin, the agent of each cluster, and a helper at the door of E09."""
    agents = [
        DemoAccount(
            f"agent.{cluster.slug}@example.org",
            "Demo-Clusterbüro",
            f"agent of {cluster.name}",
            "agent",
            cluster=cluster.slug,
        )
        for cluster in material.clusters()
    ]
    title = next(event.row["title"] for event in material.events() if event.id == MATCHED_EVENT)
    door = DemoAccount("door@example.org", "Demo-Einlass", f"door of {title}", "door", event=MATCHED_EVENT)
    return [DemoAccount("admin@example.org", "Demo-Programmstelle", "admin", "admin"), *agents, door]


async def load() -> bool:
    """Add what is missing of the demo; False if nothing was. Sends no mail.

    May be repeated, also after a kill, and beside another loader: each part is all there or not at all.
    Raises `SettingsError` in production.
    """
    _refuse_in_production()
    if await is_loaded():
        return False
    async with _alone():
        await _load_clusters()
        await _load_organisations()
    for event in material.events():
        async with _alone():
            await _load_event(event)
    async with _alone():
        await _load_accounts()
    await _load_proposals()
    async with _alone():
        await newsletter.load(LOADER)
    return True


async def is_loaded() -> bool:
    """Whether nothing of the demo is missing."""
    row = await db.fetch_row(
        """SELECT (SELECT count(*) FROM organisation WHERE demo_id IS NOT NULL) AS organisations,
             (SELECT count(*) FROM event WHERE demo_id IS NOT NULL) AS events,
             (SELECT count(*) FROM account WHERE email = ANY($1)) AS accounts""",
        [account.email for account in demo_accounts()],
    )
    wanted = (len(material.organisations()), len(material.events()), len(demo_accounts()))
    if row is None or tuple(row.values()) != wanted:
        return False
    return await _slug_without_proposals() is None and await newsletter.is_loaded()


async def login_links() -> list[tuple[str, str]]:
    """(who, link) for each demo account; each link works once and for 24 hours. Raises `SettingsError` in production.

    An account that was disabled, or given another role, gets none.
    """
    _refuse_in_production()
    wanted = demo_accounts()
    rows = await db.fetch(
        "SELECT id, email, role FROM account WHERE email = ANY($1) AND disabled_at IS NULL",
        [account.email for account in wanted],
    )
    known = {(row["email"], row["role"]): row["id"] for row in rows}
    ids = [(account.label, known.get((account.email, account.role))) for account in wanted]
    return [
        (label, (await accounts.new_login(account_id, PRINTED_LOGIN_LIFETIME)).url)
        for label, account_id in ids
        if account_id is not None
    ]


def _refuse_in_production() -> None:
    if settings.current().production:
        raise SettingsError(f"{PREFIX}ENV is production: there is no demo data and no demo account")


@asynccontextmanager
async def _alone() -> AsyncIterator[None]:
    async with db.transaction():
        await db.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        yield


async def _load_clusters() -> None:
    known = {cluster.slug for cluster in await organisation_queries.clusters()}
    for cluster in material.clusters():
        if cluster.slug not in known:
            await organisations.create_cluster(cluster, LOADER)


async def _load_organisations() -> None:
    known = {row["demo_id"] for row in await db.fetch("SELECT demo_id FROM organisation WHERE demo_id IS NOT NULL")}
    for organisation in material.organisations():
        if organisation.id not in known:
            await organisations.create_organisation(organisation.entered, LOADER, demo_id=organisation.id)


async def _load_event(demo: DemoEvent) -> None:
    """The event, published, with everybody who has registered for it."""
    if await _event_id(demo.id) is not None:
        return
    entered = demo.entered(material.slugs_by_name(), clock.now())
    event = await events.create_event(entered, LOADER, demo_id=demo.id)
    event = await events.publish_event(event.slug, LOADER)
    for one in material.registrations():
        if one.event == demo.id:
            await _register(event, one)


async def _register(event: EventRow, one: DemoRegistration) -> None:
    who = next(known for known in material.organisations() if known.id == one.organisation)
    made = await registration.register(event.slug, _entry(event, one, who), source="demo")
    if one.cancelled:
        await registration.cancel_registration(made.id, LOADER, tell=False)


def _entry(event: EventRow, one: DemoRegistration, who: DemoOrganisation) -> RegistrationIn:
    known, contact = who.entered, one.people[0]
    return RegistrationIn(
        organisation=OrganisationIn(known.name, known.kind, known.size, known.startup, known.postcode, known.district),
        contact=ContactIn(contact.given_name, contact.family_name, contact.email or ""),
        attendees=one.people,
        consents=Consents(privacy=True, match=one.match),
        training=who.training if event.public.matchmaking.enabled else Training(),
        answers=one.answers,
    )


async def _load_accounts() -> None:
    emails = [account.email for account in demo_accounts()]
    known = {row["email"] for row in await db.fetch("SELECT email FROM account WHERE email = ANY($1)", emails)}
    for account in demo_accounts():
        if account.email not in known:
            cluster_id = None if account.cluster is None else await organisation_queries.cluster_id(account.cluster)
            event_id = None if account.event is None else await _event_id(account.event)
            await accounts.create_account(
                account.email, account.role, cluster_id=cluster_id, event_id=event_id, name=account.name
            )


async def _load_proposals() -> None:
    """A finished and published matching run, unless the event has had one."""
    async with _alone():
        slug = await _slug_without_proposals()
        run = None if slug is None else await matchmaking.start_run(slug, LOADER)
    if run is not None and await matchmaking.execute_run(run.id):
        await matchmaking.publish_run(run.id, LOADER, tell=False)


async def _slug_without_proposals() -> str | None:
    slug: str | None = await db.fetch_value(
        """SELECT slug FROM event e WHERE demo_id = $1 AND status = 'published'
             AND NOT EXISTS (SELECT 1 FROM matching_run WHERE event = e.id)""",
        MATCHED_EVENT,
    )
    return slug


async def _event_id(demo_id: str) -> UUID | None:
    found: UUID | None = await db.fetch_value("SELECT id FROM event WHERE demo_id = $1", demo_id)
    return found
