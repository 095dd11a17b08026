"""Invitations: their codes, whether one lets people in, and what is kept for them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace

from events_app.accounts.rules import is_email, normal_email
from events_app.events import limits
from events_app.events.groups import GroupRow
from events_app.kit.errors import FieldError
from events_app.kit.text import one_line
from events_app.registration.schemas import InvitationIn, InvitationPatch

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0 and O, 1, I and L, U (taken for V): what is read out or copied from paper."""
LENGTH = 8
MAX_SEATS = 10_000
State = Literal["open", "used", "expired", "revoked"]


@dataclass(frozen=True)
class InvitationRow:
    """`email`: whose own it is (empty: erased); null: shared. `used`: live people registered with it."""

    id: UUID
    event: UUID
    code: str
    label: str
    email: str | None
    ticket_group: UUID | None
    seats: int
    used: int
    holds_back: bool
    held: int
    skips_approval: bool
    expires_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime

    @property
    def written(self) -> str:
        return written(self.code)

    def stands(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def state(self, now: datetime) -> State:
        if not self.stands(now):
            return "expired" if self.revoked_at is None else "revoked"
        return "used" if self.used >= self.seats else "open"

    def to_hold(self, seated: int, now: datetime) -> int:
        """Seats to keep while it stands: those that none of its people has yet."""
        return max(0, self.seats - seated) if self.holds_back and self.stands(now) else 0


def normal_code(typed: str) -> str:
    """As it is kept: `abcd-efgh`, `ABCD EFGH` and `ABCDEFGH` are one code."""
    return "".join(sign for sign in typed.upper() if sign.isascii() and sign.isalnum())[:20]


def written(code: str) -> str:
    """As it is shown: `ABCD-EFGH`."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


UNKNOWN = FieldError("/invitation", "unknown_invitation", "We don't know this code for this event. Please check it.")
MISSING = FieldError("/invitation", "required", "Please enter your invitation code.")
REVOKED = FieldError("/invitation", "invitation_revoked", "This invitation has been withdrawn.")
EXPIRED = FieldError("/invitation", "invitation_expired", "This invitation has expired.")
USED = FieldError("/invitation", "invitation_used", "This invitation has been used already.")
USED_UP = FieldError("/invitation", "invitation_used", "All places of this invitation are used.")
FOREIGN = FieldError(
    "/invitation",
    "invitation_foreign",
    "This invitation is for somebody else. Please use the e-mail address that it was sent to.",
)


def refusal(
    invitation: InvitationRow, people: int, addresses: Collection[str], now: datetime, *, joining: bool = False
) -> FieldError | None:
    """Why an invitation does not let in so many people with these addresses.

    `joining`: they are added to the registration that was made with it.
    """
    own = invitation.email is not None and not joining
    reasons = (
        (REVOKED, invitation.revoked_at is not None),
        (EXPIRED, not invitation.stands(now)),
        (USED, own and invitation.used > 0),
        (USED_UP, invitation.used >= invitation.seats),
        (_too_small(invitation), invitation.used + people > invitation.seats),
        (FOREIGN, own and invitation.email not in addresses),
    )
    return next((error for error, holds in reasons if holds), None)


def _too_small(invitation: InvitationRow) -> FieldError:
    return FieldError(
        "/invitation",
        "invitation_too_small",
        "This invitation has %(left)s of %(seats)s places left. Please register fewer people.",
        {"left": invitation.seats - invitation.used, "seats": invitation.seats},
    )


def group_of(
    groups: Sequence[GroupRow], wanted: str | None, invitation: InvitationRow | None
) -> GroupRow | FieldError | None:
    """The ticket group in which somebody registers, or what is wrong with the one they want.

    Left out, it is the invitation's, else the first that is open to all. Null: the event has no groups.
    """
    if wanted is not None:
        found = next((group for group in groups if group.key == wanted), None)
        return unknown_group(groups, wanted) if found is None else _entered(found, groups, invitation)
    named = [group for group in groups if invitation is not None and group.id == invitation.ticket_group]
    return next((g for g in [*named, *groups] if g in named or not g.invitation_only), MISSING if groups else None)


def unknown_group(groups: Sequence[GroupRow], wanted: str | None) -> FieldError | None:
    known = wanted is None or any(group.key == wanted for group in groups)
    return None if known else FieldError("/group", "unknown_group", "This event has no such ticket group.")


def _entered(group: GroupRow, groups: Sequence[GroupRow], invitation: InvitationRow | None) -> GroupRow | FieldError:
    named = None if invitation is None else invitation.ticket_group
    if named is not None and named != group.id:
        label = next((other.label for other in groups if other.id == named), "")
        return FieldError("/group", "other_group", "This invitation is for the group “%(group)s”.", {"group": label})
    if group.invitation_only and named != group.id:
        return FieldError("/invitation", "required", "This group is by invitation. Please enter your invitation code.")
    return group


def tidied(entered: InvitationIn) -> InvitationIn:
    email = normal_email(entered.email or "") or None
    return replace(entered, label=one_line(entered.label), email=email, group=one_line(entered.group or "") or None)


def problems(entered: InvitationIn, groups: Sequence[GroupRow], at: str = "") -> Iterator[FieldError]:
    """What is wrong with a tidied invitation that is to be made."""
    yield from _common(entered.label, entered.seats, entered.expires_at, at)
    if entered.email is not None and not is_email(entered.email):
        yield FieldError(f"{at}/email", "invalid_email", "Please enter a valid e-mail address.")
    if error := unknown_group(groups, entered.group):
        yield FieldError(f"{at}/group", error.code, error.message)


def changed(before: InvitationRow, patch: InvitationPatch) -> InvitationRow:
    sent = {name: value for name in patch.__struct_fields__ if (value := getattr(patch, name)) is not UNSET}
    if "label" in sent:
        sent["label"] = one_line(sent["label"])
    return dataclasses.replace(before, **sent)


def change_problems(after: InvitationRow) -> Iterator[FieldError]:
    yield from _common(after.label, after.seats, after.expires_at, "")
    if after.seats < after.used:
        yield FieldError(
            "/seats", "too_few", "%(used)s people have registered with this invitation already.", {"used": after.used}
        )


def too_few_free(pointer: str, left: int) -> FieldError:
    return FieldError(pointer, "too_few_free", "Only %(left)s seats are free to be held back.", {"left": left})


def _common(label: str, seats: int, expires_at: datetime | None, at: str) -> Iterator[FieldError]:
    yield from limits.long(f"{at}/label", label, limits.MAX_LINE)
    if not 1 <= seats <= MAX_SEATS:
        most = {"most": MAX_SEATS}
        yield FieldError(f"{at}/seats", "out_of_range", "Please enter a number from 1 to %(most)s.", most)
    if expires_at is not None and expires_at.tzinfo is None:
        yield FieldError(f"{at}/expires_at", "invalid_time", "Please state the time with its offset, as +01:00.")
