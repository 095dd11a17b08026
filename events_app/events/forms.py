"""An event as the desk's form has it: local times in the event's own zone, empty for "not stated"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar, get_args
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from events_app.events import group_forms, question_forms
from events_app.events.rules import NOTES
from events_app.events.schemas import (
    AgendaItem,
    EventIn,
    EventPatch,
    GoodToKnow,
    Kind,
    Matchmaking,
    Medium,
    Mode,
    Organiser,
    RegistrationWindow,
    Venue,
)
from events_app.kit.forms import Form, Values
from events_app.kit.text import one_line
from events_app.kit.wall import read_wall, wall

Choice = TypeVar("Choice", bound=str)
KINDS: tuple[Kind, ...] = get_args(Kind)
MODES: tuple[Mode, ...] = get_args(Mode)
SHOWN_FACTS = ("step_free", "accessible_toilet", "induction_loop")
MATCHING_NUMBERS = ("slot_minutes", "tables", "max_meetings_per_company", "max_meetings_per_partner")
MAX_FILLED_SLOTS = 200
NEVER = datetime.min.replace(tzinfo=ZoneInfo("UTC"))
"""Stands for a start that can't be read; the form is then refused, and no rule looks at it."""
Place = tuple[str, int]
YES_NO: Mapping[str, bool | None] = {"yes": True, "no": False}
TYPED = ("title", "url", "starts_at", "ends_at", "speaker", "room")
"""What makes a row."""


def values_of(event: EventIn) -> Values:
    """The form's values of an event, to be edited."""
    plain: Values = msgspec.to_builtins(event, builtin_types=(datetime,))
    zone = ZoneInfo(event.timezone)
    return {
        **plain,
        "starts_at": wall(event.starts_at, zone),
        "ends_at": wall(event.ends_at, zone),
        "capacity": "" if event.capacity is None else str(event.capacity),
        "waiting_list": _tick(is_on=event.waiting_list),
        "good_to_know": {**plain["good_to_know"], **_facts(event.good_to_know)},
        "registration": _window_values(event.registration, zone),
        "groups": [group_forms.values(group) for group in event.groups],
        "questions": [question_forms.values(question) for question in event.questions],
        "matchmaking": _matchmaking_values(event.matchmaking, zone),
        "agenda": [_item_values(item, zone) for item in event.agenda],
    }


def matchmaking_start() -> Values:
    return _matchmaking_values(Matchmaking(), ZoneInfo("Europe/Berlin"))


def read_event(form: Form) -> EventIn:
    """The event a form describes; `form.errors` gets what can't be read at all."""
    zone = _zone(form)
    return EventIn(
        title=form.text("title"),
        kind=_chosen(form, KINDS, "kind"),
        mode=_chosen(form, MODES, "mode"),
        starts_at=_required_moment(form, "starts_at", zone),
        ends_at=_required_moment(form, "ends_at", zone),
        slug=one_line(form.text("slug")) or None,
        cluster=form.text("cluster") or None,
        timezone=zone.key,
        venue=Venue(**{name: form.text("venue", name) for name in Venue.__struct_fields__}),
        online_url=form.text("online_url") or None,
        summary=form.text("summary"),
        description=form.text("description"),
        language="en" if form.text("language") == "en" else "de",
        organiser=Organiser(**{name: form.text("organiser", name) for name in Organiser.__struct_fields__}),
        good_to_know=_good_to_know(form),
        capacity=_number(form, None, "capacity"),
        waiting_list=form.ticked("waiting_list"),
        registration=_window(form, zone),
        groups=group_forms.read(form),
        questions=question_forms.read(form),
        matchmaking=_matchmaking(form, zone),
        agenda=_agenda(form, zone),
        media=[Medium(form.text(*at, "title"), form.text(*at, "url")) for at in _filled(form, "media")],
    )


def patch_of(before: EventIn, entered: EventIn) -> EventPatch:
    """What the form changed. Values that stayed are not sent, so that slots move along with the event."""
    names = [name for name in EventPatch.__struct_fields__ if name != "slug"]
    changed = {name: getattr(entered, name) for name in names if getattr(entered, name) != getattr(before, name)}
    if entered.slug is not None:
        changed["slug"] = entered.slug
    return EventPatch(**changed)


def fill_slots(form: Form) -> None:
    """Write the slots from `matchmaking.from` to `matchmaking.until` into the form, one after the other."""
    zone = _zone(form)
    begin, end = (_moment(form, zone, "matchmaking", name) for name in ("from", "until"))
    minutes = _number(form, 20, "matchmaking", "slot_minutes") or 20
    if begin is None or end is None or form.errors:
        return
    slots: list[str] = []
    while begin + timedelta(minutes=minutes) <= end and len(slots) < MAX_FILLED_SLOTS:
        slots.append(_line_of(begin, zone))
        begin += timedelta(minutes=minutes)
    form.values["matchmaking"]["slots"] = "\n".join(slots)


def _facts(notes: GoodToKnow) -> Values:
    words = {True: "yes", False: "no", None: ""}
    return {name: words[getattr(notes, name)] for name in SHOWN_FACTS}


def _window_values(window: RegistrationWindow, zone: ZoneInfo) -> Values:
    return {
        "opens_at": wall(window.opens_at, zone),
        "closes_at": wall(window.closes_at, zone),
        "approval": _tick(is_on=window.approval),
        "invitation_only": _tick(is_on=window.invitation_only),
    }


