"""Name badges: what is on them, for whom they are, and that nothing on them is ever cut."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import time
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
import typst
import zxingcpp
from PIL import Image

from events_app.checkin import service
from events_app.checkin.badges import LAYOUTS, Badge, Format, Layout
from events_app.checkin.queries.badges import Wanted
from events_app.checkin.typeset import badges_pdf, badges_picture
from events_app.events.schemas import Group
from events_app.kit import db
from events_app.registration import service as registrations
from events_app.registration.schemas import SwapIn
from events_app.tickets import rules
from tests.checkin.doorway import Doorway
from tests.checkin.test_web import log_in
from tests.factories import ADMIN, make_event, make_registration

MM = 25.4
PPI = 200
CODE = rules.make_code(bytes(range(32)), 4711, UUID("2f0c9a52-8f0e-4c44-9a5c-5d2b6f0f4a11"), 1)
BADGE = Badge(
    given_name="Jördis",
    family_name="Größlein-Müßig",
    organisation="Saaleblick Automation GmbH",
    role="Ausbilderin",
    code=CODE,
)
FORMATS: tuple[Format, ...] = ("sheet", "label", "folded")


def badge(**changes: str) -> Badge:
    return dataclasses.replace(BADGE, **changes)


def pdf(badges: list[Badge], form: Format = "sheet") -> bytes:
    return badges_pdf(badges, LAYOUTS[form], "Auftakt: Ausbildung im Verbund", "de")


def pages(made: bytes) -> int:
    found = re.search(rb"/Type/Pages/Count (\d+)", made)
    assert found is not None
    return int(found[1])


def painted(made: bytes, layout: Layout, folder: Path, page: int = 1) -> Image.Image:
    """A page as a renderer sees it, on a wider sheet: what runs over the paper's edge would show."""
    (folder / "badges.pdf").write_bytes(made)
    source = folder / "page.typ"
    source.write_text(
        f"#set page(width: {layout.page_width}mm, height: {layout.page_height}mm, margin: 0mm)\n"
        f'#image("badges.pdf", page: {page}, width: 100%)'
    )
    png = typst.compile(source, root=folder, format="png", ppi=PPI, ignore_system_fonts=True)
    assert isinstance(png, bytes)
    return Image.open(BytesIO(png)).convert("L")


def ink(image: Image.Image, left: float, top: float, width: float, height: float) -> int:
    """Dark pixels in a rectangle given in millimetres."""
    box = [round(side / MM * PPI) for side in (left, top, left + width, top + height)]
    return sum(image.crop((box[0], box[1], box[2], box[3])).histogram()[:160])


def names_of(made: bytes) -> str:
    """The PDF's text without blanks, as a reader extracts it."""
    found = subprocess.run(["pdftotext", "-raw", "-", "-"], input=made, capture_output=True, check=True)
    return re.sub(r"[\s\u200b\u202a-\u202e]", "", found.stdout.decode())


@pytest.mark.parametrize(("form", "number", "expected"), [("sheet", 11, 2), ("label", 3, 3), ("folded", 2, 2)])
def test_badges_fill_as_many_pages_as_their_paper_needs(form: Format, number: int, expected: int) -> None:
    made = pdf([BADGE] * number, form)
    assert pages(made) == expected
    assert b"<pdfuaid:part>1</pdfuaid:part>" in made
    assert b"/Lang(de-DE)" in made


def test_paper_has_the_sizes_it_is_sold_in() -> None:
    sizes = {form: (LAYOUTS[form].page_width, LAYOUTS[form].page_height) for form in FORMATS}
    assert sizes == {"sheet": (210, 297), "label": (100, 62), "folded": (105, 148)}
    assert (LAYOUTS["sheet"].width, LAYOUTS["sheet"].height, LAYOUTS["sheet"].per_page) == (90, 55, 10)


@pytest.mark.parametrize("form", FORMATS)
def test_qr_on_each_badge_reads_back(form: Format, tmp_path: Path) -> None:
    codes = [rules.make_code(bytes(range(32)), 4711, uuid4(), 1) for _ in range(LAYOUTS[form].per_page)]
    image = painted(pdf([badge(code=code) for code in codes], form), LAYOUTS[form], tmp_path)
    read = [barcode.text for barcode in zxingcpp.read_barcodes(image)]
    assert set(read) == set(codes)
    assert len(read) == len(codes) * (2 if form == "folded" else 1)


