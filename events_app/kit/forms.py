"""A sent HTML form as nested values: field names are paths (`attendees.0.email`), rows come and go by buttons.

Nothing typed is lost: the raw values go back into the form beside the errors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from events_app.kit.errors import FieldError
from events_app.kit.i18n import Language, translate

Values = dict[str, Any]
MAX_DEPTH = 6
MAX_DIGITS = 6


@dataclass
class Form:
    """The values of a form: nested as their names say, lists without gaps, every leaf a text or a list of texts."""

    values: Values
    errors: list[FieldError] = field(default_factory=list)

    def text(self, *path: str | int) -> str:
        """What was typed into a field; empty where the form has no such field."""
        found = self._at(path)
        return found if isinstance(found, str) else ""

    def texts(self, *path: str | int) -> list[str]:
        """What was chosen in a field that may come more than once."""
        found = self._at(path)
        return [found] if isinstance(found, str) else [text for text in found or [] if isinstance(text, str)]

    def part(self, *path: str | int) -> Values:
        """The fields below a name; none where something else was sent."""
        found = self._at(path)
        return found if isinstance(found, dict) else {}

    def rows(self, *path: str | int) -> list[Values]:
        found = self._at(path)
        return found if isinstance(found, list) else []

    def ticked(self, *path: str | int) -> bool:
        return self.text(*path) == "yes"

    def wrong(self, pointer: str, code: str, message: str) -> None:
        self.errors.append(FieldError(pointer, code, message))

    def _at(self, path: Iterable[str | int]) -> Any:
        found: Any = self.values
        for part in path:
            if isinstance(found, list) and isinstance(part, int) and part < len(found):
                found = found[part]
            else:
                found = found.get(part) if isinstance(found, dict) else None
        return found


def read(pairs: Iterable[tuple[str, Any]], several: Sequence[str] = ()) -> Form:
    """A sent form; `several` names fields that may come more than once, by the end of their name (`themes`, `a.b`)."""
    ends = [tuple(name.split(".")) for name in several]
    values: Values = {}
    for name, text in pairs:
        path = name.split(".")
        if isinstance(text, str) and len(path) <= MAX_DEPTH:
            _put(values, path, text.replace("\x00", ""), ends)
    return Form({name: _lists(value) for name, value in values.items()})


def add_row(form: Form, path: str) -> None:
    """One more row in the list of this name; nothing where fields of another kind were sent in its place."""
    *parents, last = path.split(".")
    place: Any = form.values
    for part in parents:
        place = place.setdefault(part, {})
        if not isinstance(place, dict):
            return
    rows = place.setdefault(last, [])
    if isinstance(rows, list):
        rows.append({})


def remove_row(form: Form, path: str) -> None:
    """`path` ends with the row's place, as `attendees.2`."""
    *parents, number = path.split(".")
    rows = form.rows(*parents)
    if number.isdecimal() and int(number) < len(rows):
        del rows[int(number)]


def _put(values: Values, path: Sequence[str], text: str, several: Sequence[tuple[str, ...]]) -> None:
    *parents, last = path
    for part in parents:
        values = values.setdefault(part, {})
        if not isinstance(values, dict):
            return
    if any(tuple(path[-len(end) :]) == end for end in several):
        chosen = values.setdefault(last, [])
        if isinstance(chosen, list):
            chosen.append(text)
    else:
        values[last] = text


def _lists(value: Any) -> Any:
    """Mappings with numbers as keys become lists of rows in the order of the numbers."""
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(within) for key, within in value.items()}
    if inner and all(_is_row(key, within) for key, within in inner.items()):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def _is_row(key: str, within: Any) -> bool:
    return key.isdecimal() and len(key) <= MAX_DIGITS and isinstance(within, dict)


@dataclass(frozen=True)
class Labels:
    """What a form's fields are called: msgids by JSON pointer or by its last part, and those of rows by their list.

    `within`: names in the reader's own language, by the part that they lie in, then by the last one.
    """

    fields: Mapping[str, str]
    rows: Mapping[str, str] = field(default_factory=dict)
    within: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def place_of(self, pointer: str, language: Language) -> str:
        """`/agenda/1/title` → "Programmpunkt 2, Titel"; empty for what explains itself."""
        parts = pointer.removeprefix("/").split("/")
        own = self.within.get(parts[-2], {}).get(parts[-1]) if len(parts) > 1 else None
        known = self.fields.get(pointer) or self.fields.get(parts[-1])
        label = own or (translate(language, known) if known else "")
        rows = [
            f"{translate(language, self.rows[name])} {int(number) + 1}"
            for name, number in pairwise(parts)
            if name in self.rows and number.isdecimal()
        ]
        return ", ".join([*rows, *([label] if label else [])])


@dataclass(frozen=True)
class ShownError:
    """An error at its field, in the reader's words; `place` says which field it is, for the list above the form."""

    field: str
    text: str
    place: str

    @property
    def message(self) -> str:
        colon = "" if self.place.endswith(("?", "!", ":")) else ":"
        return f"{self.place}{colon} {self.text}" if self.place else self.text


def shown(errors: Iterable[FieldError], language: Language, labels: Labels) -> list[ShownError]:
    """Errors for the list and the fields in the order of the form, each field once."""
    found: dict[str, ShownError] = {}
    for error in errors:
        text = translate(language, error.message, dict(error.values))
        found.setdefault(error.field, ShownError(error.field, text, labels.place_of(error.field, language)))
    return list(found.values())


def by_field(errors: Iterable[ShownError]) -> Mapping[str, str | None]:
    """Messages by pointer; None where nothing is wrong."""
    return defaultdict(lambda: None, {error.field: error.text for error in errors})
