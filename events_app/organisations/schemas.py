"""Clusters and organisations as they are entered."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from msgspec import Struct

OrganisationKind = Literal[
    "company",
    "training_provider",
    "vocational_school",
    "school",
    "chamber",
    "association",
    "research",
    "business_development",
    "public_body",
    "other",
]
Size = Literal["micro", "small", "medium", "large"]


class NewCluster(Struct, forbid_unknown_fields=True):
    """`about_*` is Markdown; `occupations` are ids of the reference data, `districts` five-digit keys (AGS)."""

    slug: str
    name: str
    agent_organisation: str
    agent_email: str = ""
    position: int = 0
    color: str = "#a84a12"
    tagline_de: str = ""
    tagline_en: str = ""
    region_de: str = ""
    region_en: str = ""
    about_de: str = ""
    about_en: str = ""
    partners_de: str = ""
    partners_en: str = ""
    occupations: list[str] = []
    districts: list[str] = []
    attendance_kept_until: date | None = None


class NewOrganisation(Struct, forbid_unknown_fields=True):
    """An organisation the cluster agent knows: money in million euro, `training` as in the API.

    `cluster` is the slug of the cluster it is a member of.
    """

    name: str
    kind: OrganisationKind
    size: Size | None = None
    employees: int | None = None
    turnover_meur: float | None = None
    balance_meur: float | None = None
    startup: bool = False
    postcode: str | None = None
    place: str = ""
    district: str | None = None
    themes: list[str] = []
    training: dict[str, Any] = {}
    cluster: str | None = None
