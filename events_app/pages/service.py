"""The texts an operator may write anew: imprint, privacy notice, accessibility statement."""

from __future__ import annotations

import asyncio
from pathlib import Path

from events_app.kit import settings
from events_app.kit.i18n import Language

FOLDER = "pages"


async def own_text(name: str, language: Language) -> str | None:
    """The operator's Markdown in `DATA_DIR/pages/<name>.<language>.md`; None where ours is to be shown."""
    path = settings.current().data_dir / FOLDER / f"{name}.{language}.md"
    return await asyncio.to_thread(_read, path)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
