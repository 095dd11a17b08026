from __future__ import annotations

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Numeric,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from events_app.kit.db import DB


class Cluster(Table, db=DB):
    """A training cluster, led by a cluster agent's organisation."""

    id = UUID(primary_key=True, default=None)
    slug = Varchar(80, unique=True)
    name = Varchar(120)
    position = Integer(default=0)
    color = Varchar(7, default="#a84a12", help_text="#rrggbb")
    tagline_de = Varchar(200, default="")
    tagline_en = Varchar(200, default="")
    region_de = Varchar(200, default="")
    region_en = Varchar(200, default="")
    about_de = Text(default="", help_text="Markdown")
    about_en = Text(default="", help_text="Markdown")
    partners_de = Varchar(200, default="")
    partners_en = Varchar(200, default="")
    agent_organisation = Varchar(200)
    agent_email = Varchar(254, default="")
    occupations = Array(base_column=Varchar(80), default=list, help_text="occupation ids of the reference data")
    districts = Array(base_column=Varchar(5), default=list, help_text="AGS, five digits")
    attendance_kept_until = Date(null=True, default=None, help_text="the funder may ask for lists until then")
    embed_hosts = Array(
        base_column=Varchar(255), default=list, help_text="origins whose pages may show the cluster's events in a frame"
    )
    created_at = Timestamptz(default=None)


class Organisation(Table, db=DB):
    """An organisation the cluster agent knows; a registration keeps its own copy of what it stated."""

    id = UUID(primary_key=True, default=None)
    name = Varchar(200)
    name_key = Varchar(200, index=True, help_text="for comparing: no case, punctuation or legal form")
    kind = Varchar(30)
    size = Varchar(10, null=True, default=None, help_text="2003/361/EC")
    employees = Integer(null=True, default=None)
    turnover_meur = Numeric(digits=(12, 3), null=True, default=None)
    balance_meur = Numeric(digits=(12, 3), null=True, default=None)
    startup = Boolean(default=False)
    postcode = Varchar(5, null=True, default=None)
    place = Varchar(120, default="")
    district = Varchar(5, null=True, default=None, help_text="AGS, five digits")
    themes = Array(base_column=Varchar(30), default=list)
    training = JSONB(default="{}", help_text="needs and offers as in the API's `training`")
    cluster = ForeignKey(Cluster, null=True, default=None, index=True, help_text="set for members")
    demo_id = Varchar(10, null=True, default=None, unique=True)
    from_registration = Boolean(
        default=False, help_text="filed from what somebody stated; goes when none of its registrations is left"
    )
    merged_into: ForeignKey[Organisation] = ForeignKey(
        "self", null=True, default=None, index=True, on_delete=OnDelete.cascade, help_text="another name of that one"
    )
    created_at = Timestamptz(default=None)
