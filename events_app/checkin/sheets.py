"""Lists as files for a spreadsheet. What people have typed stays text: a cell never becomes a formula."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO, StringIO

import xlsxwriter

Cell = str | timedelta | None
"""A time of day is a `timedelta` since midnight, as in a spreadsheet."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WIDEST = 60


def as_csv(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """With semicolons and a mark for Excel; times as `09:12`, text that looks like a formula behind an apostrophe."""
    text = StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow(headings)
    lines.writerows([_plain(cell) for cell in row] for row in rows)
    return "\ufeff" + text.getvalue()


def _plain(cell: Cell) -> str:
    if isinstance(cell, timedelta):
        minutes = round(cell.total_seconds() // 60)
        return f"{minutes // 60:02}:{minutes % 60:02}"
    text = cell or ""
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_xlsx(above: Sequence[str], headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """One sheet: some lines above, then the table with its headings fixed; it prints on A4 with them on each page."""
    made = BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        bold, time = book.add_format({"bold": True}), book.add_format({"num_format": "[hh]:mm"})
        for line, text in enumerate(above):
            sheet.write_string(line, 0, text, bold)
        top = len(above) + 1
        for column, heading in enumerate(headings):
            sheet.write_string(top, column, heading, bold)
            sheet.set_column(column, column, _width(heading, [row[column] for row in rows]))
        for number, row in enumerate(rows, top + 1):
            for column, cell in enumerate(row):
                if isinstance(cell, timedelta):
                    sheet.write_datetime(number, column, cell, time)
                elif cell:
                    sheet.write_string(number, column, cell)
        sheet.freeze_panes(top + 1, 0)
        sheet.autofilter(top, 0, top + max(len(rows), 1), len(headings) - 1)
        sheet.repeat_rows(top)
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
    return made.getvalue()


def _width(heading: str, cells: Sequence[Cell]) -> int:
    longest = max((len(cell) for cell in cells if isinstance(cell, str)), default=0)
    return min(max(len(heading), longest) + 3, _WIDEST)