def test_person_without_a_seat_has_a_badge_without_a_code(tmp_path: Path) -> None:
    image = painted(pdf([badge(code="")], "label"), LAYOUTS["label"], tmp_path)
    assert zxingcpp.read_barcodes(image) == []
    assert ink(image, 0, 0, 100, 62) > 1000


LONG = [
    ("Dr.-Ing. Maximiliane", "Schmidt-Hohenlohe-Waldenburg"),
    ("Şükrü Özgür", "Çağlayan-İnönü"),
    ("محمد عبد الله", "الأحمد"),
    ("W" * 100, "M" * 100),
    ("Donaudampfschifffahrtsgesell", "Oberweserdampfschifffahrtsgesellschaft"),
    ("Ein sehr langer Vorname " * 4, "X Y " * 25),
    ("Karl-Theodor Maria Nikolaus Johann", "Freiherr von und zu Musterstein-Beispielhausen"),
    ("#pagebreak() $x$ *a*", '" H #read("/etc/passwd")'),
    ("", ""),
]


@pytest.mark.parametrize(("given", "family"), LONG)
@pytest.mark.parametrize("form", FORMATS)
def test_nothing_runs_over_a_badges_edge_whatever_the_name(
    given: str, family: str, form: Format, tmp_path: Path
) -> None:
    """The same badge everywhere: then the margins of each must be white, between the cards too."""
    layout = LAYOUTS[form]
    one = badge(given_name=given, family_name=family, organisation=f"{given} {family}"[:200], role=given)
    image = painted(pdf([one] * layout.per_page, form), layout, tmp_path)
    left, top = (
        (layout.page_width - layout.columns * layout.width) / 2,
        (0 if layout.folded else (layout.page_height - layout.rows * layout.height) / 2),
    )
    for column in range(layout.columns):
        edge = left + column * layout.width
        assert ink(image, edge + 0.5, top + 1, 3.5, layout.rows * layout.height - 2) == 0 or layout.folded
        assert ink(image, edge + layout.width - 4, top + 1, 3.5, layout.height - 2) == 0 or layout.folded
    for row in range(layout.rows):
        assert ink(image, left + 6, top + row * layout.height + 0.5, layout.width - 12, 2.5) == 0
        assert ink(image, left + 6, top + (row + 1) * layout.height - 2.8, layout.width - 12, 2.3) == 0
    texts = zxingcpp.read_barcodes(image)
    assert texts
    assert {barcode.text for barcode in texts} == {CODE}


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="the machine has no PDF reader")
@pytest.mark.parametrize(("given", "family"), [pair for pair in LONG if pair[0].isascii()])
def test_whole_name_can_be_read_out_of_the_pdf(given: str, family: str) -> None:
    text = names_of(pdf([badge(given_name=given, family_name=family)]))
    assert re.sub(r"\s", "", given) in text
    assert re.sub(r"\s", "", family) in text


def height_of_capitals(name: str, folder: Path) -> float:
    """Millimetres that the given name's letters reach over, on a sheet's first badge."""
    layout = LAYOUTS["sheet"]
    bare = Badge(given_name=name, family_name="", organisation="", role="", code="")
    made = badges_pdf([bare], layout, "", "de")
    image = painted(made, layout, folder).crop(tuple(round(side / MM * PPI) for side in (20, 12, 104, 64)))
    box = image.point(lambda value: 255 if value < 128 else 0).getbbox()
    assert box is not None
    return (box[3] - box[1]) / PPI * MM


@pytest.mark.parametrize("name", ["Maximilian", "Bernhardine", "Elisabeth-Marie"])
def test_usual_given_names_are_large_enough_for_two_metres(name: str, tmp_path: Path) -> None:
    """28 pt of Source Sans has capitals 6.5 mm high (0.66 em): at two metres 11 minutes of arc."""
    assert height_of_capitals(name, tmp_path) >= 0.66 * 28 / 72 * MM


def test_preview_is_a_picture_of_the_first_page() -> None:
    layout = LAYOUTS["sheet"]
    image = Image.open(BytesIO(badges_picture([BADGE] * 25, layout, "Auftakt", "en")))
    assert image.format == "PNG"
    assert image.width / image.height == pytest.approx(210 / 297, abs=0.01)


def test_five_hundred_badges_take_less_than_three_seconds() -> None:
    """Here 1.7 s of CPU time, QR codes included (1.35 s on the wall), which a busy machine does not lengthen."""
    people = [
        badge(
            given_name=f"Vorname{number}",
            family_name=f"Familie-{number:03}",
            code=rules.make_code(bytes(range(32)), 4711, uuid4(), 1),
        )
        for number in range(500)
    ]
    pdf(people[:1])
    began = time.process_time()
    made = pdf(people)
    assert time.process_time() - began < 3
    assert pages(made) == 50


