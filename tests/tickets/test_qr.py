from __future__ import annotations

import re
from io import BytesIO
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

import pytest
import typst
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from events_app.tickets import qr, rules

SEED = bytes(range(32))
CODE = rules.make_code(SEED, 4711, UUID("2f0c9a52-8f0e-4c44-9a5c-5d2b6f0f4a11"), 1)
SVG = "{http://www.w3.org/2000/svg}"


def read(image: Image.Image) -> zxingcpp.Barcode:
    (barcode,) = zxingcpp.read_barcodes(image)
    return barcode


def painted(svg: bytes) -> Image.Image:
    """The SVG as a renderer of its own (typst's) paints it, on grey so that the quiet zone must be its own."""
    source = f"#set page(width: 60mm, height: 60mm, margin: 0mm, fill: gray)\n#image(bytes({typst_text(svg)}))"
    page = typst.compile(source.encode(), format="png", ppi=200, ignore_system_fonts=True)
    assert isinstance(page, bytes)
    return Image.open(BytesIO(page))


def typst_text(svg: bytes) -> str:
    return '"' + svg.decode().replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.integers(0, 2**31 - 1), st.uuids(), st.integers(0, 2**31 - 1))
def test_png_reads_back_as_the_code(key_id: int, ticket_id: UUID, version: int) -> None:
    code = rules.make_code(SEED, key_id, ticket_id, version)
    barcode = read(Image.open(BytesIO(qr.png(code, 3))))
    assert barcode.text == code
    assert isinstance(barcode.extra, dict)
    assert (barcode.ec_level, barcode.extra["Version"]) == ("M", "6")


@settings(max_examples=20)
@given(st.uuids())
def test_svg_file_reads_back_as_the_code(ticket_id: UUID) -> None:
    code = rules.make_code(SEED, 1, ticket_id, 1)
    assert read(painted(qr.svg_file(code))).text == code


def test_inline_svg_reads_back_as_the_code() -> None:
    assert read(painted(qr.svg(CODE, "Ticket").encode())).text == CODE


def test_link_reads_back_from_its_symbol() -> None:
    link = f"https://example.org/door?pair={uuid4()}"
    assert read(Image.open(BytesIO(qr.png(link, 4)))).text == link


def test_symbol_has_a_quiet_zone_of_four_modules() -> None:
    rows = qr.modules(CODE)
    assert len(rows) == 41 + 8
    assert all(len(row) == len(rows) for row in rows)
    edge = [*rows[:4], *rows[-4:], *(row[:4] for row in rows), *(row[-4:] for row in rows)]
    assert not any(dark for row in edge for dark in row)
    assert rows[4][4]


def test_inline_svg_is_one_element_in_black_on_white() -> None:
    text = qr.svg(CODE, "Ticket")
    element = ET.fromstring(text)  # noqa: S314 our own
    assert text.startswith("<svg ")
    assert element.get("role") == "img"
    assert element.get("shape-rendering") == "crispEdges"
    assert element.find(f"{SVG}title") is not None
    assert "currentColor" not in text
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', text)) == {"#fff", "#000"}


def test_svg_without_a_title_is_hidden_from_screen_readers() -> None:
    assert 'aria-hidden="true"' in qr.svg(CODE)
    assert "role=" not in qr.svg(CODE)


@given(st.text(max_size=30))
def test_svg_file_stays_well_formed_whatever_the_title(title: str) -> None:
    element = ET.fromstring(qr.svg_file("A", title))  # noqa: S314 our own
    assert [child.tag for child in element if child.tag == f"{SVG}path"] == [f"{SVG}path"] * 2
    found = element.find(f"{SVG}title")
    assert (found.text if found is not None else "") == "".join(filter(str.isprintable, title))


@pytest.mark.parametrize("module_px", [1, 8, 20])
def test_png_is_as_large_as_asked_and_black_and_white(module_px: int) -> None:
    image = Image.open(BytesIO(qr.png(CODE, module_px)))
    assert image.size == (49 * module_px, 49 * module_px)
    assert image.mode == "1"
