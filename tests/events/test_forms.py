from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from events_app.events import editing, forms, rules
from events_app.events.schemas import (
    AgendaItem,
    EventIn,
    GoodToKnow,
    Matchmaking,
    Medium,
    Organiser,
    Question,
    RegistrationWindow,
    ShowIf,
    Venue,
)
from events_app.kit.forms import Form
from events_app.kit.forms import read as read_pairs

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 5, 10, tzinfo=BERLIN)


def whole_event(**fields: Any) -> EventIn:
    """Every field set to something of its own."""
    return EventIn(
        **{
            "title": "Auftakt",
            "kind": "workshop",
            "starts_at": START,
            "ends_at": START + timedelta(hours=5),
            "mode": "hybrid",
            "cluster": "tab-mint",
            "timezone": "Europe/Berlin",
            "venue": Venue("SaltLabs", "Weg 1", "06112", "Halle (Saale)", "15002"),
            "online_url": "https://example.org/raum",
            "summary": "Kurz.",
            "description": "Lang.\n\n- a\n  - b",
            "language": "en",
            "organiser": Organiser("Werk", "treff@example.org", "0345 1"),
            "good_to_know": GoodToKnow("Tram 7", "Hof", True, False, None, "Suppe", "keine"),
            "capacity": 120,
            "waiting_list": False,
            "registration": RegistrationWindow(START - timedelta(days=30), START - timedelta(days=2), True, True),
            "questions": [
                Question("wheel", "Mit Rollstuhl?", "yes_no"),
                Question("diet", "Kost?", "choice", ["vegan", "alles"], True, "attendee"),
                Question("lift", "Hublift?", "yes_no", show_if=ShowIf("wheel", True)),
                Question("note", "Noch etwas?", "long_text", per="registration", help="Kurz."),
                Question("sauce", "Soße?", show_if=ShowIf("diet", "vegan"), sensitive=True),
            ],
            "matchmaking": Matchmaking(True, 25, [START + timedelta(hours=3)], 14, 5, 9, START - timedelta(days=1)),
            "agenda": [AgendaItem(START, "Beginn", START + timedelta(hours=1), "Alle", "Saal"), AgendaItem(START, "X")],
            "media": [Medium("Film", "https://example.org/film")],
            **fields,
        }
    )