async def wanted(doorway: Doorway, **fields: object) -> list[str]:
    _, people = await service.badge_people(doorway.event.slug, Wanted(**fields), ADMIN)
    return [person.given_name for person in people]


async def test_badges_are_for_the_confirmed_unless_somebody_asks_for_others(doorway: Doorway) -> None:
    gone, stays = doorway.people
    await registrations.cancel_attendees(await registration_of(gone.id), [gone.id], ADMIN)
    assert await wanted(doorway) == [stays.name.split()[0]]
    assert await wanted(doorway, status="waiting") == []
    assert await wanted(doorway, status=None, attendee=gone.id) == []


async def registration_of(attendee: UUID) -> UUID:
    found: UUID = await db.fetch_value("SELECT registration FROM attendee WHERE id = $1", attendee)
    return found


async def test_badges_are_found_by_a_part_of_the_organisations_name(doorway: Doorway) -> None:
    await db.execute("UPDATE ticket SET organisation = 'Müßig & Söhne' WHERE attendee_id = $1", doorway.people[1].id)
    assert await wanted(doorway, organisation="muessig soehne") == ["Test1"]
    assert await wanted(doorway, organisation="100%") == []


async def test_badges_are_found_by_ticket_group(database: None) -> None:
    event = await make_event(groups=[Group("train", "Ausbildende"), Group("learn", "Lernende")])
    await make_registration(event, 1, group="train")
    await make_registration(event, 2, group="learn")
    _, people = await service.badge_people(event.slug, Wanted(group="learn"), ADMIN)
    assert len(people) == 2


async def test_printed_badges_are_left_out_until_somebody_else_takes_the_place(doorway: Doorway) -> None:
    made = await service.print_badges(doorway.event.slug, Wanted(), "label", "de", ADMIN)
    assert pages(made) == 2
    assert await wanted(doorway, unprinted=True) == []
    swapped = doorway.people[0]
    await registrations.swap_attendee(
        await registration_of(swapped.id), swapped.id, SwapIn("Neu", "Person", "neu@example.org"), ADMIN
    )
    assert await wanted(doorway, unprinted=True) == ["Neu"]


async def test_printing_is_noted_without_names(doorway: Doorway) -> None:
    await service.print_badges(doorway.event.slug, Wanted(), "sheet", "de", ADMIN)
    details = await db.fetch_value("SELECT details FROM audit_entry WHERE action = 'badges-printed'")
    assert '"badges": 2' in details
    assert "Person" not in details


async def test_desk_shows_choice_and_picture_and_gives_the_pdf(client: httpx.AsyncClient, doorway: Doorway) -> None:
    await log_in(client)
    at = f"/desk/events/{doorway.event.slug}/badges"
    page = (await client.get(at, params={"format": "label"})).text
    assert "2 Schilder" in page
    assert f'src="{at}/preview.png?format=label"' in page
    picture = await client.get(f"{at}/preview.png?format=label")
    assert picture.headers["content-type"] == "image/png"
    answer = await client.post(at, data={"format": "label", "person": str(doorway.people[0].id)})
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert pages(answer.content) == 1
    after = (await client.get(at, params={"unprinted": "yes"})).text
    assert "1 Schild" in after


@pytest.mark.parametrize("query", ["?format=x&status=y&person=z&group=%00&organisation=%27", "?person=", "?status=all"])
async def test_desk_takes_any_choice(client: httpx.AsyncClient, doorway: Doorway, query: str) -> None:
    await log_in(client)
    at = f"/desk/events/{doorway.event.slug}/badges"
    assert (await client.get(at + query)).status_code == 200
    assert (await client.get(f"{at}/preview.png{query}")).status_code == 200


async def test_desk_says_that_there_is_nobody_to_print(client: httpx.AsyncClient, doorway: Doorway) -> None:
    await log_in(client)
    answer = await client.post(f"/desk/events/{doorway.event.slug}/badges", data={"status": "pending"})
    assert answer.status_code == 404


async def test_badges_are_their_own_agents_only(client: httpx.AsyncClient, doorway: Doorway) -> None:
    at = f"/desk/events/{doorway.event.slug}/badges"
    assert (await client.get(at)).headers["location"].startswith("/login")
    await log_in(client, "tab-bau")
    answers = [await client.get(at), await client.get(f"{at}/preview.png"), await client.post(at)]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
