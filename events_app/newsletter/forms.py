"""Sent forms as entries: a sign-up, preferences, an issue; and the choices that the forms offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request

from events_app import reference
from events_app.kit import forms as kit_forms
from events_app.kit.formats import DEFAULT_ZONE, local
from events_app.kit.forms import Form, Labels, Values
from events_app.kit.i18n import Language, known_language, translate
from events_app.newsletter import texts
from events_app.newsletter.schemas import Audience, IssueIn, Preferences, SignUp
from events_app.organisations import queries as organisations
from events_app.organisations.queries import ClusterRow

LABELS = Labels(texts.FIELDS)
SEVERAL = ("clusters", "topics", "roles", "regions", "events")
NOWHERE = UUID(int=0)
"""What an id that is none becomes: nothing has it, so the rules refuse it."""


async def sent(request: Request[Any, Any, Any]) -> Form:
    return kit_forms.read((await request.form()).multi_items(), SEVERAL)


def sign_up(form: Form) -> SignUp:
    return SignUp(email=form.text("email"), **_preferences(form))


def preferences(form: Form) -> Preferences:
    return Preferences(**_preferences(form))


def _preferences(form: Form) -> dict[str, Any]:
    plain = {name: form.text(name) for name in ("name", "organisation", "role", "region")}
    return {
        **plain,
        "language": known_language(form.text("language")),
        "clusters": form.texts("clusters"),
        "topics": form.texts("topics"),
    }


def issue(form: Form) -> IssueIn:
    parts = {name: form.text(name) for name in ("subject_de", "body_de", "subject_en", "body_en")}
    return IssueIn(
        **parts,
        events=[_id(text) for text in form.texts("events")],
        audience=audience(form),
        in_archive=form.ticked("in_archive"),
    )


def audience(form: Form) -> Audience:
    return Audience(
        clusters=[_id(text) for text in form.texts("audience", "clusters")],
        topics=form.texts("audience", "topics"),
        roles=form.texts("audience", "roles"),
        regions=form.texts("audience", "regions"),
    )


def issue_values(written: IssueIn) -> Values:
    """The form of an issue, to be edited."""
    parts = {name: getattr(written, name) for name in ("subject_de", "body_de", "subject_en", "body_en")}
    chosen = {name: getattr(written.audience, name) for name in ("topics", "roles", "regions")}
    return {
        **parts,
        "events": [str(event) for event in written.events],
        "audience": {**chosen, "clusters": [str(cluster) for cluster in written.audience.clusters]},
        "in_archive": "yes" if written.in_archive else "",
    }


def moment(form: Form, name: str) -> datetime | None:
    """A `datetime-local` field, on the clocks of Berlin; None where it is empty or no time."""
    try:
        wall = datetime.fromisoformat(form.text(name).strip())
    except ValueError:
        return None
    return wall.replace(tzinfo=wall.tzinfo or ZoneInfo(DEFAULT_ZONE)).astimezone(UTC)


def wall(moment: datetime) -> str:
    return f"{local(moment):%Y-%m-%dT%H:%M}"


def offered(clusters: Sequence[ClusterRow], language: Language) -> dict[str, Any]:
    """What a reader can choose from; clusters by slug."""
    return {
        "cluster_choices": [(cluster.slug, cluster.name) for cluster in clusters],
        "topic_choices": topics(language),
        "role_choices": words(texts.ROLES, language),
        "region_choices": words(texts.REGIONS, language),
        "language_choices": words(texts.LANGUAGES, language),
        "pause_choices": words(texts.PAUSES, language),
    }


async def audience_choices(language: Language) -> dict[str, list[tuple[str, str]]]:
    """What an issue's audience can be chosen by; clusters by id."""
    return {
        "clusters": [(str(cluster.id), cluster.name) for cluster in await organisations.clusters()],
        "topics": topics(language),
        "roles": words(texts.ROLES, language),
        "regions": words(texts.REGIONS, language),
    }


def topics(language: Language) -> list[tuple[str, str]]:
    return [(theme.id, reference.label(theme, language)) for theme in reference.themes()]


def words(table: Mapping[str, str], language: Language) -> list[tuple[str, str]]:
    return [(key, translate(language, text)) for key, text in table.items()]


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return NOWHERE
