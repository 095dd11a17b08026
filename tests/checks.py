"""What `make check` asks beside linters and types: is all German there, are the migrations current?

Run as `python -m tests.checks`; prints what is missing and ends with 1, or says that all is well. Writes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from events_app.kit import errors, i18n
from events_app.kit.errors import Refusal

ROOT = Path(__file__).parent.parent
Msgid = str | tuple[str, ...]
GERMAN = i18n.LOCALE_DIR / "de"
PLACES = re.compile(r"%\((\w+)\)[a-z]|%[^%\s(]")
JINJA = {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trim_blocks": "true", "silent": "false"}


@dataclass(frozen=True)
class Used:
    """A text that somebody may read, and where it stands."""

    msgid: Msgid
    place: str


def used_texts() -> Iterator[Used]:
    """Every msgid of Python files, templates, refusals and tables of words (`texts.py`)."""
    yield from _marked_in_python()
    yield from _marked_in_templates()
    yield from _refusals()
    yield from _words()


def _marked_in_python() -> Iterator[Used]:
    """`_()` and friends, and the messages of errors, which carry their msgid as an argument."""
    keywords: dict[str, Any] = {"_": None, "gettext": None, "ngettext": (1, 2), "translate": (2,)}
    keywords |= {"FieldError": (3,), "wrong": (3,)} | {kind.__name__: (1,) for kind in _kinds_of(Refusal)}
    for path in chain((ROOT / "events_app").rglob("*.py"), (ROOT / "workers").rglob("*.py")):
        if "node_modules" not in path.parts:
            yield from _extracted("python", path, keywords, {})


def _marked_in_templates() -> Iterator[Used]:
    for path in sorted(chain((ROOT / "templates").rglob("*.html"), (ROOT / "templates").rglob("*.txt"))):
        yield from _extracted(babel_extract, path, {"_": None, "gettext": None, "ngettext": (1, 2)}, JINJA)


def _extracted(method: Any, path: Path, keywords: Mapping[str, Any], options: dict[str, str]) -> Iterator[Used]:
    for line, msgid, *_ in extract_from_file(method, path, keywords=keywords, options=options):
        yield Used(msgid, f"{path.relative_to(ROOT)}:{line}")


def _kinds_of(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds_of(narrower)


def _refusals() -> Iterator[Used]:
    for kind in _kinds_of(errors.Refusal):
        yield Used(kind.message, f"{kind.__module__}.{kind.__name__}")


def _words() -> Iterator[Used]:
    """`texts.py` of a room maps codes and fields to msgids."""
    for path in sorted((ROOT / "events_app").glob("*/texts.py")):
        module = import_module(f"events_app.{path.parent.name}.texts")
        for name, table in vars(module).items():
            if name.isupper() and isinstance(table, dict):
                yield from (Used(text, f"{module.__name__}.{name}") for text in table.values() if isinstance(text, str))


def untranslated(used: Iterable[Used], german: Mapping[Msgid, Message]) -> Iterator[str]:
    """One line for each text without whole German, and for German that has other places for values."""
    for text in sorted(set(used), key=lambda text: (text.place, str(text.msgid))):
        message = german.get(text.msgid)
        strings = [] if message is None else _strings(message)
        if message is None or not all(strings) or message.fuzzy:
            yield f"{text.place}: no German for {text.msgid!r}"
        elif any(_places(string) - _places(text.msgid) for string in strings):
            yield f"{text.place}: the German of {text.msgid!r} names values that it does not get"


def german_texts() -> tuple[dict[Msgid, Message], list[str]]:
    """All rooms' German by msgid, and complaints about msgids that two rooms translate differently."""
    found: dict[Msgid, Message] = {}
    rooms: dict[Msgid, str] = {}
    complaints = []
    for path in sorted(GERMAN.glob("*.po")):
        with path.open("rb") as file:
            messages = [message for message in read_po(file, locale="de", abort_invalid=True) if message.id]
        for message in messages:
            earlier = found.setdefault(message.id, message)
            if _strings(earlier) != _strings(message):
                complaints.append(f"{path.name}: {message.id!r} is German otherwise in {rooms[message.id]}")
            rooms.setdefault(message.id, path.name)
    return found, complaints


def _strings(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def _places(text: Msgid) -> set[str]:
    parts = (text,) if isinstance(text, str) else text
    return {match[0] for part in parts for match in PLACES.finditer(part)} - {"%%"}


async def pending_migration_statements() -> list[str]:
    """What `piccolo migrations new --auto` would write into a new migration: nothing, if the history is current."""
    os.environ.setdefault("PICCOLO_CONF", "events_app.piccolo_conf")
    from piccolo.apps.migrations.commands.new import AutoMigrationManager  # noqa: PLC0415 - reads PICCOLO_CONF

    from events_app.piccolo_app import APP_CONFIG  # noqa: PLC0415 - same

    with contextlib.redirect_stdout(io.StringIO()):  # it reports what it compares
        found = await AutoMigrationManager(auto_input="y").get_alter_statements(APP_CONFIG)
    return [statement for part in found for statement in part.statements]


def complaints() -> list[str]:
    german, contradictions = german_texts()
    missing = [f"migrations are not current: {statement}" for statement in asyncio.run(pending_migration_statements())]
    return [*contradictions, *untranslated(used_texts(), german), *missing]


def main() -> int:
    found = complaints()
    print("\n".join(found) or "translations complete, migrations current")  # noqa: T201 - a command's answer
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
