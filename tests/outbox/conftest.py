"""A mail server that the settings name, and mails for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from events_app.kit import settings
from events_app.kit.settings import Settings
from tests.outbox.sink import Sink, open_sink


@pytest.fixture
async def sink(database: None, app_settings: Settings) -> AsyncIterator[Sink]:
    async with open_sink() as opened:
        settings.use(replace(app_settings, smtp_url=opened.url))
        yield opened
