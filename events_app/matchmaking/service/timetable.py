"""A run's meetings with those who go to them: what calendars, timetables and the agent's grid show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.kit.i18n import Language, known_language
from events_app.matchmaking import queries
from events_app.matchmaking.queries import MAY_BE_MATCHED, RunRow
from events_app.matchmaking.rules.meetings import meeting_id, staffed


@dataclass(frozen=True)
class Person:
    """Somebody with a confirmed place; without an address of their own `email` is the contact's."""

    id: UUID
    registration_id: UUID
    name: str
    email: str
    contact_email: str
    language: Language
    admitted: bool


@dataclass(frozen=True)
class Party:
    """One side of a meeting, by its registration, with the people who go there."""

    id: UUID
    name: str
    language: Language
    people: tuple[Person, ...]


@dataclass(frozen=True)
class Talk:
    """A meeting; `id` is the same whenever the two meet at this event, and `pinned` says that the agent fixed it."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    table: int
    company: Party
    partner: Party
    pinned: bool

    @property
    def sides(self) -> tuple[tuple[Party, Party], tuple[Party, Party]]:
        """(who, whom they meet), both ways."""
        return (self.company, self.partner), (self.partner, self.company)

    def side(self, registration_id: UUID) -> tuple[Party, Party]:
        """(the registration's own side, the other one)."""
        return self.sides[self.company.id != registration_id]


@dataclass(frozen=True)
class Staff:
    """An event's confirmed people by registration, in order, and whom their contacts chose for meetings."""

    people: Mapping[UUID, Sequence[Person]]
    delegates: Mapping[UUID, Sequence[UUID]]
    chosen: Mapping[tuple[UUID, UUID], Sequence[UUID]]

    def of(self, registration_id: UUID) -> list[Person]:
        """Who goes to the registration's meetings in general: its first person, if nobody was named."""
        everybody = self.people.get(registration_id, ())
        named = self.delegates.get(registration_id, ())
        return [one for one in everybody if one.id in named] or list(everybody[:1])


async def talks_of(event: EventRow, run: RunRow) -> list[Talk]:
    """The run's meetings by time and table; without those of which one side withdrew, or spoke against it in time."""
    rows = await db.fetch(
        """SELECT c.company, c.partner, m.meeting_table, s.organisation_name AS company_name,
             o.organisation_name AS partner_name, s.language AS company_language, o.language AS partner_language,
             (e.starts_at AT TIME ZONE e.timezone + m.starts_after) AT TIME ZONE e.timezone AS starts_at,
             (e.starts_at AT TIME ZONE e.timezone + m.starts_after + m.lasts) AT TIME ZONE e.timezone AS ends_at
           FROM match m JOIN candidate c ON c.id = m.candidate JOIN registration s ON s.id = c.company
             JOIN registration o ON o.id = c.partner JOIN event e ON e.id = s.event
           WHERE m.run = $1 AND m.starts_after IS NOT NULL
           ORDER BY m.starts_after, m.meeting_table""",
        run.id,
    )
    shown, here = set(await queries.chosen_pairs(run.id, shown_only=True)), await _taking_part(event)
    rows = [
        row for row in rows if (row["company"], row["partner"]) in shown and {row["company"], row["partner"]} <= here
    ]
    pins = {row["id"] for row in await db.fetch("SELECT id FROM meeting_pin WHERE event = $1", event.id)}
    ids = {(row["company"], row["partner"]): meeting_id(event.id, row["company"], row["partner"]) for row in rows}
    who = _who_goes(await staff_of(event), [(pair, row["starts_at"]) for pair, row in zip(ids, rows, strict=True)])
    return [
        Talk(
            id=ids[row["company"], row["partner"]],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            table=row["meeting_table"],
            company=_party(row, "company", who[row["company"], row["partner"]]),
            partner=_party(row, "partner", who[row["partner"], row["company"]]),
            pinned=ids[row["company"], row["partner"]] in pins,
        )
        for row in rows
    ]


async def staff_of(event: EventRow) -> Staff:
    people: dict[UUID, list[Person]] = defaultdict(list)
    for row in await db.fetch(
        """SELECT a.id, a.registration AS registration_id, a.given_name || ' ' || a.family_name AS name,
             coalesce(a.email, r.contact_email) AS email, r.contact_email, r.language,
             EXISTS (SELECT FROM ticket t WHERE t.attendee_id = a.id AND t.admitted_at IS NOT NULL) AS admitted
           FROM attendee a JOIN registration r ON r.id = a.registration
           WHERE a.event = $1 AND a.status = 'confirmed' ORDER BY a.registration, a.position, a.id""",
        event.id,
    ):
        values = {**dict(row), "language": known_language(row["language"])}
        people[row["registration_id"]].append(Person(**values))
    delegates: dict[UUID, list[UUID]] = defaultdict(list)
    chosen: dict[tuple[UUID, UUID], list[UUID]] = defaultdict(list)
    for row in await db.fetch(
        """SELECT d.registration, d.counterpart, d.attendee FROM meeting_delegate d
           JOIN attendee a ON a.id = d.attendee WHERE a.event = $1 AND a.status = 'confirmed'
           ORDER BY a.position, a.id""",
        event.id,
    ):
        if row["counterpart"] is None:
            delegates[row["registration"]].append(row["attendee"])
        else:
            chosen[row["registration"], row["counterpart"]].append(row["attendee"])
    return Staff(people, delegates, chosen)


async def _taking_part(event: EventRow) -> set[UUID]:
    rows = await db.fetch(
        f"SELECT r.id FROM registration r WHERE r.event = $1 AND {MAY_BE_MATCHED}",  # noqa: S608 - constant
        event.id,
    )
    return {row["id"] for row in rows}


def _who_goes(
    staff: Staff, meetings: Iterable[tuple[tuple[UUID, UUID], datetime]]
) -> dict[tuple[UUID, UUID], tuple[Person, ...]]:
    """The people of (one, whom it meets)."""
    of_each: dict[UUID, list[tuple[str, datetime]]] = defaultdict(list)
    for (company, partner), starts_at in meetings:
        of_each[company].append((str(partner), starts_at))
        of_each[partner].append((str(company), starts_at))
    who = {}
    for one, talks in of_each.items():
        by_id = {str(person.id): person for person in staff.people.get(one, ())}
        chosen = {other: [str(id_) for id_ in staff.chosen.get((one, UUID(other)), ())] for other, _ in talks}
        named = {other: ids for other, ids in chosen.items() if ids}
        found = staffed(talks, [str(person.id) for person in staff.of(one)], named)
        who.update({(one, UUID(other)): tuple(by_id[id_] for id_ in ids) for other, ids in found.items()})
    return who


def _party(row: Mapping[str, object], side: str, people: tuple[Person, ...]) -> Party:
    id_, name = row[side], row[f"{side}_name"]
    assert isinstance(id_, UUID)  # noqa: S101 - as the column is
    return Party(id_, str(name), known_language(str(row[f"{side}_language"])), people)
