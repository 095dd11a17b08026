"""Lists as files for a spreadsheet. What people have typed stays text: a cell never becomes a formula."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO, StringIO
from typing import NamedTuple

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Cell = str | int | timedelta | None
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
    if isinstance(cell, int):
        return str(cell)
    text = cell or ""
    return f"'{text}" if text.startswith(_FORMULA) else text


class Sheet(NamedTuple):
    """Some lines above, then a table with its headings; `name` stands on its tab, at most 31 characters."""

    name: str
    above: Sequence[str]
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def as_xlsx(*sheets: Sheet) -> bytes:
    """Their headings are fixed; each prints on A4 with them on every page."""
    made = BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        bold, time = book.add_format({"bold": True}), book.add_format({"num_format": "[hh]:mm"})
        for one in sheets:
            sheet = book.add_worksheet(one.name)
            for line, text in enumerate(one.above):
                sheet.write_string(line, 0, text, bold)
            top = len(one.above) + bool(one.above)
            for column, heading in enumerate(one.headings):
                sheet.write_string(top, column, heading, bold)
                sheet.set_column(column, column, _width(heading, [row[column] for row in one.rows]))
            for number, row in enumerate(one.rows, top + 1):
                for column, cell in enumerate(row):
                    _write(sheet, number, column, cell, time)
            sheet.freeze_panes(top + 1, 0)
            sheet.autofilter(top, 0, top + max(len(one.rows), 1), len(one.headings) - 1)
            sheet.repeat_rows(top)
            sheet.set_paper(9)  # A4
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
    return made.getvalue()


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, time: Format) -> None:
    if isinstance(cell, timedelta):
        sheet.write_datetime(row, column, cell, time)
    elif isinstance(cell, int):
        sheet.write_number(row, column, cell)
    elif cell:
        sheet.write_string(row, column, cell)


def _width(heading: str, cells: Sequence[Cell]) -> int:
    longest = max((len(cell) for cell in cells if isinstance(cell, str)), default=0)
    return min(max(len(heading), longest) + 3, _WIDEST)
