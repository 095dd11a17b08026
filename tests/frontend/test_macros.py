import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from events_app.kit.errors import FieldError
from events_app.kit.i18n import Language
from events_app.kit.templates import TEMPLATES_DIR, environment

TEMPLATES = sorted(TEMPLATES_DIR.rglob("*.html"))
PAGES = [path for path in TEMPLATES if "mail" not in path.parts]  # mail clients read nothing but inline styles
ROOT = Path(__file__).parents[2]
EN_DASH = "\N{EN DASH}"
MORNING = datetime(2026, 11, 5, 9, tzinfo=UTC)
AFTERNOON = datetime(2026, 11, 5, 14, tzinfo=UTC)


def _name(path: Path) -> str:
    return path.relative_to(TEMPLATES_DIR).as_posix()


def shown(macro: str, call: str, language: Language = "en", **values: object) -> str:
    """The text of `{{ call }}` with one macro imported, blanks collapsed."""
    source = f'{{% from "macros/{macro}.html" import {call.partition("(")[0]} %}}{{{{ {call} }}}}'
    return " ".join(environment(language).from_string(source).render(**values).split())


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_every_template_compiles(built: Path, path: Path) -> None:
    environment("de").get_template(_name(path))


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_no_page_has_inline_style_or_script(path: Path) -> None:
    html = path.read_text()
    html = re.sub(r"{#.*?#}", "", html, flags=re.DOTALL)
    assert not re.search(r"<[^>]*\s(style|on[a-z]+)\s*=", html)
    assert not re.search(r"<style|<script(?![^>]*\b(src=|application/(ld\+)?json))", html)


def test_error_summary_links_reach_the_fields(built: Path) -> None:
    errors = [FieldError("/attendees/0/email", "invalid_email", "Check the address.")]
    summary = shown("forms", "error_summary(errors)", errors=errors)
    entry = shown("forms", "field('attendees.0.email', 'E-mail', 'mara@', 'Check the address.')")
    assert 'href="#f-attendees-0-email"' in summary
    assert 'id="f-attendees-0-email"' in entry
    assert 'aria-describedby="f-attendees-0-email-error"' in entry
    assert 'aria-invalid="true"' in entry
    assert 'value="mara@"' in entry


def test_error_summary_of_no_errors_is_empty(built: Path) -> None:
    assert shown("forms", "error_summary([])") == ""


def test_error_summary_reaches_the_first_choice(built: Path) -> None:
    options = [("company", "Company"), ("school", "School")]
    entry = shown("forms", "choices('organisation.kind', 'Kind', options, 'school')", options=options)
    assert entry.count('id="f-organisation-kind"') == 1
    assert 'value="school" id="f-organisation-kind-2" checked' in entry


def test_select_marks_the_chosen_option_in_groups(built: Path) -> None:
    options = [("micro", "Micro"), ("Larger", [("medium", "Medium"), ("large", "Large")])]
    entry = shown("forms", "select('size', 'Size', options, 'large')", options=options)
    assert '<option value="large" selected>' in entry
    assert entry.count("selected") == 1


def test_values_are_escaped(built: Path) -> None:
    entry = shown("forms", "field('name', 'Name', value)", value='"><script>alert(1)</script>')
    assert "<script>" not in entry


@pytest.mark.parametrize(
    ("call", "german"),
    [
        ("seats(17, 120)", "17 Plätze frei von 120 insgesamt"),
        ("seats(1, 120)", "Nur noch 1 Platz frei von 120 insgesamt"),
        ("seats(3, 20)", "Nur noch 3 Plätze frei von 20 insgesamt"),
        ("seats(0, 120)", "Ausgebucht von 120 insgesamt"),
        ("seats(0, 120, True)", "Ausgebucht Die Warteliste ist offen."),
        ("seats(0, 0)", "Ausgebucht von 0 insgesamt"),
        ("seats(0, 0, True)", "Ausgebucht Die Warteliste ist offen."),
        ("seats(none, none)", "Plätze frei"),
        ("seats(4, 120, closed=True)", "Anmeldung geschlossen"),
    ],
)
def test_seats_say_in_words_what_the_bar_shows(built: Path, call: str, german: str) -> None:
    assert words(shown("events", call, "de")) == german


def test_seat_bar_is_full_when_no_seat_is_left(built: Path) -> None:
    assert 'max="120" value="120"' in shown("events", "seats(0, 120)")


def test_time_span_of_one_day_names_no_date(built: Path) -> None:
    text = words(shown("events", "time_span(one, other)", "de", one=MORNING, other=AFTERNOON))
    assert text == f"10:00 {EN_DASH} 15:00 Uhr"


def test_time_span_over_two_days_names_both_dates(built: Path) -> None:
    text = words(shown("events", "time_span(one, other)", "de", one=MORNING, other=AFTERNOON.replace(day=6)))
    assert text == f"5. Nov., 10:00 {EN_DASH} 6. Nov., 15:00 Uhr"


def test_an_event_without_a_time_of_day_takes_the_whole_day(built: Path) -> None:
    day = {"one": MORNING.replace(hour=23, day=4), "other": MORNING.replace(hour=22, minute=59)}
    assert words(shown("events", "time_span(one, other)", "de", **day)) == "ganztägig"
    day["other"] = day["other"].replace(day=6)
    assert words(shown("events", "time_span(one, other)", "de", **day)) == f"5. Nov. {EN_DASH} 6. Nov."


def test_cancelled_event_offers_no_registration(built: Path) -> None:
    call = "event_row('Kick-off', '/e', 'kickoff', one, other, cancelled=True, register_href='/r')"
    assert "/r" not in shown("events", call, one=MORNING, other=AFTERNOON)


def test_ticket_reads_its_code_in_two_groups(built: Path) -> None:
    call = (
        "ticket('Kick-off', 'kickoff', one, other, 'Europe/Berlin', 'Mara Beispiel', None, [], '/qr.svg', 'AB3K7QRM')"
    )
    assert "AB3K 7QRM" in words(shown("tickets", call, one=MORNING, other=AFTERNOON))


def test_weakest_reason_is_marked_by_its_shape(built: Path) -> None:
    html = shown("matches", "reasons([('same occupation', True), ('far away', False)])")
    assert html.count("<svg") == 2
    assert html.count('class="reason-weak"') == 1


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_every_class_of_a_page_has_a_style(path: Path) -> None:
    """Scripts find their elements by data attributes, so a class without a rule is a slip."""
    styles = "".join(css.read_text() for css in (ROOT / "events_app/frontend/css").rglob("*.css"))
    known = set(re.findall(r"\.([a-z][a-z0-9-]*)", styles))
    html = re.sub(r"{#.*?#}", "", path.read_text(), flags=re.DOTALL)
    html = re.sub(r"[a-z-]*{({.*?}|%.*?%)}[a-z-]*", " ", html, flags=re.DOTALL)
    used = {name for names in re.findall(r'class="([^"]*)"', html) for name in names.split()}
    assert used <= known
