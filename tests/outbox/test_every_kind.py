"""Every kind of mail in both languages: what mail programs ask of it, and of an invitation what calendars do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from icalendar import Calendar

from events_app.events.queries import EventRow
from events_app.events.schemas import GoodToKnow, Organiser
from events_app.kit import clock, db
from events_app.kit.i18n import Language
from events_app.kit.templates import TEMPLATES_DIR
from events_app.matchmaking import service as matchmaking
from events_app.matchmaking.service import calendars
from events_app.newsletter.schemas import SignUp
from events_app.newsletter.service.signup import sign_up
from events_app.outbox.mime import Letter, message_bytes
from events_app.outbox.service import NewMail, queue
from events_app.outbox.service.delivery import deliver_due
from events_app.registration.schemas import RegistrationOut
from tests.factories import make_event, make_registration
from tests.matchmaking.exchange import GEISELTAL, SAALEBLICK, SAALEKREIS, join, make_exchange, published
from tests.matchmaking.test_meetings import make_round
from tests.newsletter.readers import make_issue, make_reader
from tests.outbox.maillint import complaints
from tests.outbox.sink import Sink, parsed
from tests.outbox.test_mime import ENVELOPE
from workers.outbox import COMPOSERS


def _payloads(event: EventRow, made: RegistrationOut) -> list[tuple[str, UUID | None, Mapping[str, Any]]]:
    """(kind, about whom, payload) of everything that a registration and an event can cause."""
    person, was = made.attendees[0].id, event.public.starts_at - timedelta(days=1)
    moved = {
        "old_title": "Auftakt",
        "old_place": "Anderswo",
        "old_mode": "onsite",
        "old_starts_at": was.isoformat(),
        "old_ends_at": (was + timedelta(hours=2)).isoformat(),
    }
    names = {"former_contact": "Miriam Vogel", "new_contact": "Jonas Beck"}
    return [
        ("registration-waiting", None, {}),
        ("registration-pending", None, {}),
        ("registration-pending", None, {"confirm_url": "http://clustertreff.test/confirm/abc"}),
        ("registration-changed", None, {}),
        ("registration-changed", None, names),
        ("registration-cancelled", None, {"cancelled": [str(person)]}),
        ("registration-cancelled", person, {}),
        ("seat-available", None, {"why": "given"}),
        ("attendee-swapped", person, {}),
        ("event-changed", person, moved),
        ("event-cancelled", person, {"reason": "Das Haus ist überschwemmt.\nEs tut uns leid."}),
        ("reminder", person, {"people": [str(person)]}),
        ("reminder", None, {"about": "catering"}),
        ("certificate", person, {"people": [str(person)]}),
    ]


async def bring_about(language: Language) -> None:
    """Every kind of mail at least once, owed to people who read this language."""
    await _of_an_event(language)
    await _of_an_exchange(language)
    await _of_introductions(language)
    await _of_the_newsletter(language)
    soon = (clock.now() + timedelta(minutes=15)).isoformat()
    link = {"url": "http://clustertreff.test/login/abc", "code": "123456", "expires_at": soon}
    await queue([NewMail("login-link", "agent@example.org", language, link)])


async def _of_an_exchange(language: Language) -> None:
    event = await make_round()
    await join(event, SAALEBLICK, language=language)
    company = await join(event, GEISELTAL, language=language)
    partner = await join(event, SAALEKREIS, language=language, people=2)
    await published(event)
    await db.execute("UPDATE match SET meeting_table = meeting_table + 1")
    await calendars.follow_event(event.id)
    await db.execute(
        "INSERT INTO meeting_delegate (id, registration, counterpart, attendee) VALUES (gen_random_uuid(), $1, $2, $3)",
        partner.id,
        company.id,
        partner.attendees[1].id,
    )
    await calendars.follow_event(event.id)


async def _of_introductions(language: Language) -> None:
    event = await make_exchange()
    company, partner = [await join(event, who, language=language) for who in (SAALEBLICK, SAALEKREIS)]
    await published(event)
    await matchmaking.agree_to_exchange(company.id, partner.id)
    await matchmaking.agree_to_exchange(partner.id, company.id)


async def _of_the_newsletter(language: Language) -> None:
    reader = await make_reader("r@example.org", language=language)
    event = await make_event()
    words = "Guten Tag!\n\n## Zwei\n\n- **eins**\n- [zwei](https://example.org/z)"
    issue = await make_issue(body_de=words, subject_en="News", body_en=words, events=[event.id])
    payload = {"issue": str(issue.id), "subscriber": str(reader)}
    url = "http://clustertreff.test/newsletter/unsubscribe/abc"
    await queue([NewMail("newsletter-issue", "r@example.org", language, payload, unsubscribe_url=url)])
    await sign_up(SignUp(email="new@example.org", language=language), "form")


async def _of_an_event(language: Language) -> None:
    event = await make_event(
        title="Auftakt & Ausblick: Ausbildung im Verbund zwischen Saale, Elster und Geiseltal",
        mode="hybrid",
        online_url="https://raum.example.org/auftakt",
        organiser=Organiser("Agentur Süd", "agentur@example.org", "0345 000"),
        good_to_know=GoodToKnow(directions="Straßenbahn 4 bis Werkhalle"),
    )
    made = await make_registration(event, 2, language=language)
    await queue(
        [
            NewMail(kind, "k@example.org", language, payload, event.id, made.id, person)
            for kind, person, payload in _payloads(event, made)
        ]
    )


@pytest.mark.parametrize("language", ["de", "en"])
async def test_every_mail_holds_in_the_strictest_programs(sink: Sink, language: Language) -> None:
    await bring_about(language)
    await deliver_due(COMPOSERS)
    parked = await db.fetch("SELECT kind, last_error FROM outbox_mail WHERE status <> 'sent'")
    assert [tuple(row) for row in parked] == []
    wrong = {
        f"{mail['X-Clustertreff-Mail']}: {complaint}"
        for mail, envelope in zip(sink.mails, sink.taken, strict=True)
        for complaint in complaints(mail, envelope.original_content or b"")
    }
    assert wrong == set()
    assert {str(mail["X-Clustertreff-Mail"]) for mail in sink.mails} == set(COMPOSERS)


@pytest.mark.parametrize("language", ["de", "en"])
async def test_an_invitation_is_what_outlook_and_gmail_act_upon(sink: Sink, language: Language) -> None:
    await bring_about(language)
    await deliver_due(COMPOSERS)
    invited = [mail for mail in sink.mails if "text/calendar" in {part.get_content_type() for part in mail.walk()}]
    assert {str(mail["X-Clustertreff-Mail"]) for mail in invited} >= {
        "ticket",
        "event-changed",
        "event-cancelled",
        "meeting-changed",
    }
    for mail in invited:
        alternative, *files = list(mail.iter_parts())
        assert (mail.get_content_type(), alternative.get_content_type()) == (
            "multipart/mixed",
            "multipart/alternative",
        )
        plain, _, calendar = list(alternative.iter_parts())
        assert (plain.get_content_type(), calendar.get_content_type()) == ("text/plain", "text/calendar")
        text = calendar.get_payload(decode=True)
        assert isinstance(text, bytes)
        parsed = Calendar.from_ical(text)
        uids = {str(entry["UID"]) for entry in parsed.walk("VEVENT")}
        assert calendar.get_content_charset() == "utf-8"
        assert calendar.get_param("method") == str(parsed["METHOD"]) in {"REQUEST", "CANCEL"}
        assert len(uids) == 1
        assert text.count(b"\n") == text.count(b"\r\n")
        assert any(file.get_payload(decode=True) == text for file in files)


@pytest.mark.parametrize("path", sorted(TEMPLATES_DIR.glob("*/mail/*")), ids=lambda path: "/".join(path.parts[-3:]))
def test_every_kind_has_subject_text_and_html(path: Path) -> None:
    if path.is_dir():
        assert {file.name for file in path.iterdir()} >= {"subject.txt", "body.txt", "body.html"}


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("<p>", '<p style="display:flex;">', "<p> is shown as flex"),
        ("<p>", '<p style="position:absolute;">', "<p> has position, which Word does not know"),
        ("<p>", '<p style="background:url(x.png);">', "<p> has background, which Word does not know"),
        ("<p>", "<section>", "<section> is not for mails"),
        ("<p>", '<img src="https://cdn.example/x.png" alt="x" width="1"><p>', "a picture from elsewhere"),
        ("<p>", '<img src="cid:x" alt="" width="1"><p>', "a picture without alt"),
        ("<p>", '<img src="cid:x" alt="x"><p>', "a picture without width"),
        ("<p>", "<table><tr><td>x</td></tr></table><p>", "a table without role or with Word's own spacing"),
        ("<p>", '<a href="https://example.org/only-here">x</a><p>', "only the HTML links to"),
        ("</p>", "", "<p> is not closed"),
        ("prefers-color-scheme: dark", "print", "no prefers-color-scheme: dark"),
    ],
)
def test_the_lint_finds_what_is_wrong(right: str, wrong: str, complaint: str) -> None:
    html = '<meta name="color-scheme" content="x"><style>@media (prefers-color-scheme: dark) {}</style><p>Text</p>'
    assert [found for found in _linted(html) if not found.startswith("no Auto")] == []
    assert [found for found in _linted(html.replace(right, wrong, 1)) if found.startswith(complaint)]


def _linted(html: str) -> list[str]:
    content = message_bytes(Letter(subject="x", text="Text\n", html=html), ENVELOPE)
    return complaints(parsed(content), content)
