"""Whatever is sent, the API answers as its OpenAPI document says, and never with an error of its own."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import anyio
import pytest

from tests.checkin.doorway import open_door, paired
from tests.factories import make_api_token
from tests.matchmaking.exchange import NORDKIPPE, WASSERSTOFF, computed, join, make_exchange

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
DOOR = "/api/v1/door/"

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.slow]


async def attack(server: str, token: str, *which: str, folder: Path, **known: object) -> tuple[int, str]:
    """Schemathesis' exit code and words after all borders of all fields; `known`: path parameters of what is there."""
    config = folder / "schemathesis.toml"
    config.write_text(
        "[parameters]\n" + "".join(f"{name} = {json.dumps(str(value))}\n" for name, value in known.items())
    )
    script = "import sys; from schemathesis.cli import schemathesis; sys.argv[0] = 'schemathesis'; schemathesis()"
    done = await anyio.run_process(
        [
            *(sys.executable, "-c", script, "--config-file", config, "run", f"{server}/schema/openapi.json"),
            *("--header", f"Authorization: Bearer {token}", *which),
            *(
                "--phases",
                "coverage",
                "--generation-deterministic",
                "--checks",
                CHECKS,
                "--request-timeout",
                "60",
                "--no-color",
            ),
        ],
        cwd=folder,
        check=False,
    )
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def sent(said: str) -> int:
    """How many requests it has tried."""
    found = re.search(r"(\d+) generated", said)
    return int(found[1]) if found else 0


async def test_whatever_an_admin_sends_is_answered_as_described(live_server: str, tmp_path: Path) -> None:
    event = await make_exchange()
    made = await join(event, WASSERSTOFF)
    await join(event, NORDKIPPE)
    run = await computed(event)
    door, _ = await paired(event.slug)

    code, said = await attack(
        live_server,
        await make_api_token("admin"),
        *("--exclude-path-regex", f"^{DOOR}"),
        folder=tmp_path,
        slug=event.slug,
        run_id=run.id,
        registration_id=made.id,
        attendee_id=made.attendees[0].id,
        device_id=door.device_id,
    )

    assert code == 0, said
    assert sent(said) > 1000


async def test_whatever_a_device_sends_is_answered_as_described(live_server: str, tmp_path: Path) -> None:
    place = await open_door()

    code, said = await attack(
        live_server,
        place.token,
        *("--include-path-regex", f"^{DOOR}", "--exclude-path", f"{DOOR}live"),  # which goes on until somebody hangs up
        folder=tmp_path,
        attendee_id=place.people[0].id,
    )

    assert code == 0, said
    assert sent(said) > 500
