"""Turning over the pages of a long list in the back office."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from events_app.organisations.shell import DeskRequest

MOST_PAGES = 1000


def page_number(request: DeskRequest) -> int:
    """`?page=`, from 1; what is no number is the first page."""
    text = request.query_params.get("page", "1")
    return min(max(1, int(text)), MOST_PAGES) if text.isascii() and text.isdecimal() and len(text) < 6 else 1  # noqa: PLR2004 - digits


def turning(request: DeskRequest, path: str, page: int, narrowed: Collection[str] = ()) -> dict[str, Any]:
    """Addresses of the pages before and after this one, narrowed down in the same way."""
    same = {name: value for name, value in request.query_params.items() if name in narrowed and value}

    def at(number: int) -> str:
        return f"{path}?{urlencode({**same, 'page': number})}"

    return {"previous": at(page - 1) if page > 1 else None, "next": at(page + 1)}
