"""What the documents say is there: settings, decisions, files."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from events_app.kit.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
ENVIRONMENT = {"fixed_now": "CLOCK"}
"""Fields that the environment calls otherwise."""


def test_readme_tells_of_every_setting() -> None:
    names = [PREFIX + ENVIRONMENT.get(field.name, field.name.upper()) for field in fields(Settings)]
    assert [name for name in names if f"`{name}" not in README] == []


def test_decisions_are_numbered_without_gaps_and_headed_by_their_number() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert numbers == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    assert [path.name for path in DECISIONS if not path.read_text().startswith(f"# {path.name[:4]} ")] == []


def test_documents_lead_to_files_and_decisions_that_exist() -> None:
    for path in [*ROOT.glob("*.md"), *DECISIONS, *(ROOT / "docs").glob("*.md")]:
        text = path.read_text()
        links = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
        assert [target for target in links if not (path.parent / target).exists()] == [], path.name
        asked = re.findall(r"(?<![\d.,])(00\d\d)\b(?!\.)", text)
        assert set(asked) <= {decision.name[:4] for decision in DECISIONS}, path.name


def test_code_names_decisions_that_exist() -> None:
    known = {path.name[:4] for path in DECISIONS}
    sources = [path for folder in ("events_app", "workers", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    named = {number for path in sources for number in re.findall(r"docs/decisions/(\d{4})", path.read_text())}
    assert named
    assert named <= known
