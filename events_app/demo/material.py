"""The files of `data/` as values: clusters, organisations, events and who has registered."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from events_app import reference
from events_app.demo.rules import moment, moved_on
from events_app.events.schemas import (
    AgendaItem,
    EventIn,
    GoodToKnow,
    Kind,
    Matchmaking,
    Organiser,
    Question,
    RegistrationWindow,
    Venue,
)
from events_app.organisations.schemas import NewCluster, NewOrganisation
from events_app.registration.schemas import Answers, AttendeeIn, Training

FOLDER = files(__package__) / "data"
CLUSTER_EVENTS = {"programme", "annual", "network", "matchmaking", "visit"}
UNKNOWN_START, UNKNOWN_END = time(0, 0), time(23, 59)
"""No time of day was published: the event stands for the whole day."""


class Before(Struct, forbid_unknown_fields=True):
    """A time some days before the event."""

    days_before: int
    at: time


class Line(Struct, forbid_unknown_fields=True):
    """A line of the agenda; `day` counts the event's days from 1."""

    at: time
    title: str
    until: time | None = None
    speaker: str | None = None
    room: str | None = None
    day: int = 1


class Meetings(Struct, forbid_unknown_fields=True):
    slots: list[time]
    slot_minutes: int
    tables: int
    max_meetings_per_company: int
    max_meetings_per_partner: int
    profile_closes: Before


class Texts(Struct, forbid_unknown_fields=True):
    """What `event_texts.toml` adds to a row of `demo_events.csv`."""

    summary: str
    description: str
    street: str | None = None
    online_url: str | None = None
    closes: Before | None = None
    good_to_know: GoodToKnow = msgspec.field(default_factory=GoodToKnow)
    questions: list[Question] = []
    agenda: list[Line] = []
    matchmaking: Meetings | None = None


class DemoRegistration(Struct, forbid_unknown_fields=True):
    """Who comes from an organisation; the first of the people is the contact."""

    event: str
    organisation: str
    people: list[AttendeeIn]
    answers: Answers = {}
    match: bool = False
    cancelled: bool = False


@dataclass(frozen=True)
class DemoEvent:
    """A row of `demo_events.csv` with its texts."""

    id: str
    row: dict[str, str]
    texts: Texts

    def entered(self, clusters: dict[str, str], now: datetime) -> EventIn:
        """The event as somebody would enter it; invented ones begin after `now`. `clusters` gives slugs by name."""
        row, texts, days = self.row, self.texts, self._days(now)
        starts_at = moment(days[0], _time(row["start_time"]) or UNKNOWN_START)
        return EventIn(
            title=row["title"],
            kind=_kind(row["kind"]),
            cluster=clusters[row["cluster"]] if row["cluster"] else None,
            starts_at=starts_at,
            ends_at=moment(days[-1], _time(row["end_time"]) or UNKNOWN_END),
            mode=msgspec.convert(row["mode"], Literal["onsite", "online", "hybrid"]),
            venue=_venue(row, texts),
            online_url=texts.online_url,
            summary=texts.summary,
            description=texts.description,
            organiser=Organiser(row["organiser"], _organiser_email(row["organiser"])),
            good_to_know=texts.good_to_know,
            capacity=int(row["capacity"]) if row["capacity"] else None,
            registration=RegistrationWindow(closes_at=_before(days[0], texts.closes) or starts_at),
            questions=texts.questions,
            matchmaking=_matchmaking(days[0], texts.matchmaking),
            agenda=[_agenda_item(days, line) for line in texts.agenda],
        )

    @property
    def is_real(self) -> bool:
        return self.row["status"] == "real"

    def _days(self, now: datetime) -> list[date]:
        first, last = (date.fromisoformat(self.row[name]) for name in ("start_date", "end_date"))
        begins = first if self.is_real else moved_on(first, time.fromisoformat(self.row["start_time"]), now)
        return [begins + timedelta(days=number) for number in range((last - first).days + 1)]


@dataclass(frozen=True)
class DemoOrganisation:
    id: str
    entered: NewOrganisation

    @property
    def training(self) -> Training:
        return msgspec.convert(self.entered.training, Training)


