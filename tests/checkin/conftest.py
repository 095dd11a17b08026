from __future__ import annotations

import httpx
import pytest

from tests.checkin.doorway import Doorway, open_door
from tests.factories import auth


@pytest.fixture
async def doorway(database: None) -> Doorway:
    return await open_door()


@pytest.fixture
async def door_client(doorway: Doorway, client: httpx.AsyncClient) -> httpx.AsyncClient:
    client.headers.update(auth(doorway.token))
    return client
