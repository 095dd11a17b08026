import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "events_app/frontend/css"
TEXTS = ("ink", "quiet", "copper", "link", "good", "waiting", "stop")
GROUNDS = ("ground", "tint", "floating")
FILLED = ("copper", "copper-pressed", "stop", "ink")
READABLE, VISIBLE = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11


def tokens(theme: str) -> dict[str, str]:
    light, dark = (CSS / "parts/tokens.css").read_text().split("@media (prefers-color-scheme: dark)")
    return _colours(light) | (_colours(dark) if theme == "dark" else {})


def _colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css))


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_colour_is_readable_on_every_ground(theme: str) -> None:
    found = tokens(theme)
    measured = {(text, ground): contrast(found[text], found[ground]) for text in TEXTS for ground in GROUNDS}
    assert {pair: value for pair, value in measured.items() if value < READABLE} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_filled_buttons_are_readable(theme: str) -> None:
    found = tokens(theme)
    measured = {fill: contrast(found["ground"], found[fill]) for fill in FILLED}
    assert {fill: value for fill, value in measured.items() if value < READABLE} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_field_borders_and_focus_rings_are_visible(theme: str) -> None:
    found = tokens(theme)
    assert contrast(found["quiet"], found["floating"]) >= VISIBLE
    assert contrast(found["quiet"], found["ground"]) >= VISIBLE
    assert contrast(found["link"], found["ground"]) >= VISIBLE


def test_answers_at_the_door_are_readable() -> None:
    found = _colours((CSS / "door.css").read_text())
    assert contrast(found["door-light"], found["door-admitted"]) >= READABLE
    assert contrast(found["door-light"], found["door-refused"]) >= READABLE
    assert contrast(found["door-light"], found["door-left"]) >= READABLE
    assert contrast(found["door-dark"], found["door-inside"]) >= READABLE
