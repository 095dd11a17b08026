"""A published event with people and devices at its door."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from events_app.checkin import service
from events_app.checkin.queries.devices import Door
from events_app.checkin.schemas import DeviceIn, PairIn, ScanIn, ScanOut
from events_app.events.queries import EventRow
from events_app.registration.schemas import AttendeeOut, Consents, OrganisationIn
from tests.factories import ADMIN, make_event, make_registration


@dataclass
class Doorway:
    """One event, its people and a paired device."""

    event: EventRow
    people: list[AttendeeOut]
    door: Door
    token: str

    async def scan(self, code: str | None, **fields: object) -> ScanOut:
        return await scanned(self.door, code, **fields)


async def scanned(door: Door, code: str | None, **fields: object) -> ScanOut:
    [answer] = await service.record_scans(door, [ScanIn(id=uuid4(), code=code or "", **fields)])
    return answer


async def paired(slug: str, name: str = "Tür 1") -> tuple[Door, str]:
    made = await service.create_device(slug, DeviceIn(name), ADMIN)
    token = (await service.pair_device(PairIn(made.pairing_code))).token
    return await service.living_door(token), token


async def open_door(people: int = 2, **event_fields: object) -> Doorway:
    event = await make_event(**event_fields)
    registration = await make_registration(event, people)
    return Doorway(event, registration.attendees, *await paired(event.slug))


def visitor(number: int) -> service.Visitor:
    """Somebody who fills in the form of the poster at the entrance."""
    return service.Visitor(
        uuid4(), f"Gast{number}", "Beispiel", "", OrganisationIn("Werk", "company"), Consents(privacy=True), "de"
    )
