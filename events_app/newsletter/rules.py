"""What is wrong with a sign-up or an issue, how often an address may be asked, and what may become of an issue."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, TypeVar, get_args

from msgspec.structs import replace

from events_app import reference
from events_app.accounts.rules import is_email, normal_email
from events_app.kit.errors import FieldError
from events_app.kit.i18n import Language
from events_app.kit.text import many_lines, one_line, search_key
from events_app.newsletter.schemas import IssueIn, Preferences, SignUp

SubscriberStatus = Literal["pending", "confirmed", "unsubscribed"]
Source = Literal["form", "registration", "demo"]
IssueStatus = Literal["draft", "queued", "sending", "paused", "sent"]
DeliveryState = Literal["due", "queued", "sent", "failed", "skipped"]
STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)

WORDING = "2026-11"
"""The version of what people agree to (`templates/newsletter/wording.html`); stored with each consent."""
CONFIRM_WITHIN = timedelta(days=7)
PROOF_KEPT = timedelta(days=3 * 366)
"""After somebody has left, the proof that they had asked stays as long as a claim could be made (§ 195 BGB)."""
FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(days=7)

ROLES = frozenset({"member", "company", "provider", "school", "network", "public", "other"})
COALFIELDS: Mapping[str, str] = {
    "Lausitzer Revier": "lausitz",
    "Mitteldeutsches Revier": "mitteldeutschland",
    "Rheinisches Revier": "rheinland",
}
ELSEWHERE = "elsewhere"
REGIONS = frozenset({*COALFIELDS.values(), ELSEWHERE})
ROLE_OF_KIND: Mapping[str, str] = {
    "company": "company",
    "training_provider": "provider",
    "vocational_school": "school",
    "school": "school",
    "research": "school",
    "chamber": "network",
    "association": "network",
    "business_development": "network",
    "public_body": "public",
}
"""By the kind that a registration states; everybody else is `other`."""

MAX_NAME = 100
MAX_ORGANISATION = 200
MAX_SUBJECT = 150
MAX_BODY = 50_000
MAX_CARDS = 20
MAX_SLUG = 80
REQUIRED = "Please fill this in."
_NO_SLUG = re.compile(r"[^a-z0-9]+")

Wanted = TypeVar("Wanted", bound=Preferences)


def tidied(entered: Wanted) -> Wanted:
    """The entry as it is kept: one normal form of text, nothing twice."""
    own = {"email": normal_email(entered.email)} if isinstance(entered, SignUp) else {}
    return replace(
        entered,
        name=one_line(entered.name),
        organisation=one_line(entered.organisation),
        clusters=list(dict.fromkeys(entered.clusters)),
        topics=list(dict.fromkeys(entered.topics)),
        **own,
    )


def signup_problems(entered: SignUp, clusters: Collection[str]) -> list[FieldError]:
    """What is wrong with a tidied sign-up, in the order of the form; `clusters` are the slugs that there are."""
    wrong = FieldError("/email", "invalid_email", "Please enter a valid e-mail address.")
    return [*([] if is_email(entered.email) else [wrong]), *preference_problems(entered, clusters)]


def preference_problems(entered: Preferences, clusters: Collection[str]) -> list[FieldError]:
    topics = {theme.id for theme in reference.themes()}
    return [
        *_too_long("/name", entered.name, MAX_NAME),
        *_too_long("/organisation", entered.organisation, MAX_ORGANISATION),
        *_unknown("/role", [entered.role], {"", *ROLES}),
        *_unknown("/region", [entered.region], {"", *REGIONS}),
        *_unknown("/clusters", entered.clusters, clusters),
        *_unknown("/topics", entered.topics, topics),
    ]


def region_of(district: str | None) -> str:
    """The region that a district (AGS) lies in; empty for none."""
    known = reference.district(district) if district else None
    return "" if known is None else COALFIELDS.get(known.coalfield or "", ELSEWHERE)


def wait_after(asks: int) -> timedelta:
    """How long an address that was asked so many times is left alone: 15 minutes, 1 hour, 4 hours … a week."""
    growth: int = 4 ** min(asks - 1, 8)
    return min(FIRST_WAIT * growth, LONGEST_WAIT) if asks else timedelta()


def tidied_issue(issue: IssueIn) -> IssueIn:
    return replace(
        issue,
        subject_de=one_line(issue.subject_de),
        subject_en=one_line(issue.subject_en),
        body_de=many_lines(issue.body_de),
        body_en=many_lines(issue.body_en),
        events=list(dict.fromkeys(issue.events)),
    )


def issue_problems(issue: IssueIn) -> list[FieldError]:
    """What is wrong with a tidied draft; a draft may lack everything but its subject."""
    topics = {theme.id for theme in reference.themes()}
    cards = FieldError("/events", "too_many", "Please choose %(most)s events at most.", {"most": MAX_CARDS})
    return [
        *_missing("/subject_de", issue.subject_de),
        *_too_long("/subject_de", issue.subject_de, MAX_SUBJECT),
        *_too_long("/body_de", issue.body_de, MAX_BODY),
        *_too_long("/subject_en", issue.subject_en, MAX_SUBJECT),
        *_too_long("/body_en", issue.body_en, MAX_BODY),
        *([cards] if len(issue.events) > MAX_CARDS else []),
        *_unknown("/topics", issue.audience.topics, topics),
        *_unknown("/roles", issue.audience.roles, ROLES),
        *_unknown("/regions", issue.audience.regions, REGIONS),
    ]


def sending_problems(issue: IssueIn) -> list[FieldError]:
    """What keeps a draft from being sent: German is needed, English is whole or left out."""
    english = (("/subject_en", issue.subject_en), ("/body_en", issue.body_en))
    half = any(text for _, text in english)
    return [
        *_missing("/subject_de", issue.subject_de),
        *_missing("/body_de", issue.body_de),
        *(error for at, text in english if half for error in _missing(at, text)),
    ]


def language_of(issue: IssueIn, wanted: str) -> Language:
    """The language somebody gets an issue in: theirs, if it is there."""
    return "en" if wanted == "en" and issue.subject_en and issue.body_en else "de"


def slug_of(subject: str, day: date) -> str:
    """`2026-11-neues-aus-der-lausitz`: the month, so that each issue of a series has an address of its own."""
    words = _NO_SLUG.sub("-", search_key(subject)).strip("-") or "newsletter"
    return f"{day:%Y-%m}-{words}"[:MAX_SLUG].rstrip("-")


def _missing(at: str, text: str) -> Iterator[FieldError]:
    if not text:
        yield FieldError(at, "required", REQUIRED)


def _too_long(at: str, text: str, most: int) -> Iterator[FieldError]:
    if len(text) > most:
        yield FieldError(at, "too_long", "Please use %(most)s characters at most.", {"most": most})


def _unknown(at: str, chosen: Sequence[str], known: Collection[str]) -> Iterator[FieldError]:
    if any(one not in known for one in chosen):
        yield FieldError(at, "unknown_id", "This is not in our list.")
