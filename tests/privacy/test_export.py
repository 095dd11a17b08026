"""Everything about an event as files."""

from __future__ import annotations

import csv
import stat
import zipfile
from pathlib import Path

import pytest

from events_app.events.schemas import Question
from events_app.kit import db
from events_app.kit.errors import NotFound
from events_app.matchmaking import service as matchmaking
from events_app.matchmaking.service import execute_run
from events_app.privacy import export
from events_app.registration import service as registrations
from tests.checkin.doorway import paired, scanned
from tests.factories import ADMIN, make_event, make_registration
from tests.matchmaking.exchange import make_exchange, queued

pytestmark = pytest.mark.usefixtures("database")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


async def exported(slug: str, folder: Path) -> dict[str, list[dict[str, str]]]:
    paths = export.write(await export.tables_of(slug), slug, folder)
    assert [path.name for path in paths] == [*(f"{name}.csv" for name in export.TABLES), f"{slug}.xlsx"]
    return {path.stem: read(path) for path in paths if path.suffix == ".csv"}


async def test_people_answers_scans_and_counts_are_in_the_files(tmp_path: Path) -> None:
    told = [
        Question("topic", "Was möchten Sie mitnehmen?", "choices", ["Kontakte", "Ideen"], per="registration"),
        Question("diet", "Was essen Sie?", "choice", ["Alles", "Vegan"], sensitive=True),
    ]
    event = await make_event(slug="auftakt", questions=told)
    people = [
        {"given_name": "Ada", "family_name": "=Formel", "answers": {"diet": "Vegan"}},
        {"given_name": "Bo", "family_name": "Müller", "answers": {"diet": "Alles"}},
    ]
    made = await make_registration(
        event,
        attendees=people,
        answers={"topic": ["Kontakte", "Ideen"]},
        training={"needs": [{"occupation": "mechatroniker", "form": "grundlehrgang", "places": 2}]},
    )
    door, _ = await paired("auftakt")
    await scanned(door, made.attendees[0].code)
    await registrations.cancel_attendees(made.id, [made.attendees[1].id], ADMIN)
    found = await exported("auftakt", tmp_path / "neu" / "auftakt")
    assert [(row["slug"], row["taken"], row["capacity"]) for row in found["event"]] == [("auftakt", "1", "100")]
    assert [(row["id"], row["confirmed"], row["match_consent"]) for row in found["registrations"]] == [
        (str(made.id), "1", "true")
    ]
    assert [(row["given_name"], row["family_name"], row["status"]) for row in found["attendees"]] == [
        ("Ada", "'=Formel", "confirmed"),
        ("Bo", "Müller", "cancelled"),
    ]
    assert [(row["question"], row["answer"], row["attendee"]) for row in found["answers"]] == [
        ("topic", "Kontakte, Ideen", "")
    ]
    assert [(row["question"], row["answer"], row["count"]) for row in found["counts"]] == [("diet", "Vegan", "1")]
    assert [(row["side"], row["occupation"], row["places"]) for row in found["training"]] == [
        ("needs", "mechatroniker", "2")
    ]
    assert [(row["family_name"], row["door"]) for row in found["attendance"]] == [("'=Formel", "Tür 1")]
    assert [row["result"] for row in found["scans"]] == ["admitted"]
    assert found["matches"] == []
    with zipfile.ZipFile(tmp_path / "neu" / "auftakt" / "auftakt.xlsx") as book:
        assert sum(name.startswith("xl/worksheets/sheet") for name in book.namelist()) == len(export.TABLES)
    assert stat.S_IMODE((tmp_path / "neu" / "auftakt" / "attendees.csv").stat().st_mode) == 0o600


async def test_published_meetings_are_in_the_files(tmp_path: Path) -> None:
    event = await make_exchange()
    await make_registration(event, training={"needs": [{"occupation": "mechatroniker", "form": "grundlehrgang"}]})
    offers = [{"occupation": "mechatroniker", "form": "grundlehrgang", "places": 4}]
    await make_registration(
        event,
        organisation={"name": "Lehrwerk", "kind": "training_provider", "postcode": "06112"},
        training={"offers": offers},
    )
    run = await queued(event)
    assert await execute_run(run)
    assert (await exported(event.slug, tmp_path))["matches"] == []
    await matchmaking.publish_run(run, ADMIN)
    [match] = (await exported(event.slug, tmp_path))["matches"]
    assert match["partner"] == "Lehrwerk"
    assert 0 < int(match["score"]) <= 1000
    assert await db.fetch_value("SELECT count(*) FROM match") == 1


async def test_event_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no event 'nirgends'"):
        await export.tables_of("nirgends")
