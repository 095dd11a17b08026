from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigSerial, Timestamptz, Varchar
from piccolo.table import Table

from events_app.kit.db import DB


class AuditEntry(Table, db=DB):
    """Who did what to which object. Actors and objects are ids, never names: an erase leaves the line true."""

    id = BigSerial(primary_key=True)
    at = Timestamptz(default=None, index=True)
    actor_kind = Varchar(20, help_text="account, api_token, device, registration, attendee or system")
    actor_id = Varchar(64, default="")
    action = Varchar(60)
    object_kind = Varchar(30)
    object_id = Varchar(64, index=True)
    event_id = UUID(null=True, default=None, index=True)
    details = JSONB(default="{}")
