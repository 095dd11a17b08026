from __future__ import annotations

from base64 import b32hexdecode, b32hexencode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.checkin import rules
from events_app.checkin.rules import (
    PAIRING_LIFETIME,
    Deed,
    DeviceFacts,
    Direction,
    EventFacts,
    KeyFacts,
    Stays,
    TicketFacts,
    Verdict,
    Visit,
    device_state,
    stays_of,
    visit_of,
    worth_noting,
)
from events_app.events.keys import new_event_key
from events_app.tickets.rules import make_code

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
SEED, PUBLIC = new_event_key()
OTHER_SEED, OTHER_PUBLIC = new_event_key()
EVENT = EventFacts(UUID(int=1), "published", NOW + timedelta(hours=5), "Europe/Berlin")
KEY, OTHER_KEY = KeyFacts(EVENT.id, PUBLIC), KeyFacts(UUID(int=2), OTHER_PUBLIC)
TICKET = TicketFacts(UUID(int=3), EVENT.id, 2, "confirmed")
CODE = make_code(SEED, 7, TICKET.id, 2)
DIRECTIONS: list[Direction] = ["entry", "exit"]
EXPIRED = EVENT.ends_at + timedelta(days=7, seconds=1)


def refused(
    text: str = CODE,
    key: KeyFacts | None = KEY,
    ticket: TicketFacts | None = TICKET,
    event: EventFacts = EVENT,
    moment: datetime = NOW,
) -> str | None:
    return rules.refusal(rules.read_claim(text), key, ticket, event, moment)


def test_refusal_is_none_for_a_good_code() -> None:
    assert refused() is None
    assert refused(f" {CODE.lower()}\r\n") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.org/x",
        "BEGIN:VCARD\nFN:Test\nEND:VCARD",
        "WIFI:S:Gast;T:WPA;P:geheim;;",
        "M1TEST/PERSON       EABC123 HAJFRALH 0123 100Y001A0001 100",
        "\0\x07\x1b",
        "ä" * 3000,
        CODE[:-1],
        CODE + "0",
        "CT2" + CODE[3:],
    ],
)
def test_refusal_is_unknown_ticket_for_what_is_no_code(text: str) -> None:
    assert refused(text, None, None) == "unknown_ticket"


def test_refusal_names_forged_and_foreign_codes() -> None:
    assert refused(make_code(OTHER_SEED, 7, TICKET.id, 2)) == "bad_signature"
    assert refused(make_code(OTHER_SEED, 8, TICKET.id, 2), None) == "bad_signature"
    assert refused(make_code(OTHER_SEED, 8, uuid4(), 1), OTHER_KEY, None) == "wrong_event"