@cache
def clusters() -> Sequence[NewCluster]:
    """In the order of their file; the occupations are those of the reference data."""
    entered = msgspec.convert(_toml("clusters")["cluster"], list[NewCluster])
    return [
        msgspec.structs.replace(cluster, position=position, occupations=_occupations(cluster.name))
        for position, cluster in enumerate(entered, start=1)
    ]


@cache
def organisations() -> Sequence[DemoOrganisation]:
    slugs = slugs_by_name()
    return [DemoOrganisation(row["id"], _organisation(row, slugs)) for row in _csv("demo_organisations")]


@cache
def events() -> Sequence[DemoEvent]:
    texts = msgspec.convert(_toml("event_texts"), dict[str, Texts])
    return [DemoEvent(row["id"], row, texts[row["id"]]) for row in _csv("demo_events")]


@cache
def registrations() -> Sequence[DemoRegistration]:
    """In the order in which they arrived."""
    return msgspec.convert(_toml("registrations")["registration"], list[DemoRegistration])


def slugs_by_name() -> dict[str, str]:
    """The address of each cluster by the name that the CSV files use."""
    return {cluster.name: cluster.slug for cluster in clusters()}


def _csv(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO((FOLDER / f"{name}.csv").read_text("utf-8"), newline="")))


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def _occupations(cluster: str) -> list[str]:
    """Those with this cluster in focus; a specialisation says no more than its occupation."""
    return [one.id for one in reference.occupations() if cluster in one.focus and one.specialisation_of is None]


def _organisation(row: dict[str, str], slugs: dict[str, str]) -> NewOrganisation:
    return msgspec.convert(
        {
            "name": row["name"],
            "kind": row["kind"],
            "size": row["size"] or None,
            "employees": int(row["employees"]),
            "turnover_meur": _amount(row["turnover_meur"]),
            "balance_meur": _amount(row["balance_meur"]),
            "startup": row["startup"] == "1",
            "postcode": row["plz"] or None,
            "place": row["place"],
            "district": row["ags"] or None,
            "themes": _items(row["leitbild_themes"]),
            "training": {
                "needs": [_wish(item) for item in _items(row["needs"])],
                "offers": [_wish(item) for item in _items(row["offers"])],
                "themes": _items(row["leitbild_themes"]),
            },
            "cluster": slugs[row["cluster"]] if row["cluster"] else None,
        },
        NewOrganisation,
    )


def _items(cell: str) -> list[str]:
    return [item.strip() for item in cell.split(";") if item.strip()]


def _wish(item: str) -> dict[str, str | int]:
    occupation, form, places = item.split(":")
    return {"occupation": occupation, "form": form, "places": int(places)}


def _amount(cell: str) -> float | None:
    return float(cell) if cell else None


def _kind(kind: str) -> Kind:
    known: Kind = msgspec.convert("cluster_event" if kind in CLUSTER_EVENTS else kind, Kind)
    return known


def _venue(row: dict[str, str], texts: Texts) -> Venue:
    known = (row["venue"], texts.street, row["plz"], row["place"], row["ags"])
    return Venue(*(cell or None for cell in known))


def _organiser_email(name: str) -> str | None:
    """The invented offices have one; of real organisers no address was published here."""
    return {"Demo-Clusterbüro": "clusterbuero@example.org", "Demo-Programmstelle": "programm@example.org"}.get(name)


def _time(cell: str) -> time | None:
    return time.fromisoformat(cell) if cell else None


def _before(day: date, limit: Before | None) -> datetime | None:
    return None if limit is None else moment(day - timedelta(days=limit.days_before), limit.at)


def _agenda_item(days: Sequence[date], line: Line) -> AgendaItem:
    day = days[line.day - 1]
    until = None if line.until is None else moment(day, line.until)
    return AgendaItem(moment(day, line.at), line.title, until, line.speaker, line.room)


def _matchmaking(day: date, meetings: Meetings | None) -> Matchmaking:
    if meetings is None:
        return Matchmaking()
    known = asdict(meetings)
    closes = _before(day, known.pop("profile_closes"))
    slots = [moment(day, slot) for slot in known.pop("slots")]
    return Matchmaking(enabled=True, slots=slots, profile_closes_at=closes, **known)
