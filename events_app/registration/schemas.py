"""The shapes of registrations in the JSON API. Unknown fields are refused; what may be null may also be left out."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from events_app.organisations.schemas import OrganisationKind, Size

Status = Literal["confirmed", "waiting", "pending", "cancelled"]
Language = Literal["de", "en"]
AnswerIn = str | int | float | bool | list[str] | None
Answers = dict[str, AnswerIn]


class OrganisationIn(Struct, forbid_unknown_fields=True):
    """`size` by 2003/361/EC, for companies and providers; `district` is the AGS of the Kreis, five digits."""

    name: str
    kind: OrganisationKind
    size: Size | None = None
    startup: bool = False
    postcode: str | None = None
    district: str | None = None


class ContactIn(Struct, forbid_unknown_fields=True):
    given_name: str
    family_name: str
    email: str
    phone: str | None = None


class AttendeeIn(Struct, forbid_unknown_fields=True):
    """`email` null: the contact gets this person's ticket."""

    given_name: str
    family_name: str
    email: str | None = None
    role: str | None = None
    answers: Answers = {}


class Need(Struct, forbid_unknown_fields=True):
    """What an organisation looks for; `occupation` `*` is any."""

    occupation: str
    form: str
    places: int = 1


class Offer(Struct, forbid_unknown_fields=True):
    """What it offers; `districts` empty: its own one."""

    occupation: str
    form: str
    places: int = 1
    districts: list[str] = []
    remote: bool = False
    site: str | None = None
    period: str | None = None


class Training(Struct, forbid_unknown_fields=True):
    """The training profile. All of it empty: attends only."""

    needs: list[Need] = []
    offers: list[Offer] = []
    themes: list[str] = []
    unavailable: list[datetime] = []


class Consents(Struct, forbid_unknown_fields=True):
    """`privacy`: the notice was shown; `match`: proposals may be made and shown to others."""

    privacy: bool
    newsletter: bool = False
    match: bool = False


class RegistrationIn(Struct, forbid_unknown_fields=True):
    organisation: OrganisationIn
    contact: ContactIn
    attendees: list[AttendeeIn]
    consents: Consents
    all_or_none: bool = False
    training: Training = msgspec.field(default_factory=Training)
    invitation: str | None = None
    group: str | None = None
    answers: Answers = {}
    language: Language = "de"


class SeatOfferOut(Struct):
    """A seat that is held for somebody in line; the contact takes or declines it on the manage page."""

    expires_at: datetime


class AttendeeOut(Struct):
    """`code` is the QR's text and there for confirmed people only; `waiting_position` counts from 1.

    `offer`: the free seat held for somebody who waits.
    """

    id: UUID
    name: str
    email: str | None
    status: Status
    waiting_position: int | None
    ticket_url: str
    ticket_token: str
    code: str | None
    short_code: str
    offer: SeatOfferOut | None


class RegistrationOut(Struct):
    id: UUID
    status: Status
    organisation: str
    manage_url: str
    manage_token: str
    attendees: list[AttendeeOut]
    training: Training


class ContactPatch(Struct, forbid_unknown_fields=True):
    given_name: str | UnsetType = UNSET
    family_name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    phone: str | UnsetType | None = UNSET


class ConsentsPatch(Struct, forbid_unknown_fields=True):
    """Consents are given and withdrawn alike; the privacy notice, once shown, stays shown: only true is taken."""

    privacy: bool | UnsetType = UNSET
    newsletter: bool | UnsetType = UNSET
    match: bool | UnsetType = UNSET


class RegistrationPatch(Struct, forbid_unknown_fields=True):
    """`answers` take the place of all answers once per registration; what people said depending on them goes along."""

    training: Training | UnsetType = UNSET
    contact: ContactPatch | UnsetType = UNSET
    consents: ConsentsPatch | UnsetType = UNSET
    answers: Answers | UnsetType = UNSET


class AttendeePatch(Struct, forbid_unknown_fields=True):
    """`answers` take the place of all this person's answers; questions that were open before may stay so."""

    given_name: str | UnsetType = UNSET
    family_name: str | UnsetType = UNSET
    email: str | UnsetType | None = UNSET
    role: str | UnsetType | None = UNSET
    answers: Answers | UnsetType = UNSET


class SwapIn(Struct, forbid_unknown_fields=True):
    """The colleague who comes instead; answers and role are not carried over."""

    given_name: str
    family_name: str
    email: str | None = None


class InvitationIn(Struct, forbid_unknown_fields=True):
    """A code to be made; its `seats` are people who may register with it. With `email` it is that person's own.

    `group`: the ticket group that it opens. `holds_back`: seats that nobody has yet are kept from the public for it.
    """

    label: str = ""
    email: str | None = None
    seats: int = 1
    group: str | None = None
    holds_back: bool = False
    skips_approval: bool = False
    expires_at: datetime | None = None


class InvitationPatch(Struct, forbid_unknown_fields=True):
    label: str | UnsetType = UNSET
    seats: int | UnsetType = UNSET
    holds_back: bool | UnsetType = UNSET
    expires_at: datetime | UnsetType | None = UNSET


class InvitationOut(Struct):
    """`used`: people registered with it, cancelled ones given back; `held`: seats that are kept for it now."""

    id: UUID
    code: str
    url: str
    state: Literal["open", "used", "expired", "revoked"]
    label: str
    email: str | None
    seats: int
    used: int
    group: str | None
    holds_back: bool
    held: int
    skips_approval: bool
    expires_at: datetime | None


class InvitationPage(Struct):
    items: list[InvitationOut]
