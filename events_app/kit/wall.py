"""Days and times as people type them, by the clock on a zone's wall, as `<input type="datetime-local">` has them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 2000, 2099


def read_wall(text: str, zone: ZoneInfo) -> datetime | None:
    """The moment of a time on the wall; None for no such time, as in the hour that summer time leaves out."""
    try:
        naive = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if naive.tzinfo is not None or not FIRST_YEAR <= naive.year <= LAST_YEAR:
        return None
    moment = naive.replace(tzinfo=zone)
    there_and_back = moment.astimezone(ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None)
    return moment if there_and_back == naive else None


def wall(moment: datetime | None, zone: ZoneInfo) -> str:
    """As the field has it; empty for None."""
    return "" if moment is None else moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
