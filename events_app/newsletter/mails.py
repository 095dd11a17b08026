"""What the newsletter's mails say: the question whether somebody wants it, and the issues."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from events_app.events.queries import EventRow
from events_app.kit import clock, settings
from events_app.kit.formats import filters
from events_app.kit.i18n import Language, known_language
from events_app.newsletter import queries, rules
from events_app.newsletter.plain import mail_html, plain_text
from events_app.newsletter.queries import IssueRow, SubscriberRow
from events_app.newsletter.schemas import IssueIn
from events_app.newsletter.service import issues, links, signup
from events_app.outbox.letters import letter
from events_app.outbox.mime import Letter, message_bytes
from events_app.outbox.service.claims import OwedMail
from events_app.outbox.service.delivery import Composer, Obsolete, envelope
from events_app.registration.mails.facts import MailEvent, mail_event

ROOM = "newsletter"
SAMPLE = "/newsletter"
"""Where the links of a preview and of a test lead: they are nobody's."""
FRESH_SECONDS = 5.0
KEPT_BLANKS = 8


@dataclass(frozen=True)
class Nobody:
    """Stands in a blank issue for its readers."""

    id: UUID
    since: str


NOBODY_SINCE = "{31.-September-2026}"
"""The place of the day on which a reader confirmed; no date is longer, and it holds no blank to break a line at."""
NOBODY = Nobody(UUID(int=0), NOBODY_SINCE)
_blanks: dict[tuple[UUID, Language, str], tuple[float, Letter]] = {}


async def confirm(mail: OwedMail) -> Letter:
    """The question, with a link whose page has the button; to somebody who reads it already: that they do.

    The question as it leaves is kept as part of the proof. It holds nothing else, least of all advertising.
    """
    reader = await _reader(mail)
    if reader is None or reader.status == "unsubscribed":
        raise Obsolete("the sign-up is gone")
    if reader.status == "confirmed":
        return letter(ROOM, "already-there", mail.language, preferences_url=links.preferences_url(reader.id))
    until = reader.requested_at + rules.CONFIRM_WITHIN
    if until <= clock.now():
        raise Obsolete("the link expired before it could be sent")
    written = letter(ROOM, mail.kind, mail.language, confirm_url=links.confirm_url(reader), until=until)
    await signup.keep_proof(reader.id, reader.generation, message_bytes(written, envelope(mail)))
    return written


async def issue(mail: OwedMail) -> Letter:
    """An issue for one reader; the headers by which mail programs unsubscribe (RFC 8058) come from the mail's row."""
    if "issue" not in mail.payload:
        raise Obsolete("the reader has left")
    issue_id, language = UUID(mail.payload["issue"]), known_language(mail.language)
    if mail.payload.get("test"):
        return await issue_letter(await _issue(issue_id), language, test=True)
    reader = await _reader(mail)
    if reader is None or reader.status != "confirmed" or await queries.suppressed_at(reader.address_hash):
        raise Obsolete("the reader has left")
    blank = await _blank(issue_id, language)
    since = filters(language)["date_medium"](reader.confirmed_at) if reader.confirmed_at else ""
    return replace(
        blank,
        text=_addressed(blank.text, reader.id, since),
        html=_addressed(blank.html, reader.id, since),
        headers={"List-ID": f"<newsletter.{settings.current().mail_host}>", "Precedence": "list"},
    )


async def _issue(issue_id: UUID) -> IssueRow:
    found = await queries.issue(issue_id)
    if found is None:
        raise Obsolete("the issue is gone")
    return found


async def _blank(issue_id: UUID, language: Language) -> Letter:
    """An issue without its reader's links; written for one, it serves all that leave within some seconds."""
    key = (issue_id, language, settings.current().root_url)
    kept = _blanks.get(key)
    if kept is None or time.monotonic() - kept[0] > FRESH_SECONDS:
        kept = _blanks[key] = (time.monotonic(), await issue_letter(await _issue(issue_id), language, NOBODY))
        for old in [old for old in _blanks if old != key][:-KEPT_BLANKS]:
            del _blanks[old]
    return kept[1]


def _addressed(text: str, subscriber_id: UUID, since: str) -> str:
    """The blank's places filled in; they are as long as what comes there, so that lines stay as they were broken."""
    token = links.reader_token(subscriber_id)
    return text.replace(links.reader_token(NOBODY.id), token).replace(NOBODY_SINCE, since)


async def issue_letter(
    issue: IssueRow, language: Language, reader: Nobody | None = None, *, test: bool = False
) -> Letter:
    """An issue in a language; without a reader its own links lead to the sign-up page."""
    root = settings.current().root_url
    written = written_letter(
        issue.written,
        await issues.cards(issue.written),
        language,
        sender=issue.cluster_name,
        reader=reader,
        test=test,
        archive_url=f"{root}/newsletter/archive/{issue.slug}" if issue.written.in_archive else "",
    )
    answers_to = (issue.cluster_name or "", issue.cluster_email) if issue.cluster_email else None
    return replace(written, reply_to=answers_to)


def written_letter(
    written: IssueIn,
    events: Sequence[EventRow],
    language: Language,
    *,
    sender: str | None = None,
    reader: Nobody | None = None,
    test: bool = False,
    archive_url: str = "",
) -> Letter:
    """The letter of an issue as it was written; also of one that nobody has saved yet."""
    root = settings.current().root_url
    text = written.body_en if language == "en" else written.body_de
    return letter(
        ROOM,
        "newsletter-issue",
        language,
        subject=written.subject_en if language == "en" else written.subject_de,
        html=mail_html(text),
        text=plain_text(text),
        cards=cards_of(events, language),
        sender=sender,
        since=reader.since if reader else "",
        test=test,
        archive_url=archive_url,
        unsubscribe_url=links.unsubscribe_url(reader.id) if reader else root + SAMPLE,
        preferences_url=links.preferences_url(reader.id) if reader else root + SAMPLE,
    )


def cards_of(events: Sequence[EventRow], language: Language) -> list[MailEvent]:
    return [mail_event(event, language) for event in events]


async def _reader(mail: OwedMail) -> SubscriberRow | None:
    return await queries.subscriber(UUID(mail.payload["subscriber"])) if "subscriber" in mail.payload else None


COMPOSERS: Mapping[str, Composer] = {"newsletter-confirm": confirm, "newsletter-issue": issue}
