from __future__ import annotations

import dataclasses
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import typst
import zxingcpp
from PIL import Image

from events_app.tickets import rules
from events_app.tickets.pdf import TicketSheet, printed, ticket_pdf

CODE = rules.make_code(bytes(range(32)), 4711, UUID("2f0c9a52-8f0e-4c44-9a5c-5d2b6f0f4a11"), 1)
SHEET = TicketSheet(
    language="de",
    occasion="TAB_MINT",
    event="Auftakt: Ausbildung im Verbund",
    starts_at=datetime(2026, 11, 5, 9, tzinfo=UTC),
    ends_at=datetime(2026, 11, 5, 14, tzinfo=UTC),
    timezone="Europe/Berlin",
    place=("SaltLabs", "Musterstraße 7", "06112 Halle (Saale)"),
    online_url="",
    holder="Jördis Größlein-Müßig",
    organisation="Saaleblick Automation GmbH",
    code=CODE,
    short_code="7K2M9XQA",
    organiser_name="Beispielnetz e. V.",
    organiser_email="netz@example.org",
    organiser_phone="",
)


def sheet(**changes: Any) -> TicketSheet:
    return dataclasses.replace(SHEET, **changes)


def pages(pdf: bytes) -> int:
    found = re.search(rb"/Type/Pages/Count (\d+)", pdf)
    assert found is not None
    return int(found[1])


def painted(pdf: bytes, folder: Path) -> Image.Image:
    """The PDF as a renderer sees it: typst reads it as an image."""
    (folder / "ticket.pdf").write_bytes(pdf)
    page = folder / "page.typ"
    page.write_text('#set page(width: 210mm, height: 297mm, margin: 0mm)\n#image("ticket.pdf")')
    png = typst.compile(page, root=folder, format="png", ppi=110, ignore_system_fonts=True)
    assert isinstance(png, bytes)
    return Image.open(BytesIO(png))


def dark_share(image: Image.Image) -> float:
    histogram = image.convert("L").histogram()
    return sum(histogram[:128]) / sum(histogram)


def test_ticket_is_one_tagged_accessible_page() -> None:
    pdf = ticket_pdf(SHEET)
    assert pdf.startswith(b"%PDF-1.7")
    assert pages(pdf) == 1
    assert b"/MediaBox[0 0 595." in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert b"/Lang(de-DE)" in pdf
    assert b"Ticket: Auftakt: Ausbildung im Verbund" in pdf


def test_qr_on_the_page_reads_back_and_is_four_centimetres_wide(tmp_path: Path) -> None:
    (barcode,) = zxingcpp.read_barcodes(painted(ticket_pdf(SHEET), tmp_path))
    assert barcode.text == CODE
    width_px = barcode.position.top_right.x - barcode.position.top_left.x
    assert width_px / 110 * 2.54 >= 4


def test_ticket_is_the_same_file_for_the_same_sheet() -> None:
    assert ticket_pdf(SHEET) == ticket_pdf(sheet())
    assert ticket_pdf(SHEET) != ticket_pdf(sheet(holder="Jemand Anderes"))
    assert b"CreateDate" not in ticket_pdf(SHEET)
    assert b"CreationDate" not in ticket_pdf(SHEET)


def test_page_says_in_german_who_when_and_where() -> None:
    page = printed(SHEET)
    assert page["date"] == "Donnerstag, 5. November 2026"
    assert page["time"] == "10:00–15:00 Uhr"  # noqa: RUF001 - as printed
    assert (page["day"], page["month"], page["weekday"]) == ("5", "Nov.", "Donnerstag")
    assert page["place"] == ["SaltLabs", "Musterstraße 7", "06112 Halle (Saale)"]
    assert page["holder"] == "Jördis Größlein-Müßig"
    assert page["short_code"] == "7K2M-9XQA"
    assert page["words"]["qr"] == "QR-Code dieses Tickets. Kurzcode: 7K2M-9XQA"
    assert [note["title"] for note in page["notes"]] == ["Am Einlass", "Wenn etwas dazwischenkommt", "Fragen?"]


