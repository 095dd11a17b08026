"""An event's cooperation exchange with organisations of the demo data (invented ones), as their facts stand there."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from events_app.events.queries import EventRow
from events_app.events.schemas import Matchmaking
from events_app.kit import db
from events_app.matchmaking import queries, service
from events_app.matchmaking.queries import Pair, RunRow
from events_app.registration.schemas import RegistrationOut
from tests.factories import ADMIN, make_event, make_registration


class Facts(NamedTuple):
    name: str
    kind: str
    postcode: str | None
    district: str | None
    themes: str
    needs: str = ""
    offers: str = ""


SAALEBLICK = Facts(
    "Saaleblick Automation GmbH",
    "company",
    "06112",
    "15002",
    "digital innovation",
    needs="mechatroniker:grundlehrgang:2; mechatroniker:pruefungsvorbereitung:2",
)
GEISELTAL = Facts(
    "Geiseltal Fördertechnik GmbH",
    "company",
    "06242",
    "15088",
    "fachkraefte",
    needs="mechatroniker:grundlehrgang:2",
)
BRIKETT = Facts(
    "Brikett & Bit UG (haftungsbeschränkt)",
    "company",
    "06108",
    "15002",
    "digital innovation",
    needs="fachinformatiker-fachrichtung-systemintegration:verbund_leitbetrieb:1",
)
SAALEKREIS = Facts(
    "Bildungswerkstatt Saalekreis gGmbH",
    "training_provider",
    "06237",
    "15088",
    "bildung fachkraefte",
    offers="mechatroniker:grundlehrgang:12; mechatroniker:pruefungsvorbereitung:16",
)
NEISSETAL = Facts(
    "Bildungszentrum Neißetal gGmbH",
    "training_provider",
    "02826",
    "14626",
    "bildung",
    offers="mechatroniker:grundlehrgang:10",
)
WASSERSTOFF = Facts(
    "Wasserstoffkante Leuna GmbH",
    "company",
    "06237",
    "15088",
    "co2",
    needs="mechatroniker:grundlehrgang:2",
    offers="mechatroniker:zusatzqualifikation:5",
)
NORDKIPPE = Facts(
    "Nordkippe Robotik GmbH",
    "company",
    "06120",
    "15002",
    "innovation",
    needs="mechatroniker:zusatzqualifikation:1",
    offers="mechatroniker:grundlehrgang:6",
)
ONLOOKER = Facts("Handwerkskammer Beispielstadt", "chamber", "06108", "15002", "")


async def make_exchange(per_company: int = 6, per_partner: int = 12, **fields: Any) -> EventRow:
    limits = Matchmaking(enabled=True, max_meetings_per_company=per_company, max_meetings_per_partner=per_partner)
    return await make_event(**{"title": "Kooperationsbörse Mechatronik", "matchmaking": limits, **fields})


async def join(event: EventRow, who: Facts, *, match: bool = True, people: int = 1, **fields: Any) -> RegistrationOut:
    return await make_registration(
        event,
        people,
        **{
            "organisation": {
                "name": who.name,
                "kind": who.kind,
                "postcode": who.postcode,
                "district": who.district,
            },
            "training": {"needs": entries(who.needs), "offers": entries(who.offers), "themes": who.themes.split()},
            "consents": {"privacy": True, "match": match},
            **fields,
        },
    )


def entries(text: str) -> list[dict[str, Any]]:
    """`occupation:form:places; …` as in the CSV."""
    parts = [entry.strip().split(":") for entry in text.split(";") if entry.strip()]
    return [{"occupation": one, "form": form, "places": int(places)} for one, form, places in parts]


async def queued(event: EventRow) -> UUID:
    return (await service.start_run(event.slug, ADMIN)).id


async def computed(event: EventRow) -> RunRow:
    """A run that has been started and carried out."""
    run_id = await queued(event)
    assert await service.execute_run(run_id)
    return await service.get_run(run_id, ADMIN)


async def published(event: EventRow) -> RunRow:
    return await service.publish_run((await computed(event)).id, ADMIN)


async def chosen(run: RunRow) -> list[Pair]:
    return list(await queries.pairs(run.id, matched_only=True))


async def names(run: RunRow) -> set[tuple[str, str]]:
    """(company, partner) of the matches."""
    return {(pair.company.name, pair.partner.name) for pair in await chosen(run)}


async def pair(**fields: Any) -> tuple[EventRow, RegistrationOut, RegistrationOut]:
    """An exchange with one company and one partner that fits it."""
    event = await make_exchange(**fields)
    return event, await join(event, SAALEBLICK), await join(event, SAALEKREIS)


async def over(event: EventRow) -> None:
    """The event was two days ago."""
    await db.execute(
        "UPDATE event SET starts_at = now() - interval '3 days', ends_at = now() - interval '2 days' WHERE id = $1",
        event.id,
    )
