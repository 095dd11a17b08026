"""What time it is: one place, so that tests and rehearsals can freeze it."""

from __future__ import annotations

from datetime import UTC, datetime

from events_app.kit import settings


def now() -> datetime:
    """The current moment in UTC, or the one fixed by `CLUSTERTREFF_CLOCK`."""
    return settings.current().fixed_now or datetime.now(UTC)