def test_page_speaks_english_to_english_readers() -> None:
    page = printed(sheet(language="en"))
    assert page["date"] == "Thursday, 5 November 2026"
    assert page["time"] == "10:00–15:00"  # noqa: RUF001 - as printed
    assert page["words"]["short_code"] == "Short code"
    assert b"/Lang(en-GB)" in ticket_pdf(sheet(language="en"))


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "time"),
    [
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "01:30–03:30 Uhr"),  # noqa: RUF001 - as printed
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 2, 30, tzinfo=UTC), "02:30–03:30 Uhr"),  # noqa: RUF001 - as printed
    ],
)
def test_times_are_local_over_both_ends_of_summer_time(starts_at: datetime, ends_at: datetime, time: str) -> None:
    assert printed(sheet(starts_at=starts_at, ends_at=ends_at))["time"] == time


def test_event_over_two_days_shows_both_of_them() -> None:
    page = printed(sheet(ends_at=datetime(2026, 11, 6, 14, tzinfo=UTC)))
    assert page["date"].startswith("Do., 5.")
    assert page["date"].endswith("6. Nov. 2026")
    assert page["time"] == "Beginn 10:00 Uhr, Ende 15:00 Uhr"


def test_zone_is_named_where_it_is_not_ours() -> None:
    assert printed(sheet(timezone="Europe/Lisbon"))["time"] == "09:00–14:00 Uhr (Europe/Lisbon)"  # noqa: RUF001 - as printed


def test_contact_is_left_out_where_none_is_known() -> None:
    page = printed(sheet(organiser_name="", organiser_email="", organiser_phone=""))
    assert "Fragen?" not in [note["title"] for note in page["notes"]]


MARKUP = '#set page(fill: red)\n#pagebreak() $x$ *a* `b` \\ @ref <l> // /* " = H #read("/etc/passwd")'


@pytest.mark.parametrize(
    "text",
    [
        "W" * 200,
        "Über" * 50,
        "ein sehr langer Name " * 9,
        MARKUP,
        "محمد عبد الله الأحمد",
        "חברה לדוגמה",
        "山田太郎",
        "\U0001f600 Emoji \U0001f469\U0001f3fd‍\U0001f527",
        "Glocke\x07 Null\x00 Umbruch\r\n\u2028 Richtung\u202e",
        "\ud800",
        "",
    ],
)
def test_ticket_stays_one_readable_page_whatever_the_texts(text: str, tmp_path: Path) -> None:
    pdf = ticket_pdf(
        sheet(event=text, holder=text, organisation=text, occasion=text, place=(text,) * 3, organiser_name=text)
    )
    assert pages(pdf) == 1
    page = painted(pdf, tmp_path)
    assert [barcode.text for barcode in zxingcpp.read_barcodes(page)] == [CODE]
    assert dark_share(page) < 0.15


def test_text_is_never_read_as_markup() -> None:
    assert printed(sheet(holder=MARKUP))["holder"] == MARKUP.replace("\n", " ")
    assert b"/Type/Pages/Count 1" in ticket_pdf(sheet(holder=MARKUP))


@pytest.mark.parametrize(
    ("name", "accessible"), [("Ägid Žółć Ελένη Ђорђе 😀", True), ("محمد", True), ("山田太郎", False)]
)
def test_only_letters_without_a_font_cost_the_accessible_standard(name: str, *, accessible: bool) -> None:
    assert (b"pdfuaid" in ticket_pdf(sheet(holder=name))) is accessible


def test_tickets_made_in_several_threads_do_not_mix() -> None:
    names = [f"Person {number}" for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda name: ticket_pdf(sheet(holder=name)), names))
    assert made == [ticket_pdf(sheet(holder=name)) for name in names]
