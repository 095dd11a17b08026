"""Invitations as the desk's form has them: one code for several people, or one for each address in a pasted text."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from events_app.kit.forms import Form
from events_app.kit.wall import read_wall
from events_app.registration.rules.paste import people
from events_app.registration.schemas import InvitationIn, InvitationPatch


def read_new(form: Form, zone: ZoneInfo) -> list[InvitationIn]:
    """The invitations a form describes; `form.errors` gets what can't be read."""
    common = InvitationIn(
        label=form.text("label"),
        seats=_seats(form),
        group=form.text("group") or None,
        holds_back=form.ticked("holds_back"),
        skips_approval=form.ticked("skips_approval"),
        expires_at=_expiry(form, zone),
    )
    return _personal(form, common) if form.text("people").strip() else [common]


def read_change(form: Form, zone: ZoneInfo) -> InvitationPatch:
    return InvitationPatch(seats=_seats(form), expires_at=_expiry(form, zone), holds_back=form.ticked("holds_back"))


def _personal(form: Form, common: InvitationIn) -> list[InvitationIn]:
    found = people(form.text("people"))
    nameless = [f"{one.given_name} {one.family_name}".strip() for one in found if not one.email]
    if nameless or not found:
        form.wrong("/people", "required", "Each person needs an e-mail address here.")
    return [
        InvitationIn(
            label=f"{one.given_name} {one.family_name}".strip() or common.label,
            email=one.email,
            seats=common.seats,
            group=common.group,
            holds_back=common.holds_back,
            skips_approval=common.skips_approval,
            expires_at=common.expires_at,
        )
        for one in found
    ]


def _seats(form: Form) -> int:
    text = form.text("seats").strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 7):  # noqa: PLR2004 - more is refused anyway
        form.wrong("/seats", "invalid", "Please enter a whole number.")
        return 1
    return int(text)


def _expiry(form: Form, zone: ZoneInfo) -> datetime | None:
    text = form.text("expires_at")
    moment = read_wall(text, zone)
    if text and moment is None:
        form.wrong("/expires_at", "invalid_time", "There is no such day and time. Please check it.")
    return moment
