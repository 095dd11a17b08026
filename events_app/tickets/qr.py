"""QR codes as SVG and PNG: error correction M, quiet zone of four modules, black on white."""

from __future__ import annotations

from html import escape
from io import BytesIO
from itertools import groupby

from PIL import Image
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M

from events_app.tickets.rules import PREFIX

QUIET_ZONE = 4
# Trying all eight masks takes 5 of 6 ms. A signed code looks random under any of them (mean penalty of this one
# 1,191 points, of the best 1,082), and readers take whichever stands in the symbol.
_TICKET_MASK = 2
_FILE_WIDTH_MM = 60

Modules = list[list[bool]]


def modules(text: str) -> Modules:
    """The symbol row by row, quiet zone included; True is dark. Tickets' codes are 41 + 8 modules wide."""
    mask = _TICKET_MASK if text.startswith(PREFIX) else None
    symbol = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE, mask_pattern=mask)
    symbol.add_data(text, optimize=0)
    return symbol.get_matrix()


def svg(text: str, title: str = "") -> str:
    """The symbol as an `<svg>` element for a page, as large as its style says; `title` is read out by screen readers.

    Without a title it is hidden from them: for pages that say beside it what it is.
    """
    return _svg(modules(text), title, "")


def svg_file(text: str, title: str = "") -> bytes:
    """The symbol as an SVG document of its own, 60 mm wide unless scaled."""
    size = f' width="{_FILE_WIDTH_MM}mm" height="{_FILE_WIDTH_MM}mm"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_svg(modules(text), title, size)}\n'.encode()


def png(text: str, module_px: int = 8) -> bytes:
    """The symbol as a black-and-white PNG `module_px` pixels a module (a ticket's at 8: 392 px wide)."""
    rows = modules(text)
    width = len(rows)
    dots = Image.frombytes("L", (width, width), bytes(0 if dark else 255 for row in rows for dark in row))
    image = dots.convert("1").resize((width * module_px, width * module_px), Image.Resampling.NEAREST)
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _svg(rows: Modules, title: str, size: str) -> str:
    width = len(rows)
    words = escape("".join(filter(str.isprintable, title)), quote=False)
    name = f' role="img"><title>{words}</title>' if words else ' aria-hidden="true">'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {width}"{size} shape-rendering="crispEdges"'
        f'{name}<path fill="#fff" d="M0 0h{width}v{width}H0z"/><path stroke="#000" d="{_strokes(rows)}"/></svg>'
    )


def _strokes(rows: Modules) -> str:
    """One horizontal stroke for each run of dark modules, one module thick."""
    return "".join(f"M{start} {y}.5h{length}" for y, row in enumerate(rows) for start, length in _dark_runs(row))


def _dark_runs(row: list[bool]) -> list[tuple[int, int]]:
    runs, start = [], 0
    for dark, run in groupby(row):
        length = len(list(run))
        if dark:
            runs.append((start, length))
        start += length
    return runs
