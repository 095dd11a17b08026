from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, Boolean, ForeignKey, Integer, SmallInt, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from events_app.events.tables import Event, TicketGroup
from events_app.kit.db import DB
from events_app.organisations.tables import Organisation


class Invitation(Table, db=DB):
    """A code that lets people register: one person's own, or shared by several.

    A use is a live person registered with it (confirmed, waiting or pending). With `holds_back`, its seats that nobody
    has yet are kept from the public while the invitation stands; `held` says how many, under the event's seat lock.
    """

    id = UUID(primary_key=True, default=None)
    event = ForeignKey(Event, null=False, index=True, on_delete=OnDelete.cascade)
    code = Varchar(20, help_text="capitals and digits without blanks; once per event; no secret of a person")
    label = Varchar(200, default="", help_text="for whom, for the organiser's eyes")
    email = Varchar(254, null=True, default=None, help_text="whose own it is; null: shared; empty: erased")
    ticket_group = ForeignKey(TicketGroup, null=True, default=None, on_delete=OnDelete.set_null)
    seats = Integer(default=1, help_text="how many people may register with it")
    used = Integer(default=0)
    holds_back = Boolean(default=False)
    held = Integer(default=0)
    skips_approval = Boolean(default=False)
    expires_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class Registration(Table, db=DB):
    """One organisation's registration for one event, run by its contact through the manage link."""

    id = UUID(primary_key=True, default=None)
    event = ForeignKey(Event, null=False, index=True, on_delete=OnDelete.restrict)
    organisation = ForeignKey(Organisation, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    ticket_group = ForeignKey(TicketGroup, null=True, default=None, on_delete=OnDelete.set_null)
    invitation = ForeignKey(Invitation, null=True, default=None, on_delete=OnDelete.set_null)
    status = Varchar(10, help_text="confirmed, waiting, pending or cancelled, as its attendees have it")
    organisation_name = Varchar(200)
    organisation_kind = Varchar(30)
    organisation_size = Varchar(10, null=True, default=None)
    organisation_startup = Boolean(default=False)
    organisation_postcode = Varchar(5, null=True, default=None)
    organisation_district = Varchar(5, null=True, default=None)
    contact_given_name = Varchar(100)
    contact_family_name = Varchar(100)
    contact_email = Varchar(254, index=True)
    contact_phone = Varchar(60, null=True, default=None)
    language = Varchar(2)
    all_or_none = Boolean(default=False)
    training = JSONB(default="{}")
    answers = JSONB(default="{}")
    answers_version = Integer(default=1, help_text="of the questions that `answers` were given to")
    earlier_answers = JSONB(default="[]", help_text="[{version, key, answer}] to questions since changed or removed")
    consents = JSONB(default="{}", help_text="{kind: {given, wording, at}}")
    match_consent = Boolean(default=False, help_text="the current state of consents.match, for queries")
    source = Varchar(10, help_text="form, api, walk_in or demo")
    generation = Integer(default=0, help_text="of the manage link; raising it revokes the old one")
    handed_over_at = Timestamptz(
        null=True, default=None, help_text="the contact is no longer who registered the people"
    )
    erased_at = Timestamptz(null=True, default=None, help_text="names, addresses and answers are gone since")
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class Attendee(Table, db=DB):
    """A person of a registration. A live attendee (not cancelled) is unique per event, name and address."""

    id = UUID(primary_key=True, default=None)
    registration = ForeignKey(Registration, null=False, index=True, on_delete=OnDelete.cascade)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict)
    position = SmallInt(default=0, help_text="order within the registration")
    given_name = Varchar(100)
    family_name = Varchar(100)
    email = Varchar(254, null=True, default=None, help_text="null: the contact gets the ticket")
    role = Varchar(200, default="")
    answers = JSONB(default="{}")
    answers_version = Integer(default=1, help_text="of the questions that `answers` were given to")
    earlier_answers = JSONB(default="[]", help_text="[{version, key, answer}] to questions since changed or removed")
    own_answers = JSONB(default="[]", help_text="keys of sensitive questions that this person answered alone")
    status = Varchar(10)
    waiting_number = BigInt(null=True, default=None, help_text="order on the waiting list, from a sequence")
    person_key = Varchar(64, help_text="digest of name and effective address, for the double registration check")
    erased_at = Timestamptz(null=True, default=None, help_text="the row counts, but says nothing of anybody since")
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class SeatOffer(Table, db=DB):
    """A free seat held for somebody in line until they take or decline it. At most one open offer per attendee."""

    id = UUID(primary_key=True, default=None)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    registration = ForeignKey(Registration, null=False, index=True, on_delete=OnDelete.cascade)
    attendee = ForeignKey(Attendee, null=False, index=True, on_delete=OnDelete.cascade)
    state = Varchar(10, help_text="open, taken, declined or expired; only open ones hold a seat")
    expires_at = Timestamptz(default=None)
    created_at = Timestamptz(default=None)


class AttendeeChoice(Table, db=DB):
    """What a person decides alone: needs of health and access, by their own consent, and photos. No row: nothing said.

    Whoever registered them knows the link of their ticket. So needs are shown only to the browser that sent them last:
    `revision` rises with each sending and makes older keys useless.
    """

    id = UUID(primary_key=True, default=None)
    attendee = ForeignKey(Attendee, null=False, unique=True, on_delete=OnDelete.cascade)
    needs = JSONB(default="[]", help_text="keys of rules.choices.NEEDS")
    note = Varchar(1000, default="", help_text="what they need, in their own words")
    consent_wording = Varchar(
        20, null=True, default=None, help_text="version of the text they agreed to; null: no consent"
    )
    consent_at = Timestamptz(null=True, default=None)
    revision = Integer(default=0)
    photos = Boolean(default=False)
    photos_wording = Varchar(20, null=True, default=None)
    photos_at = Timestamptz(null=True, default=None)


class IdempotencyKey(Table, db=DB):
    """A repeated POST finds its first answer here for 24 hours.

    `told`: what was answered of each person, without names and addresses (`service.repeats.Person`).
    """

    id = UUID(primary_key=True, default=None)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    key = Varchar(200)
    body_hash = Varchar(64)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade)
    created_at = Timestamptz(default=None, index=True)
    told = JSONB(null=True, default=None)


class HeldSubmission(Table, db=DB):
    """A form sent without JavaScript: it takes its seats only once the mailed link is confirmed."""

    id = UUID(primary_key=True, default=None)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    body = JSONB(default="{}")
    registration = ForeignKey(Registration, null=True, default=None, on_delete=OnDelete.cascade)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None, index=True)
