"""What is wrong with a cluster or an organisation as entered, and by what an organisation is known again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from msgspec.structs import replace

from events_app import reference
from events_app.accounts.rules import is_email, normal_email
from events_app.kit.errors import FieldError
from events_app.kit.text import many_lines, one_line, search_key
from events_app.organisations.schemas import NewCluster, NewOrganisation

SIZED_KINDS = {"company", "training_provider"}
MAX_NAME = 200
MAX_CLUSTER_NAME = 120
MAX_SLUG = 80
MAX_LINE = 200
MAX_PLACE = 120
MAX_TEXT = 20_000
MAX_NAME_KEY = 200
MAX_EMBED_HOSTS = 10
MAX_ORIGIN = 255
LINES = ("tagline_de", "tagline_en", "region_de", "region_en", "partners_de", "partners_en")
TEXTS = ("about_de", "about_en")
FIGURES = ("employees", "turnover_meur", "balance_meur")

GROUNDS = ("#fbfaf7", "#131a20")
"""The grounds of the pages, light and dark, as in `frontend/css/parts/tokens.css`."""
VISIBLE = 3.0
"""The least contrast of a shape (WCAG 2.2, 1.4.11). No colour has that of text on both grounds: it is decoration."""

REQUIRED = "Please fill this in."
NO_ORIGIN = "%(origin)s is no address of a site. Please enter it as https://www.example.org, without anything after it."

# Legal forms as they stand in a folded name: words apart by single blanks ("e. V." is "e v"), ä as ae
_LEGAL_FORM = re.compile(
    r"\b(?:g?gmbh|g m b h|gesellschaft mit beschraenkter haftung|ug|haftungsbeschraenkt|ag|aktiengesellschaft|se|"
    r"kgaa|kg|ohg|e?gbr|partgmbb|partg|e ?v|e ?g|e ?k(?:fm|fr)?|inh)\b"
)
_AND_CO = re.compile(r"\b(?:und )?co (?=(?:kg|kgaa|ohg)\b)")
# Letters, digits, hyphens (an umlaut as xn--…), at least one dot, perhaps a port: nothing that a policy could misread
_ORIGIN = re.compile(
    r"https://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])(?::[1-9][0-9]{0,4})?"
)
_NO_WORD = re.compile(r"[\W_]+")


def name_key(name: str) -> str:
    """What is left of a name without case, accents, punctuation and legal form, to find an organisation again.

    `Saaleblick Automation GmbH` and `SAALEBLICK Automation G.m.b.H.` both give `saaleblick automation`.
    """
    folded = _NO_WORD.sub(" ", re.sub(r"[&+]", " und ", search_key(name))).strip()
    bare = _LEGAL_FORM.sub(" ", _AND_CO.sub("", folded))
    return (" ".join(bare.split()) or folded or search_key(name))[:MAX_NAME_KEY].strip()


def tidied_origins(lines: Iterable[str]) -> list[str]:
    """Origins as they are compared: lower case, no slash at the end, no port that goes without saying, none twice."""
    cleaned = (one_line(line).lower().removesuffix("/").removesuffix(":443") for line in lines)
    return list(dict.fromkeys(filter(None, cleaned)))


def origin_problems(origins: Sequence[str]) -> list[FieldError]:
    """What is wrong with tidied origins whose pages may show ours in a frame: `https://www.example.org`, no path."""
    found = [
        FieldError(f"/embed_hosts/{index}", "invalid_origin", NO_ORIGIN, {"origin": origin})
        for index, origin in enumerate(origins)
        if len(origin) > MAX_ORIGIN or _ORIGIN.fullmatch(origin) is None
    ]
    if len(origins) > MAX_EMBED_HOSTS:
        found.append(
            FieldError(
                "/embed_hosts", "too_many", "Please enter at most %(most)s addresses.", {"most": MAX_EMBED_HOSTS}
            )
        )
    return found


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours `#rrggbb`, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)  # noqa: PLR2004 - sRGB
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def tidied_cluster(cluster: NewCluster) -> NewCluster:
    """The entry as it is kept: one normal form of text, nothing twice."""
    lines = {name: one_line(getattr(cluster, name)) for name in ("name", "agent_organisation", *LINES)}
    texts = {name: many_lines(getattr(cluster, name)) for name in TEXTS}
    return replace(
        cluster,
        **lines,
        **texts,
        slug=one_line(cluster.slug),
        agent_email=normal_email(cluster.agent_email),
        color=one_line(cluster.color).lower(),
        occupations=list(dict.fromkeys(cluster.occupations)),
        districts=list(dict.fromkeys(cluster.districts)),
    )


def tidied_organisation(organisation: NewOrganisation) -> NewOrganisation:
    """The entry as it is kept: one normal form of text, null for what is empty."""
    return replace(
        organisation,
        name=one_line(organisation.name),
        postcode=one_line(organisation.postcode or "") or None,
        place=one_line(organisation.place),
        district=one_line(organisation.district or "") or None,
        themes=list(dict.fromkeys(organisation.themes)),
    )


def cluster_problems(cluster: NewCluster) -> list[FieldError]:
    """What is wrong with a tidied cluster, in the order of a form."""
    return [
        *_cluster_names(cluster),
        *_cluster_texts(cluster),
        *_known("/occupations", cluster.occupations, {one.id for one in reference.occupations()}),
        *_known("/districts", cluster.districts, {one.ags for one in reference.districts()}),
    ]


def _cluster_names(cluster: NewCluster) -> Iterator[FieldError]:
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", cluster.slug) is None or len(cluster.slug) > MAX_SLUG:
        yield FieldError("/slug", "invalid_slug", "Please use lower-case letters, digits and hyphens.")
    yield from _named("/name", cluster.name, MAX_CLUSTER_NAME)
    yield from _named("/agent_organisation", cluster.agent_organisation, MAX_NAME)
    if cluster.agent_email and not is_email(cluster.agent_email):
        yield FieldError("/agent_email", "invalid_email", "Please enter a valid e-mail address.")
    yield from _colour("/color", cluster.color)


def _colour(at: str, colour: str) -> Iterator[FieldError]:
    if re.fullmatch(r"#[0-9a-f]{6}", colour) is None:
        yield FieldError(at, "invalid_colour", "Please enter a colour as #a84a12.")
    elif min(contrast(colour, ground) for ground in GROUNDS) < VISIBLE:
        yield FieldError(at, "low_contrast", "This colour can't be seen on a light or on a dark page.")


def _cluster_texts(cluster: NewCluster) -> Iterator[FieldError]:
    for name in LINES:
        yield from _long(f"/{name}", getattr(cluster, name), MAX_LINE)
    for name in TEXTS:
        yield from _long(f"/{name}", getattr(cluster, name), MAX_TEXT)


def organisation_problems(organisation: NewOrganisation) -> list[FieldError]:
    """What is wrong with a tidied organisation, in the order of a form."""
    return list(
        chain(
            _named("/name", organisation.name, MAX_NAME),
            _size(organisation),
            _address(organisation),
            _known("/themes", organisation.themes, {one.id for one in reference.themes()}),
        )
    )


def _size(organisation: NewOrganisation) -> Iterator[FieldError]:
    if organisation.size and organisation.kind not in SIZED_KINDS:
        yield FieldError("/size", "not_applicable", "Only companies and providers have a size class.")
    for name in FIGURES:
        if (getattr(organisation, name) or 0) < 0:
            yield FieldError(f"/{name}", "out_of_range", "Please enter a number from 0 up.")


def _address(organisation: NewOrganisation) -> Iterator[FieldError]:
    yield from _long("/place", organisation.place, MAX_PLACE)
    plz, district = organisation.postcode, organisation.district
    places = reference.postcode(plz) if plz else ()
    if plz and not places:
        yield FieldError("/postcode", "unknown_postcode", "We don't know this postcode.")
    if district and reference.district(district) is None:
        yield FieldError("/district", "unknown_district", "There is no such district.")
    elif district and places and district not in {place.ags for place in places}:
        yield FieldError("/district", "district_mismatch", "This postcode lies in another district.")


def _known(at: str, ids: list[str], known: set[str]) -> Iterator[FieldError]:
    for index, id_ in enumerate(ids):
        if id_ not in known:
            yield FieldError(f"{at}/{index}", "unknown_id", "This is not in our list.")


def _named(at: str, text: str, most: int) -> Iterator[FieldError]:
    if not text:
        yield FieldError(at, "required", REQUIRED)
    yield from _long(at, text, most)


def _long(at: str, text: str, most: int) -> Iterator[FieldError]:
    if len(text) > most:
        yield FieldError(at, "too_long", "Please use at most %(most)s characters.", {"most": most})