@given(st.integers(0, 88 * 8 - 1))
def test_refusal_is_bad_signature_for_each_changed_bit(bit: int) -> None:
    body = bytearray(b32hexdecode(CODE[3:] + "==="))
    body[bit // 8] ^= 1 << (bit % 8)
    assert refused("CT1" + b32hexencode(body).decode().rstrip("=")) == "bad_signature"


@pytest.mark.parametrize(
    ("status", "version", "reason"),
    [
        ("confirmed", 2, None),
        ("confirmed", 1, None),
        ("confirmed", 3, "replaced"),
        ("cancelled", 3, "cancelled"),
        ("cancelled", 2, "cancelled"),
        ("waiting", 2, "waiting"),
        ("waiting", 3, "replaced"),
        ("pending", 2, "pending"),
    ],
)
def test_refusal_follows_status_and_version(status: str, version: int, reason: str | None) -> None:
    assert refused(ticket=replace(TICKET, status=status, version=version)) == reason


def test_refusal_of_a_short_code_asks_for_no_signature_and_no_version() -> None:
    assert refused("7K2M-9XQA", None, replace(TICKET, version=9)) is None
    assert refused("7K2M-9XQA", None, None) == "unknown_ticket"
    assert refused("7K2M-9XQA", None, replace(TICKET, event_id=uuid4())) == "unknown_ticket"
    assert refused("7K2M-9XQA", None, replace(TICKET, status="cancelled")) == "cancelled"


@pytest.mark.parametrize(
    ("event", "moment", "reason"),
    [
        (EVENT, EXPIRED - timedelta(seconds=1), None),
        (EVENT, EXPIRED, "expired"),
        (EVENT, NOW - timedelta(days=300), None),
        (replace(EVENT, status="cancelled"), NOW, "cancelled"),
        (replace(EVENT, status="draft"), NOW, "unknown_ticket"),
    ],
)
def test_refusal_follows_the_event(event: EventFacts, moment: datetime, reason: str | None) -> None:
    assert refused(event=event, moment=moment) == reason


def test_refusal_tells_nothing_about_tickets_to_a_forger() -> None:
    forged = make_code(OTHER_SEED, 7, TICKET.id, 2)
    assert refused(forged, ticket=replace(TICKET, status="cancelled"), moment=EXPIRED) == "bad_signature"


def test_admission_refusal_doubts_status_and_event_but_no_code() -> None:
    assert rules.admission_refusal(TICKET, EVENT, NOW) is None
    assert rules.admission_refusal(None, EVENT, NOW) == "unknown_ticket"
    assert rules.admission_refusal(replace(TICKET, event_id=uuid4()), EVENT, NOW) == "unknown_ticket"
    assert rules.admission_refusal(replace(TICKET, status="waiting"), EVENT, NOW) == "waiting"
    assert rules.admission_refusal(TICKET, EVENT, EXPIRED) == "expired"


@pytest.mark.parametrize(
    ("direction", "inside", "answer"),
    [
        ("entry", False, Verdict("admitted")),
        ("entry", True, Verdict("already_inside")),
        ("exit", True, Verdict("left")),
        ("exit", False, Verdict("refused", "not_inside")),
    ],
)
def test_verdict_depends_on_presence(direction: Direction, *, inside: bool, answer: Verdict) -> None:
    assert rules.verdict(None, direction, inside=inside) == answer
    assert rules.verdict("cancelled", direction, inside=inside) == Verdict("refused", "cancelled")


@given(st.booleans(), st.lists(st.sampled_from(DIRECTIONS), max_size=12))
def test_inside_before_agrees_with_judging_one_by_one(start: bool, directions: list[Direction]) -> None:  # noqa: FBT001 - hypothesis passes by position
    inside = start
    for direction, known in zip(directions, rules.inside_before(directions), strict=True):
        assert known in {None, inside}
        answer = rules.verdict(None, direction, inside=inside)
        inside = {"admitted": True, "already_inside": True, "left": False, "refused": inside}[answer.result]


@pytest.mark.parametrize(
    ("offline", "shown", "conflict"),
    [
        (True, "admitted", True),
        (True, "refused", False),
        (True, None, False),
        (False, "admitted", False),
    ],
)
def test_conflict_is_an_offline_scan_shown_otherwise(*, offline: bool, shown: str | None, conflict: bool) -> None:
    assert rules.conflicts(Verdict("refused", "cancelled"), offline=offline, shown=shown) is conflict


@pytest.mark.parametrize(
    ("ahead", "offline", "counted"),
    [
        (timedelta(hours=-3), True, NOW - timedelta(hours=3)),
        (timedelta(days=1), True, NOW + timedelta(days=1)),
        (timedelta(days=1, seconds=1), True, NOW),
        (timedelta(hours=-3), False, NOW),
        (timedelta(hours=3), False, NOW),
    ],
)
def test_counted_at_believes_offline_devices_up_to_a_day_ahead(
    ahead: timedelta, *, offline: bool, counted: datetime
) -> None:
    assert rules.counted_at(NOW + ahead, NOW, offline=offline) == counted


def test_judged_at_is_kind_to_late_uploads_and_fast_clocks() -> None:
    assert rules.judged_at(NOW, EXPIRED) == NOW
    assert rules.judged_at(NOW + timedelta(days=1), NOW) == NOW


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-05T22:59:59+00:00", date(2026, 11, 5)),
        ("2026-11-05T23:00:00+00:00", date(2026, 11, 6)),
        ("2026-03-28T23:00:00+00:00", date(2026, 3, 29)),  # the night the clocks go forward
        ("2026-03-29T21:59:59+00:00", date(2026, 3, 29)),
        ("2026-10-24T22:00:00+00:00", date(2026, 10, 25)),  # and back
        ("2026-10-25T22:59:59+00:00", date(2026, 10, 25)),
    ],
)
def test_day_is_the_one_at_the_event(moment: str, day: date) -> None:
    assert rules.day_of(datetime.fromisoformat(moment), "Europe/Berlin") == day


@given(st.datetimes(timezones=st.timezones()), st.booleans())
def test_counted_at_has_a_day_whatever_a_clock_says(moment: datetime, offline: bool) -> None:  # noqa: FBT001 - hypothesis passes by position
    counted = rules.counted_at(moment, NOW, offline=offline)
    assert date(1999, 12, 31) <= rules.day_of(counted, "Europe/Berlin") <= date(2026, 11, 6)
    assert rules.plausible(moment).tzinfo is UTC


