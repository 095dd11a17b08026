"""Ticket groups as the desk's event form has them.

A group keeps the key it was made with, as links and scripts name it; a new one gets it from its words.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from events_app.events.groups import KEY
from events_app.events.schemas import Group
from events_app.kit.forms import Form, Values
from events_app.kit.text import search_key

TYPED = ("key", "label", "label_en", "quota")


def values(group: Group) -> Values:
    return {
        "key": group.key,
        "label": group.label,
        "label_en": group.label_en,
        "quota": "" if group.quota is None else str(group.quota),
        "invitation_only": "yes" if group.invitation_only else "",
    }


def read(form: Form) -> list[Group]:
    """Rows in which something was typed; `form.errors` gets a quota that is no number."""
    rows = form.rows("groups")
    rows[:] = [row for row in rows if isinstance(row, dict) and any(row.get(part) for part in TYPED)]
    taken = {str(row.get("key", "")) for row in rows}
    groups = []
    for index, row in enumerate(rows):
        if not KEY.fullmatch(str(row.get("key", ""))):
            row["key"] = _free_key(form.text("groups", index, "label"), taken)
            taken.add(row["key"])
        groups.append(_group(form, index))
    return groups


def _group(form: Form, index: int) -> Group:
    label, label_en = form.text("groups", index, "label"), form.text("groups", index, "label_en")
    only = form.ticked("groups", index, "invitation_only")
    return Group(form.text("groups", index, "key"), label, label_en, _quota(form, index), only)


def _quota(form: Form, index: int) -> int | None:
    text = form.text("groups", index, "quota").strip().replace(".", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 8):  # noqa: PLR2004 - more is refused anyway
        form.wrong(f"/groups/{index}/quota", "invalid", "Please enter a whole number.")
        return None
    return int(text) if text else None


def _free_key(label: str, taken: Collection[str]) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", search_key(label)).strip("_").lstrip("0123456789_")[:50] or "group"
    numbered = (words if number == 1 else f"{words}_{number}" for number in range(1, len(taken) + 2))
    return next(key for key in numbered if key not in taken)
