"""The built wheel is the whole product: put into an empty environment, it runs where there is no checkout."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OUTSIDE = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}


def run(*argv: str | Path, cwd: Path) -> None:
    done = subprocess.run(
        [str(part) for part in argv], cwd=cwd, env=OUTSIDE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target, cwd=ROOT)
    [built] = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `clustertreff` command of an environment that holds the wheel and what the lock says, nothing else."""
    folder = tmp_path_factory.mktemp("office with a blank")
    run(sys.executable, "-m", "venv", "--without-pip", "env", cwd=folder)
    python, locked = folder / "env" / "bin" / "python", ROOT / "requirements.lock"
    uv = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python)
    run(*uv, "--constraint", locked, wheel, cwd=folder)
    return folder / "env" / "bin" / "clustertreff"


@pytest.fixture
def address(installed: Path, tmp_path: Path) -> Iterator[str]:
    """`clustertreff up` of the installed wheel, far from the checkout."""
    environment = {**OUTSIDE, "CLUSTERTREFF_PORT": "0", "CLUSTERTREFF_DATA_DIR": str(tmp_path / "data")}
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen([installed, "up"], cwd=tmp_path, env=environment, stdout=output, stderr=output)
    try:
        yield wait_for_address(log)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, log.read_text()


def wait_for_address(log: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text()):
            return found[0]
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - our own server on loopback
        assert answer.status == 200
        text: str = answer.read().decode(errors="replace")
        return text


def test_wheel_carries_all_that_is_needed_and_no_workshop(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for part in (
        "events_app/templates/base.html",
        "events_app/templates/pdf/ticket.typ",
        "events_app/static/dist/manifest.json",
        "events_app/reference/data/postcodes.csv",
        "events_app/locale/de/kit.po",
        "piccolo_migrations/__init__.py",
        "workers/settings.py",
    ):
        assert part in names
    assert not [name for name in names if "node_modules" in name or name.startswith(("tests/", "benchmarks/", "var/"))]


@pytest.mark.slow
def test_wheel_in_an_empty_environment_serves_pages_outside_the_checkout(address: str) -> None:
    home = get(address)
    stylesheet = re.search(r'href="(/static/app-[^"]+\.css)"', home)
    assert stylesheet is not None
    assert "--ground" in get(address + stylesheet[1])
    assert '"database":"ok"' in get(f"{address}/health")