def _matchmaking_values(matchmaking: Matchmaking, zone: ZoneInfo) -> Values:
    return {
        **{name: str(getattr(matchmaking, name)) for name in MATCHING_NUMBERS},
        "enabled": _tick(is_on=matchmaking.enabled),
        "slots": "\n".join(_line_of(slot, zone) for slot in matchmaking.slots),
        "profile_closes_at": wall(matchmaking.profile_closes_at, zone),
    }


def _item_values(item: AgendaItem, zone: ZoneInfo) -> Values:
    return {
        "starts_at": wall(item.starts_at, zone),
        "ends_at": wall(item.ends_at, zone),
        "title": item.title,
        "speaker": item.speaker or "",
        "room": item.room or "",
        "id": str(item.id or ""),
        "choosable": _tick(is_on=item.choosable),
        "seats": "" if item.seats is None else str(item.seats),
    }


def _good_to_know(form: Form) -> GoodToKnow:
    notes = {name: form.text("good_to_know", name) or None for name in NOTES}
    facts = {name: YES_NO.get(form.text("good_to_know", name)) for name in SHOWN_FACTS}
    return GoodToKnow(**notes, **facts)  # type: ignore[arg-type] # texts and yes/no, by their fields' names


def _window(form: Form, zone: ZoneInfo) -> RegistrationWindow:
    return RegistrationWindow(
        _moment(form, zone, "registration", "opens_at"),
        _moment(form, zone, "registration", "closes_at"),
        form.ticked("registration", "approval"),
        form.ticked("registration", "invitation_only"),
    )


def _matchmaking(form: Form, zone: ZoneInfo) -> Matchmaking:
    numbers = {name: _number(form, getattr(Matchmaking(), name), "matchmaking", name) for name in MATCHING_NUMBERS}
    return Matchmaking(
        enabled=form.ticked("matchmaking", "enabled"),
        slots=_slots(form, zone),
        profile_closes_at=_moment(form, zone, "matchmaking", "profile_closes_at"),
        **numbers,  # type: ignore[arg-type] # numbers, by their fields' names
    )


def _slots(form: Form, zone: ZoneInfo) -> list[datetime]:
    lines = [line.strip() for line in form.text("matchmaking", "slots").splitlines() if line.strip()]
    slots = [read_wall(line, zone) for line in lines]
    wrong = [line for line, slot in zip(lines, slots, strict=True) if slot is None]
    if wrong:
        form.wrong("/matchmaking/slots", "invalid_time", "Please write one time per line, as 2026-11-05 13:00.")
    return sorted({slot for slot in slots if slot is not None})


def _agenda(form: Form, zone: ZoneInfo) -> list[AgendaItem]:
    """In the order of time, which the rules put it into too: so errors find their rows."""
    form.rows("agenda").sort(key=lambda row: str(row.get("starts_at", "")))
    items = []
    for at in _filled(form, "agenda"):
        starts_at, ends_at = (_moment(form, zone, *at, name) for name in ("starts_at", "ends_at"))
        if not form.text(*at, "starts_at"):
            form.wrong(_pointer(*at, "starts_at"), "required", "Please fill this in.")
        title, speaker, room = (form.text(*at, name) for name in ("title", "speaker", "room"))
        items.append(
            AgendaItem(
                starts_at or NEVER,
                title,
                ends_at,
                speaker,
                room,
                _kept_id(form.text(*at, "id")),
                form.ticked(*at, "choosable"),
                _number(form, None, *at, "seats"),
            )
        )
    return items


def _kept_id(text: str) -> UUID | None:
    """The id with which the form was shown; None for a new item."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _filled(form: Form, name: str) -> list[Place]:
    """Places of rows in which something was typed; empty ones leave the form, so that rows and errors count alike."""
    rows = form.rows(name)
    rows[:] = [row for row in rows if isinstance(row, dict) and any(row.get(part) for part in TYPED)]
    return [(name, index) for index in range(len(rows))]


def _chosen(form: Form, options: tuple[Choice, ...], *path: str | int) -> Choice:
    chosen = next((option for option in options if option == form.text(*path)), None)
    if chosen is None:
        form.wrong(_pointer(*path), "required", "Please choose one.")
    return chosen or options[0]


def _number(form: Form, otherwise: int | None, *path: str | int) -> int | None:
    text = form.text(*path).strip().replace(".", "")
    if not text:
        return otherwise
    if not (text.isascii() and text.isdecimal() and len(text) < 10):  # noqa: PLR2004 - fits the database's integer
        form.wrong(_pointer(*path), "invalid", "Please enter a whole number.")
        return otherwise
    return int(text)


def _required_moment(form: Form, name: str, zone: ZoneInfo) -> datetime:
    if not form.text(name):
        form.wrong(f"/{name}", "required", "Please enter day and time.")
    return _moment(form, zone, name) or NEVER


def _moment(form: Form, zone: ZoneInfo, *path: str | int) -> datetime | None:
    text = form.text(*path)
    moment = read_wall(text, zone)
    if text and moment is None:
        form.wrong(_pointer(*path), "invalid_time", "There is no such day and time. Please check it.")
    return moment


def _line_of(moment: datetime, zone: ZoneInfo) -> str:
    return wall(moment, zone).replace("T", " ")


def _zone(form: Form) -> ZoneInfo:
    try:
        return ZoneInfo(form.text("timezone") or "Europe/Berlin")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        form.wrong("/timezone", "invalid_timezone", "There is no such time zone.")
        return ZoneInfo("Europe/Berlin")


def _tick(*, is_on: bool) -> str:
    return "yes" if is_on else ""


def _pointer(*path: str | int) -> str:
    return "".join(f"/{part}" for part in path)
