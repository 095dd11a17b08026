"""What a name badge is, and the sheets and labels it is printed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Format = Literal["sheet", "label", "folded"]


@dataclass(frozen=True)
class Layout:
    """Millimetres: one badge, the page it stands on, and the side of its QR code, quiet zone included."""

    width: float
    height: float
    page_width: float
    page_height: float
    qr: float
    columns: int = 1
    rows: int = 1
    cut_marks: bool = False
    folded: bool = False

    @property
    def per_page(self) -> int:
        return self.columns * self.rows


LAYOUTS: Final[dict[Format, Layout]] = {
    "sheet": Layout(90, 55, 210, 297, qr=17, columns=2, rows=5, cut_marks=True),
    "label": Layout(100, 62, 100, 62, qr=20),
    "folded": Layout(105, 74, 105, 148, qr=24, folded=True),
}
"""A4 with ten badges of 90 x 55 mm; labels of 62 mm rolls, 100 mm long; A6 folded once, the badge on both sides."""


@dataclass(frozen=True, kw_only=True)
class Badge:
    """What stands on one badge; `code` is the ticket's, empty for people without a seat."""

    given_name: str
    family_name: str
    organisation: str
    role: str
    code: str
