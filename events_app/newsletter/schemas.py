"""What people enter: a sign-up, their preferences, an issue and whom it is for."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct, field

from events_app.kit.i18n import Language


class Preferences(Struct, kw_only=True):
    """What somebody wants to read about; no cluster or no topic chosen means all of them. `clusters` are slugs."""

    name: str = ""
    organisation: str = ""
    role: str = ""
    region: str = ""
    language: Language = "de"
    clusters: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)


class SignUp(Preferences, kw_only=True):
    """Preferences, and the address that has to confirm them."""

    email: str


class Audience(Struct, kw_only=True):
    """Whom an issue is for. An empty list leaves nobody out; `clusters` counts for issues of no cluster alone."""

    clusters: list[UUID] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)


class IssueIn(Struct, kw_only=True):
    """An issue as written: Markdown, in German and, if both its parts are there, in English."""

    subject_de: str
    body_de: str = ""
    subject_en: str = ""
    body_en: str = ""
    events: list[UUID] = field(default_factory=list)
    audience: Audience = field(default_factory=Audience)
    in_archive: bool = True
