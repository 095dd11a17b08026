"""Forms of cooperation, guiding themes, sizes of enterprise, and the programme's words."""

from __future__ import annotations

from functools import cache

from events_app.reference.files import rows
from events_app.reference.model import CooperationForm, SizeClass, Term, Theme


@cache
def _forms() -> dict[str, CooperationForm]:
    return {row["id"]: _form(row) for row in rows("cooperation_forms")}


def _form(row: dict[str, str]) -> CooperationForm:
    return CooperationForm(
        id=row["id"],
        name_de=row["name_de"],
        name_en=row["name_en"],
        short_de=row["short_de"],
        family=row["family"],
        offered_by=frozenset(row["offered_by"].split()),
        matchable=row["matchable"] == "1",
        legal_basis=row["legal_basis"],
        capacity_unit=row["capacity_unit"],
        note_de=row["note_de"],
    )


def forms() -> tuple[CooperationForm, ...]:
    """All forms, related ones beside each other; those not `matchable` are information only."""
    return tuple(_forms().values())


def form(identifier: str) -> CooperationForm | None:
    return _forms().get(identifier)


def forms_offered_by(kind: str) -> tuple[CooperationForm, ...]:
    """The matchable forms that an organisation of this kind may offer."""
    return tuple(one for one in forms() if one.matchable and one.may_be_offered_by(kind))


@cache
def _themes() -> dict[str, Theme]:
    return {row["id"]: Theme(row["id"], row["name_de"], row["name_en"]) for row in rows("leitbild_themes")}


def themes() -> tuple[Theme, ...]:
    return tuple(_themes().values())


def theme(identifier: str) -> Theme | None:
    return _themes().get(identifier)


@cache
def _sizes() -> dict[str, SizeClass]:
    return {row["id"]: _size(row) for row in rows("kmu_classes")}


def _size(row: dict[str, str]) -> SizeClass:
    headcount, turnover, balance = row["headcount_below"], row["turnover_max_meur"], row["balance_max_meur"]
    return SizeClass(
        id=row["id"],
        name_de=row["name_de"],
        name_en=row["name_en"],
        headcount_below=int(headcount) if headcount else None,
        turnover_max_meur=float(turnover) if turnover else None,
        balance_max_meur=float(balance) if balance else None,
    )


def size_classes() -> tuple[SizeClass, ...]:
    """From micro to large."""
    return tuple(_sizes().values())


def size_class(identifier: str) -> SizeClass | None:
    return _sizes().get(identifier)


def size_of(employees: int, turnover_meur: float | None, balance_meur: float | None) -> SizeClass:
    """The class by Recommendation 2003/361/EC, annex, article 2, on the figures given (million euro).

    The headcount must stay below the class's limit, and turnover or balance sheet total within it. A figure
    that is not known (None) can't keep within a limit; where neither is known the headcount decides alone.
    Figures of partner and linked enterprises must have been added in.
    """
    return next(one for one in size_classes() if _fits(one, employees, turnover_meur, balance_meur))


def _fits(size: SizeClass, employees: int, turnover: float | None, balance: float | None) -> bool:
    if size.headcount_below is None:
        return True
    money = [(turnover, size.turnover_max_meur), (balance, size.balance_max_meur)]
    known = [(amount, limit) for amount, limit in money if amount is not None and limit is not None]
    return employees < size.headcount_below and (not known or any(amount <= limit for amount, limit in known))


@cache
def vocabulary() -> tuple[Term, ...]:
    return tuple(Term(row["de"], row["en"], row["definition_de"]) for row in rows("vocabulary"))