def sent(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """A form's values as a browser sends them: paths and texts, nothing for an empty tick."""
    if isinstance(values, dict):
        for name, value in values.items():
            yield from sent(value, (*path, name))
    elif isinstance(values, list):
        for index, value in enumerate(values):
            yield from sent(value, (*path, str(index)))
    elif values:
        yield ".".join(path), str(values)


def through_the_form(event: EventIn) -> tuple[EventIn, Form]:
    form = read_pairs(sent(forms.values_of(event)))
    return rules.tidied(forms.read_event(form)), form


def test_event_comes_through_the_form_unchanged() -> None:
    event = rules.tidied(whole_event())
    again, form = through_the_form(event)
    assert form.errors == []
    assert again == event
    assert rules.problems(again) == []


def test_least_event_comes_through_the_form_unchanged() -> None:
    event = EventIn(title="A", kind="kickoff", starts_at=START, ends_at=START, mode="onsite", cluster=None)
    again, form = through_the_form(event)
    assert (form.errors, again) == ([], event)


@given(
    st.datetimes(datetime(2001, 1, 1), datetime(2098, 12, 31)),  # noqa: DTZ001 - on the wall
    st.sampled_from(["Europe/Berlin", "UTC", "America/St_Johns", "Asia/Kathmandu"]),
)
def test_minutes_come_through_the_form_unchanged(wall: datetime, zone: str) -> None:
    start = wall.replace(second=0, microsecond=0, fold=0, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    shown = start.astimezone(ZoneInfo(zone))
    event = EventIn(title="A", kind="kickoff", starts_at=start, ends_at=start, mode="onsite", timezone=zone)
    again, form = through_the_form(event)
    assert form.errors == []
    assert again.starts_at == start or shown.fold == 1  # the hour that summer time repeats is taken as the first one


def test_patch_has_only_what_the_form_changed() -> None:
    before = rules.tidied(whole_event())
    again, _ = through_the_form(before)
    assert forms.patch_of(before, again) == forms.patch_of(before, before)
    changed, _ = through_the_form(rules.tidied(whole_event(title="Neu")))
    patch = forms.patch_of(before, changed)
    assert (patch.title, patch.matchmaking, patch.slug) == ("Neu", UNSET, UNSET)


def wrong(**texts: str) -> dict[str, str]:
    values = dict(sent(forms.values_of(whole_event())))
    form = read_pairs({**values, **{name.replace("__", "."): text for name, text in texts.items()}}.items())
    return {error.field: error.code for error in editing.read(form).errors}


@pytest.mark.parametrize(
    ("texts", "field", "code"),
    [
        ({"title": " "}, "/title", "required"),
        ({"kind": "party"}, "/kind", "required"),
        ({"mode": ""}, "/mode", "required"),
        ({"starts_at": ""}, "/starts_at", "required"),
        ({"starts_at": "morgen"}, "/starts_at", "invalid_time"),
        ({"starts_at": "2027-03-28T02:30"}, "/starts_at", "invalid_time"),
        ({"starts_at": "2026-11-05T10:00+01:00"}, "/starts_at", "invalid_time"),
        ({"ends_at": "0001-01-01T00:00"}, "/ends_at", "invalid_time"),
        ({"ends_at": "2026-11-05T09:00"}, "/ends_at", "ends_before_start"),
        ({"timezone": "Mond"}, "/timezone", "invalid_timezone"),
        ({"timezone": "../x"}, "/timezone", "invalid_timezone"),
        ({"capacity": "viele"}, "/capacity", "invalid"),
        ({"capacity": "-3"}, "/capacity", "invalid"),
        ({"capacity": "9" * 40}, "/capacity", "invalid"),
        ({"matchmaking__tables": "x"}, "/matchmaking/tables", "invalid"),
        ({"matchmaking__tables": "0"}, "/matchmaking/tables", "out_of_range"),
        ({"matchmaking__slots": "13 Uhr"}, "/matchmaking/slots", "invalid_time"),
        ({"registration__closes_at": "x"}, "/registration/closes_at", "invalid_time"),
        ({"venue__postcode": "99999"}, "/venue/postcode", "unknown_postcode"),
        ({"questions__1__options": ""}, "/questions/1/options", "required"),
        ({"questions__0__label": ""}, "/questions/0/label", "required"),
        ({"questions__2__show_if__key": "note"}, "/questions/2/show_if/key", "unknown_key"),
        ({"agenda__0__starts_at": ""}, "/agenda/0/starts_at", "required"),
        ({"agenda__1__title": ""}, "/agenda/1/title", "required"),
        ({"media__0__url": "film"}, "/media/0/url", "invalid_url"),
        ({"slug": "Groß!"}, "/slug", "invalid_slug"),
    ],
)
def test_wrong_entry_is_named_at_its_field(texts: dict[str, str], field: str, code: str) -> None:
    assert wrong(**texts).get(field) == code


def test_errors_come_in_the_order_of_the_form() -> None:
    found = list(wrong(title="", slug="!", capacity="x", starts_at="", venue__postcode="1"))
    assert found == ["/title", "/starts_at", "/venue/postcode", "/capacity", "/slug"]


def test_thousands_may_have_a_point() -> None:
    form = read_pairs({**dict(sent(forms.values_of(whole_event()))), "capacity": "1.200"}.items())
    assert forms.read_event(form).capacity == 1200


def test_empty_rows_leave_the_form() -> None:
    pairs = {**dict(sent(forms.values_of(whole_event()))), "questions.9.type": "text", "agenda.9.title": " "}
    form = read_pairs(pairs.items())
    assert len(forms.read_event(form).questions) == 5
    assert len(form.rows("questions")) == 5


def test_new_questions_get_keys_of_their_own_and_old_ones_keep_theirs() -> None:
    labels = ["Was essen Sie?", "Was essen Sie?", "Ünïcode & 3", "١٢", "???"]
    pairs = {
        f"questions.{at}.{name}": text
        for at, label in enumerate(labels)
        for name, text in (("label", label), ("type", "text"))
    }
    pairs |= {"questions.9.label": "Anders", "questions.9.type": "text", "questions.9.key": "was_essen_sie_2"}
    keys = [question.key for question in forms.read_event(read_pairs(pairs.items())).questions]
    assert keys == ["was_essen_sie", "was_essen_sie_3", "uenicode_3", "question", "question_2", "was_essen_sie_2"]


def test_slots_are_written_from_beginning_to_end() -> None:
    pairs = {
        "timezone": "Europe/Berlin",
        "matchmaking.from": "2026-11-05T13:00",
        "matchmaking.until": "2026-11-05T14:10",
        "matchmaking.slot_minutes": "20",
    }
    form = read_pairs(pairs.items())
    forms.fill_slots(form)
    assert form.text("matchmaking", "slots").splitlines() == [
        "2026-11-05 13:00",
        "2026-11-05 13:20",
        "2026-11-05 13:40",
    ]


def test_slots_of_a_century_are_not_written() -> None:
    pairs = {
        "matchmaking.from": "2001-01-01T00:00",
        "matchmaking.until": "2098-01-01T00:00",
        "matchmaking.slot_minutes": "1",
    }
    form = read_pairs(pairs.items())
    forms.fill_slots(form)
    assert len(form.text("matchmaking", "slots").splitlines()) == forms.MAX_FILLED_SLOTS


@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("title", "kind", "starts_at", "timezone", "capacity", "questions", "agenda.0", "agenda.0.title"),
                *("questions.0.label", "questions.0.key", "questions.0.show_if", "questions.0.show_if.key"),
                *("questions.0.label.x", "matchmaking", "matchmaking.slots", "venue", "venue.postcode", "slug"),
                *("registration.opens_at", "good_to_know.step_free", "media.0.url", "media.3", "organiser.email"),
            ]
        ),
        st.text(max_size=30) | st.sampled_from(["2026-11-05T10:00", "yes", "Europe/Berlin", "9" * 30]),
    )
)
def test_forged_form_is_refused_and_breaks_nothing(pairs: dict[str, str]) -> None:
    form = read_pairs(pairs.items())
    assert editing.read(form).errors
    editing.rows_changed(form)
