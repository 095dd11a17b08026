"""People out of a text that somebody pasted: from a mail's address line, a sheet, a chat.

Nothing is thrown away: what can't be told apart comes back as a name to be mended in the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from events_app.kit.text import one_line, search_key

MAX_PEOPLE = 200
_MAIL = re.compile(r"[^\s@<>,;:\"'()\[\]|]+@[^\s@<>,;:\"'()\[\]|]+\.[^\s@<>,;:\"'()\[\]|.]{2,}")
_BOUNDARY = re.compile(r"""[;\n]|(?<=>)\s*,|\s\|\s""")
# a line of a file with semicolons: one address in it, and not in <…>
_CELLS_OF_ONE = re.compile(r"^[^\n<@]*;[^\n<@]*@[^\n<@;]*;?$", re.MULTILINE)
_LIST_MARK = re.compile(r"^\s*(?:[-*•\u2013·]|\d{1,3}[.)])\s+")
_PARTICLES = {
    "von",
    "van",
    "vom",
    "zu",
    "zum",
    "zur",
    "de",
    "da",
    "di",
    "del",
    "der",
    "den",
    "dos",
    "el",
    "al",
    "ter",
    "ten",
}
_SALUTATIONS = {"herr", "herrn", "frau", "hr", "hr.", "fr", "fr.", "mr", "mr.", "mrs", "mrs.", "ms", "ms."}
_MAIL_LINES = {"an:", "von:", "cc:", "bcc:", "to:", "from:"}
_REMARK = re.compile(r"\s*\([^()]*\)")  # `Müller, Anna (Example GmbH) <a@…>`, as Exchange writes it
_GIVEN_HEADS = {"vorname", "given name", "first name", "given"}
_FAMILY_HEADS = {"nachname", "name", "familienname", "family name", "last name", "surname", "family"}
_MAIL_HEADS = {"e-mail", "email", "mail", "e-mail-adresse", "mailadresse", "e-mail address"}


@dataclass(frozen=True)
class Pasted:
    """One person as understood; any part may be empty and is then to be filled in."""

    given_name: str
    family_name: str
    email: str


def people(text: str) -> list[Pasted]:
    """The people in a pasted text, in their order, each once; at most 200."""
    rows = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n")
    sign = _sheet_sign(rows)
    found = _from_sheet(rows, sign) if sign else [one for entry in _entries(rows) for one in _from_entry(entry)]
    return list(dict.fromkeys(one for one in found if one != Pasted("", "", "")))[:MAX_PEOPLE]


def _sheet_sign(text: str) -> str | None:
    """What parts the cells of a sheet: a tab; `;` or `,` only below a header row, as in a file."""
    head = next((row for row in text.split("\n") if row.strip()), "")
    return "\t" if "\t" in text else next((sign for sign in ";," if _columns(_cells(head, sign))), None)


def _cells(row: str, sign: str) -> list[str]:
    """The cells of a row; quotes keep one together."""
    if sign == "\t":
        return [one_line(cell) for cell in row.split(sign)]
    return [one_line(cell.strip(' "')) for cell in re.findall(rf'(?:^|{sign})("[^"]*"|[^{sign}]*)', row)]


def _from_sheet(text: str, sign: str) -> list[Pasted]:
    """Rows copied from a sheet; a header row says which column is which."""
    rows = [_cells(row, sign) for row in text.split("\n") if row.strip()]
    columns = _columns(rows[0]) if rows else None
    if columns is None:
        return [_from_cells(row) for row in rows]
    return [_from_columns(row, columns) for row in rows[1:]]


def _columns(head: Sequence[str]) -> dict[str, int] | None:
    names = [search_key(cell) for cell in head]
    kinds = (("given", _GIVEN_HEADS), ("family", _FAMILY_HEADS), ("email", _MAIL_HEADS))
    found = {kind: i for kind, known in kinds for i, name in enumerate(names) if name in known}
    return found if len(found) > 1 else None


def _from_columns(row: Sequence[str], columns: dict[str, int]) -> Pasted:
    cells = {kind: row[i] if i < len(row) else "" for kind, i in columns.items()}
    if "given" not in cells:
        given, family = _split_name(cells.get("family", ""))
        return Pasted(given, family, cells.get("email", "").lower())
    return Pasted(cells["given"], cells.get("family", ""), cells.get("email", "").lower())


def _entries(text: str) -> Iterator[str]:
    """Lines and address-line parts; a comma parts two people only behind `<…>`."""
    quoted = re.sub(r'"([^"\n]*)"', lambda match: match[1].replace(";", " "), text)
    for part in _BOUNDARY.split(_CELLS_OF_ONE.sub(lambda match: match[0].replace(";", ","), quoted)):
        entry = _LIST_MARK.sub("", part).strip(" \t,")
        if entry:
            yield entry


def _from_entry(entry: str) -> list[Pasted]:
    mails = _MAIL.findall(entry)
    if len(mails) > 1:
        return [one for part in _after_each_mail(entry) for one in _from_entry(part)]
    if mails and "<" in entry:
        given, family = _split_name(entry.split("<", maxsplit=1)[0])
        return [_with_mail(given, family, mails[0])]
    parts = [part for part in map(one_line, entry.split(",")) if part]
    if not mails and _are_several_names(parts):
        return [Pasted(*_split_name(part), "") for part in parts]
    return [_from_cells(parts)]


def _after_each_mail(entry: str) -> Iterator[str]:
    last = 0
    for match in _MAIL.finditer(entry):
        end = match.end() + (1 if entry[match.end() : match.end() + 1] in {">", ")"} else 0)
        yield entry[last:end].strip(" ,")
        last = end


def _are_several_names(parts: Sequence[str]) -> bool:
    """`Anna Müller, Bo Beispiel` are two people; `Müller, Anna` and `von der Heide, Anna` are one."""
    return len(parts) > 1 and all(len(_words(part)) > 1 and _words(part)[0].lower() not in _PARTICLES for part in parts)


def _from_cells(cells: Sequence[str]) -> Pasted:
    """Cells in any order: the address is known by its form, names come as given, family or as one."""
    mail = next((match[0] for cell in cells if (match := _MAIL.search(cell))), "")
    names = [name for cell in cells if (name := _without_remark(_MAIL.sub("", cell)).strip(" <>()[]:"))]
    names = [name for name in names if not _says_no_name(name)] or names
    if not names:
        return _with_mail("", "", mail)
    if len(names) == 1:
        return _with_mail(*_split_name(names[0]), mail)
    if "," in names[0]:
        return _with_mail(*_split_name(names[0]), mail)
    if mail and mail not in " ".join(cells[:2]):  # given, family, mail
        return Pasted(_bare(names[0]), names[1], mail.lower())
    return _with_mail(*_split_name(f"{names[0]}, {names[1]}"), mail)


def _with_mail(given: str, family: str, mail: str) -> Pasted:
    """Without a name the address often tells it: `anna.mueller@…`."""
    if mail and not (given or family):
        words = [word for word in re.split(r"[._-]+", mail.partition("@")[0]) if word.isalpha()]
        if len(words) == 2:  # noqa: PLR2004 - given and family
            given, family = (word.capitalize() for word in words)
    return Pasted(given, family, mail.lower())


def _split_name(text: str) -> tuple[str, str]:
    """(given, family) of `Anna Maria von Müller` or `von Müller, Anna Maria`."""
    name = _bare(_without_remark(text).strip(" \"'<>()"))
    if "," in name:
        family, _, given = name.partition(",")
        return _bare(given.strip()), family.strip()
    words = _words(name)
    if len(words) < 2:  # noqa: PLR2004 - one name only
        return name, ""
    start = next((i for i, word in enumerate(words) if i and word.lower() in _PARTICLES), len(words) - 1)
    return " ".join(words[:start]), " ".join(words[start:])


def _bare(name: str) -> str:
    """Without salutation; titles stay with the given name."""
    words = _words(name)
    while words and words[0].lower() in _SALUTATIONS | _MAIL_LINES:
        words = words[1:]
    return " ".join(words)


def _without_remark(name: str) -> str:
    return one_line(_REMARK.sub("", name)) or one_line(name)


def _says_no_name(cell: str) -> bool:
    """A number of the list, or a salutation in a column of its own."""
    return cell.rstrip(".").isdecimal() or cell.lower() in _SALUTATIONS


def _words(text: str) -> list[str]:
    return text.split()
