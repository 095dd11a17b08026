"""The main job from end to end, as its users' programs would do it, on nothing but `clustertreff up`."""

from __future__ import annotations

import email
import email.policy
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import icalendar
import pytest
import zxingcpp
from PIL import Image

from tests.factories import auth, registration_body
from tests.supervisor.helpers import ROOT, Spoken, folder

pytestmark = pytest.mark.slow
CLUSTER = "tab-mint"
EVENT = "kooperationsboerse-mechatronik"
PATIENCE_SECONDS = 90
T = TypeVar("T")


def settings(data_dir: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CLUSTERTREFF_")},
        "CLUSTERTREFF_DATA_DIR": str(data_dir),
        "CLUSTERTREFF_PORT": "0",
    }


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    with folder(name="an office") as found:
        yield found


@pytest.fixture(scope="module")
def address(data_dir: Path) -> Iterator[str]:
    """`clustertreff up` in development: its own servers, its worker, its mail catcher, the demo."""
    up = Spoken([sys.executable, "-m", "events_app", "up"], settings(data_dir))
    try:
        yield up.said("Clustertreff is on").split()[3]
        up.process.terminate()
        assert up.process.wait(15) == 0
    finally:
        up.close()


@pytest.fixture(scope="module")
def api(address: str, data_dir: Path) -> Iterator[httpx.Client]:
    """A script of the cluster agent's; her token comes from the console, alone on the last line."""
    words = ["api-token", "create", "script", "--role", "agent", "--cluster", CLUSTER]
    told = subprocess.run(
        [sys.executable, "-m", "events_app", *words],
        cwd=ROOT, env=settings(data_dir), capture_output=True, text=True, check=True,
    )  # fmt: skip
    token = told.stdout.splitlines()[-1]
    with httpx.Client(base_url=f"{address}/api/v1", headers=auth(token), timeout=30) as client:
        yield client


def wait_for(what: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := what()) is None:
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.2)
    return found


def caught(data_dir: Path, recipient: str, kind: str) -> EmailMessage | None:
    for path in (data_dir / "mail").glob("*.eml"):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if mail["X-Clustertreff-Mail"] == kind and recipient in mail["To"]:
            return mail
    return None


def parts(mail: EmailMessage, kind: str) -> list[EmailMessage]:
    return [part for part in mail.walk() if part.get_content_type() == kind]  # type: ignore[misc] # stdlib's own classes


def coming_exchange(api: httpx.Client) -> dict[str, Any]:
    events = api.get("/events", params={"cluster": CLUSTER, "from": datetime.now(UTC).isoformat()}).json()["items"]
    found: dict[str, Any] = next(event for event in events if event["slug"].startswith(EVENT))
    return found


def test_main_job_from_registration_to_door_and_proposals(api: httpx.Client, data_dir: Path) -> None:
    event = coming_exchange(api)
    need = {"occupation": "mechatroniker", "form": "grundlehrgang", "places": 2}
    body = registration_body(2, training={"needs": [need]})
    made = api.post(f"/events/{event['slug']}/registrations", json=body)
    assert made.status_code == 201
    first, second = made.json()["attendees"]

    codes = {}
    for person in (first, second):
        mail = wait_for(lambda address=person["email"]: caught(data_dir, address, "ticket"))
        image = parts(mail, "image/png")[0]
        codes[person["id"]] = zxingcpp.read_barcodes(Image.open(io.BytesIO(image.get_content())))[0].text
        invitation = parts(mail, "text/calendar")[0]
        calendar = icalendar.Calendar.from_ical(invitation.get_content())
        assert calendar["METHOD"] == "REQUEST"
        assert datetime.fromisoformat(event["starts_at"]) == calendar.events[0].DTSTART
        assert parts(mail, "application/pdf")
    assert codes == {person["id"]: person["code"] for person in (first, second)}

    pairing = api.post(f"/events/{event['slug']}/devices", json={"name": "Tür 1"}).json()
    device = api.post("/devices/pair", json={"pairing_code": pairing["pairing_code"]}).json()

    def scan(code: str) -> dict[str, Any]:
        scans = [{"id": str(uuid4()), "code": code, "scanned_at": datetime.now(UTC).isoformat(), "direction": "entry"}]
        answer = api.post("/door/scans", json={"scans": scans}, headers=auth(device["token"]))
        [result] = answer.json()["results"]
        return dict(result)

    assert scan(codes[first["id"]])["result"] == "admitted"
    again = scan(codes[first["id"]])
    assert (again["result"], again["attendee"]["name"]) == ("already_inside", first["name"])
    assert scan(second["short_code"])["result"] == "admitted"

    run = api.post(f"/events/{event['slug']}/matching-runs", json={}).json()

    def finished() -> dict[str, Any] | None:
        found: dict[str, Any] = api.get(f"/matching-runs/{run['id']}").json()
        return found if found["status"] not in {"queued", "running"} else None

    done = wait_for(finished)
    assert done["status"] == "done"
    mine = [match for match in done["matches"] if match["company"]["id"] == made.json()["id"]]
    assert mine
    assert all(match["reasons"] and match["components"]["occupation"] >= 0.4 for match in mine)
    assert api.post(f"/matching-runs/{run['id']}/publish").status_code == 200
    page = httpx.get(f"{made.json()['manage_url']}/matches")
    assert mine[0]["partner"]["name"] in page.text