@given(st.text(max_size=4000))
def test_read_claim_and_stored_code_take_anything(text: str) -> None:
    rules.read_claim(text)
    kept = rules.stored_code(text)
    assert "\0" not in kept
    assert len(kept.encode().decode()) <= 300


def test_pairing_code_is_read_as_people_type_it() -> None:
    code = rules.pairing_code(b"\x07" * 32)
    assert len(code) == 6
    assert rules.normalise_pairing_code(f" {code[:3].lower()}-{code[3:]} ") == code
    assert rules.normalise_pairing_code("7K2M9O") == "7K2M90"
    assert rules.normalise_pairing_code(code + "X") is None
    assert rules.normalise_pairing_code("") is None


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("müller", "Jürgen Mueller"),
        ("Mueller", "Jürgen Müller"),
        ("muller jur", "Jürgen Müller"),
        ("STRASSEN", "Straßenbau Süd"),
        ("lopez", "Ana María López-García"),
        ("garcia", "Ana María López-García"),
        ("bauer", "Bauer & Söhne"),
    ],
)
def test_search_finds_people_however_umlauts_are_typed(query: str, text: str) -> None:
    assert rules.found(rules.words_of(query), rules.words_of(text))


def test_search_wants_each_word() -> None:
    assert not rules.found(rules.words_of("anna berg"), rules.words_of("Anna Tal"))
    assert not rules.found(rules.words_of("erg"), rules.words_of("Anna Berg"))


MORNING = datetime(2026, 11, 5, 8, 0, tzinfo=UTC)


def deed(direction: Direction, minutes: int, late: int = 0) -> Deed:
    """At 8:00 plus `minutes`; it arrived `late` minutes after."""
    moment = MORNING + timedelta(minutes=minutes)
    return Deed(UUID(int=9), moment, moment + timedelta(minutes=late), direction, UUID(int=minutes))


def test_visit_is_made_of_the_deeds_that_remain() -> None:
    assert visit_of([]) is None
    assert visit_of([deed("exit", 5)]) is None
    ten = timedelta(minutes=10)
    visit = visit_of([deed("entry", 20), deed("exit", 10), deed("entry", 0)])
    assert visit == Visit(MORNING, device=UUID(int=0), inside=True, left_at=MORNING + ten, stayed=ten)


def test_stay_adds_up_the_times_inside() -> None:
    visit = visit_of([deed("entry", 0), deed("entry", 5), deed("exit", 30), deed("entry", 60), deed("exit", 90)])
    assert visit is not None
    assert (visit.stayed, visit.inside) == (timedelta(minutes=60), False)
    nobody_left = visit_of([deed("entry", 0)])
    assert nobody_left is not None
    assert nobody_left.stayed is None


def test_visit_counts_in_the_order_of_arrival_as_the_door_did() -> None:
    """An exit that a phone without network sent late is the last thing that was known."""
    visit = visit_of([deed("exit", 10, late=60), deed("entry", 0), deed("entry", 20)])
    assert visit is not None
    assert not visit.inside


def test_stays_are_summed_up() -> None:
    assert stays_of([]) is None
    times = [timedelta(minutes=minutes) for minutes in (10, 20, 60)]
    assert stays_of(times) == Stays(3, times[0], times[2], timedelta(minutes=30))


@pytest.mark.parametrize(
    ("paired", "seen", "revoked", "state"),
    [
        (False, None, False, "waiting"),
        (True, timedelta(hours=12), False, "paired"),
        (True, timedelta(hours=12, seconds=1), False, "out_of_contact"),
        (True, timedelta(0), True, "revoked"),
    ],
)
def test_device_state(*, paired: bool, seen: timedelta | None, revoked: bool, state: str) -> None:
    facts = DeviceFacts(
        paired_at=MORNING if paired else None,
        pairing_expires_at=MORNING + timedelta(minutes=1),
        seen_at=None if seen is None else MORNING - seen,
        revoked_at=MORNING if revoked else None,
    )
    assert device_state(facts, MORNING) == state
    assert device_state(replace(facts, paired_at=None, revoked_at=None), MORNING + PAIRING_LIFETIME) == "code_expired"


def test_what_a_device_tells_is_noted_now_and_then_and_when_its_queue_empties() -> None:
    assert worth_noting((None, None), 0, MORNING)
    assert not worth_noting((5, MORNING), 4, MORNING + timedelta(seconds=30))
    assert worth_noting((5, MORNING), 5, MORNING + timedelta(seconds=31))
    assert worth_noting((5, MORNING), 0, MORNING)
    assert worth_noting((0, MORNING), 1, MORNING)
