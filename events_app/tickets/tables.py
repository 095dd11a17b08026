from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from events_app.events.tables import Event
from events_app.kit.db import DB


class Ticket(Table, db=DB):
    """A ticket and a snapshot of its holder: what the ticket page, the door and the PDF show.

    The id is the 128 bits inside the code and stays when a colleague takes over; then `version` rises (the old code
    dies) and `generation` rises (the old link dies).
    """

    id = UUID(primary_key=True, default=None)
    event = ForeignKey(Event, null=False, index=True, on_delete=OnDelete.restrict)
    attendee_id = UUID(unique=True, default=None)
    registration_id = UUID(default=None, index=True)
    version = Integer(default=1)
    generation = Integer(default=0)
    short_code = Varchar(8, help_text="unique within the event")
    status = Varchar(10, help_text="the attendee's: confirmed, waiting, pending or cancelled")
    admitted_at = Timestamptz(null=True, default=None, help_text="the first admission of all days, written by the door")
    given_name = Varchar(100)
    family_name = Varchar(100)
    organisation = Varchar(200)
    language = Varchar(2)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
