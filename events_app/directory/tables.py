from __future__ import annotations

from piccolo.columns import JSONB, UUID, Array, ForeignKey, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from events_app.kit.db import DB
from events_app.organisations.tables import Organisation


class OrganisationMerge(Table, db=DB):
    """Two organisations that turned out to be one, with all that is needed to part them again."""

    id = UUID(primary_key=True, default=None)
    kept = ForeignKey(Organisation, null=False, index=True, on_delete=OnDelete.cascade)
    dissolved = ForeignKey(Organisation, null=False, index=True, on_delete=OnDelete.cascade)
    before = JSONB(default="{}", help_text="the kept one's values before the merge, as far as they have changed")
    registrations = Array(base_column=UUID(default=None), default=list, help_text="moved from the dissolved one")
    actor_kind = Varchar(20)
    actor_id = Varchar(64, default="")
    created_at = Timestamptz(default=None, index=True)
    undone_at = Timestamptz(null=True, default=None)


class OrganisationDifference(Table, db=DB):
    """Two organisations of one name that somebody knows to be different: never proposed again. `one` < `other`."""

    id = UUID(primary_key=True, default=None)
    one = ForeignKey(Organisation, null=False, index=True, on_delete=OnDelete.cascade)
    other = ForeignKey(Organisation, null=False, index=True, on_delete=OnDelete.cascade)
    created_at = Timestamptz(default=None)
