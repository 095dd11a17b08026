"""docs/rivals.md names tests as proof: each of them must exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rivals.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_named_test_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_issue_has_its_tests() -> None:
    rows = [
        row for row in (ROOT / "docs" / "rivals.md").read_text().splitlines() if re.match(r"\| [\w.]+ (#|PR )\d", row)
    ]
    assert len(rows) == 11
    assert all("::test_" in row for row in rows)
