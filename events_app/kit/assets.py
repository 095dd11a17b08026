"""The built browser assets: hashed file names and inline icons."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import msgspec
from markupsafe import Markup

STATIC_DIR = Path(__file__).parent.parent / "static"
DIST_DIR = STATIC_DIR / "dist"


@lru_cache(maxsize=1)
def _manifest() -> dict[str, str]:
    return msgspec.json.decode((DIST_DIR / "manifest.json").read_bytes(), type=dict[str, str])


@lru_cache(maxsize=1)
def _icons() -> dict[str, str]:
    return msgspec.json.decode((DIST_DIR / "icons.json").read_bytes(), type=dict[str, str])


def asset(name: str) -> str:
    """The address of a built file, as `/static/app-3f2a.css` for `app.css`."""
    return f"/static/{_manifest()[name]}"


def icon(name: str) -> Markup:
    """A Lucide icon as inline SVG, hidden from assistive technology: a text always stands beside it."""
    return Markup(_icons()[name])  # noqa: S704 - our own build wrote it
