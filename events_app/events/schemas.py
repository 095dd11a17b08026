"""The shapes of events in the JSON API. Unknown fields are refused; null means "not stated"."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

Kind = Literal["kickoff", "cluster_event", "workshop", "webinar"]
Mode = Literal["onsite", "online", "hybrid"]
Status = Literal["draft", "published", "cancelled"]
QuestionType = Literal["text", "long_text", "choice", "choices", "number", "date", "yes_no"]
Answer = str | int | float | bool | list[str] | None


class Venue(Struct, forbid_unknown_fields=True):
    name: str | None = None
    street: str | None = None
    postcode: str | None = None
    place: str | None = None
    district: str | None = None


class Organiser(Struct, forbid_unknown_fields=True):
    name: str | None = None
    email: str | None = None
    phone: str | None = None


class GoodToKnow(Struct, forbid_unknown_fields=True):
    """What people ask before they come; booleans are answers to a question, null is "not stated"."""

    directions: str | None = None
    parking: str | None = None
    step_free: bool | None = None
    accessible_toilet: bool | None = None
    induction_loop: bool | None = None
    catering: str | None = None
    costs: str | None = None


class RegistrationWindow(Struct, forbid_unknown_fields=True):
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    approval: bool = False
    invitation_only: bool = False


class ShowIf(Struct, forbid_unknown_fields=True):
    key: str
    equals: Answer


class QuestionText(Struct, forbid_unknown_fields=True):
    """A question in another language; what is empty is shown in the event's own words.

    `options`: all of them in the question's order, or none.
    """

    label: str = ""
    help: str = ""
    options: list[str] = []


class Question(Struct, forbid_unknown_fields=True):
    """What an event asks. Answers to choices are always one of `options`, whatever language they were read in.

    `show_if` names an earlier question; `sensitive` is health, diet or access: its answers are deleted a week after
    the event's end, and the desk sees counts without names.
    """

    key: str
    label: str
    type: QuestionType = "text"
    options: list[str] = []
    required: bool = False
    per: Literal["attendee", "registration"] = "attendee"
    show_if: ShowIf | None = None
    help: str = ""
    sensitive: bool = False
    translations: dict[Literal["de", "en"], QuestionText] = {}


class Group(Struct, forbid_unknown_fields=True):
    """A ticket group; its `quota` lies inside the event's capacity, null: no limit of its own.

    `invitation_only`: open to people whose invitation names this group. `label_en`: empty, where `label` serves both.
    """

    key: str
    label: str
    label_en: str = ""
    quota: int | None = None
    invitation_only: bool = False


class GroupOut(Struct):
    """`seats_left`: what anybody may still take in this group; null: no limit."""

    key: str
    label: str
    label_en: str
    quota: int | None
    seats_left: int | None
    invitation_only: bool


class Matchmaking(Struct, forbid_unknown_fields=True):
    enabled: bool = False
    slot_minutes: int = 20
    slots: list[datetime] = []
    tables: int = 10
    max_meetings_per_company: int = 6
    max_meetings_per_partner: int = 12
    profile_closes_at: datetime | None = None


class AgendaItem(Struct, forbid_unknown_fields=True):
    """A part of the day. `id` stays for ever, as calendars and choices name it; left out, it is made.

    `choosable` ones are for those who choose them, `seats` at most (null: no limit); the others are for everybody.
    """

    starts_at: datetime
    title: str
    ends_at: datetime | None = None
    speaker: str | None = None
    room: str | None = None
    id: UUID | None = None
    choosable: bool = False
    seats: int | None = None


class Medium(Struct, forbid_unknown_fields=True):
    """A recording, slides or photos, shown after the event."""

    title: str
    url: str


class EventOut(Struct):
    """An event as everybody may see it; `online_url` is null except for the confirmed and the desk."""

    slug: str
    title: str
    kind: Kind
    cluster: str | None
    status: Status
    starts_at: datetime
    ends_at: datetime
    timezone: str
    mode: Mode
    venue: Venue
    online_url: str | None
    summary: str
    description: str
    language: str
    organiser: Organiser
    good_to_know: GoodToKnow
    capacity: int | None
    seats_left: int | None
    waiting_list: bool
    registration: RegistrationWindow
    questions: list[Question]
    matchmaking: Matchmaking
    agenda: list[AgendaItem] = []
    media: list[Medium] = []
    groups: list[GroupOut] = []


class EventPage(Struct):
    items: list[EventOut]
    next_cursor: str | None


class EventIn(Struct, forbid_unknown_fields=True):
    """A new event. `seats_left` and `status` are read-only and therefore unknown here.

    `cluster` left out is the agent's own, and for an admin null: a programme-wide event.
    """

    title: str
    kind: Kind
    starts_at: datetime
    ends_at: datetime
    mode: Mode
    slug: str | None = None
    cluster: str | UnsetType | None = UNSET
    timezone: str = "Europe/Berlin"
    venue: Venue = msgspec.field(default_factory=Venue)
    online_url: str | None = None
    summary: str = ""
    description: str = ""
    language: Literal["de", "en"] = "de"
    organiser: Organiser = msgspec.field(default_factory=Organiser)
    good_to_know: GoodToKnow = msgspec.field(default_factory=GoodToKnow)
    capacity: int | None = None
    waiting_list: bool = True
    registration: RegistrationWindow = msgspec.field(default_factory=RegistrationWindow)
    questions: list[Question] = []
    matchmaking: Matchmaking = msgspec.field(default_factory=Matchmaking)
    agenda: list[AgendaItem] = []
    media: list[Medium] = []
    groups: list[Group] = []


class VenuePatch(Struct, forbid_unknown_fields=True):
    name: str | UnsetType | None = UNSET
    street: str | UnsetType | None = UNSET
    postcode: str | UnsetType | None = UNSET
    place: str | UnsetType | None = UNSET
    district: str | UnsetType | None = UNSET


class OrganiserPatch(Struct, forbid_unknown_fields=True):
    name: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET


class GoodToKnowPatch(Struct, forbid_unknown_fields=True):
    directions: str | UnsetType | None = UNSET
    parking: str | UnsetType | None = UNSET
    step_free: bool | UnsetType | None = UNSET
    accessible_toilet: bool | UnsetType | None = UNSET
    induction_loop: bool | UnsetType | None = UNSET
    catering: str | UnsetType | None = UNSET
    costs: str | UnsetType | None = UNSET


class RegistrationWindowPatch(Struct, forbid_unknown_fields=True):
    opens_at: datetime | UnsetType | None = UNSET
    closes_at: datetime | UnsetType | None = UNSET
    approval: bool | UnsetType = UNSET
    invitation_only: bool | UnsetType = UNSET


class MatchmakingPatch(Struct, forbid_unknown_fields=True):
    enabled: bool | UnsetType = UNSET
    slot_minutes: int | UnsetType = UNSET
    slots: list[datetime] | UnsetType = UNSET
    tables: int | UnsetType = UNSET
    max_meetings_per_company: int | UnsetType = UNSET
    max_meetings_per_partner: int | UnsetType = UNSET
    profile_closes_at: datetime | UnsetType | None = UNSET


class EventPatch(Struct, forbid_unknown_fields=True):
    """A change: only what is sent changes, in nested objects too; a list replaces the old one whole.

    A new `starts_at` takes slots and agenda along, unless they are changed themselves. If it is not before the old end
    and no new `ends_at` is sent, the end moves by as much: the event keeps its length.
    """

    slug: str | UnsetType = UNSET
    cluster: str | UnsetType | None = UNSET
    title: str | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    starts_at: datetime | UnsetType = UNSET
    ends_at: datetime | UnsetType = UNSET
    mode: Mode | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    venue: VenuePatch | UnsetType = UNSET
    online_url: str | UnsetType | None = UNSET
    summary: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    language: Literal["de", "en"] | UnsetType = UNSET
    organiser: OrganiserPatch | UnsetType = UNSET
    good_to_know: GoodToKnowPatch | UnsetType = UNSET
    capacity: int | UnsetType | None = UNSET
    waiting_list: bool | UnsetType = UNSET
    registration: RegistrationWindowPatch | UnsetType = UNSET
    questions: list[Question] | UnsetType = UNSET
    matchmaking: MatchmakingPatch | UnsetType = UNSET
    agenda: list[AgendaItem] | UnsetType = UNSET
    media: list[Medium] | UnsetType = UNSET
    groups: list[Group] | UnsetType = UNSET


class CancelIn(Struct, forbid_unknown_fields=True, frozen=True):
    reason: str = ""
