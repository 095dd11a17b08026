"""What must hold whoever writes: checks, composite and partial keys, and the order of the waiting list."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from events_app.kit.db import execute

ID = "2026-11-23T16:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "constraints across columns"

LIVE = "('confirmed', 'waiting', 'pending')"
STATES = "('confirmed', 'waiting', 'pending', 'cancelled')"
ROLES = "('admin', 'agent', 'door')"
SIZES = "('micro', 'small', 'medium', 'large')"
KINDS = (
    "('company', 'training_provider', 'vocational_school', 'school', 'chamber', 'association', 'research', "
    "'business_development', 'public_body', 'other')"
)

CHECKS = {
    "account": {
        "role": f"role IN {ROLES}",
        "email_lower": "email = lower(email)",
        "event_only_for_door": "role = 'door' OR event_id IS NULL",
        "admin_has_no_cluster": "role <> 'admin' OR cluster_id IS NULL",
    },
    "api_token": {"role": f"role IN {ROLES}", "admin_has_no_cluster": "role <> 'admin' OR cluster_id IS NULL"},
    "login_token": {"attempts": "attempts >= 0", "lives": "expires_at > created_at"},
    "outbox_mail": {
        "status": "status IN ('queued', 'sending', 'sent', 'parked')",
        "sent_at": "(status = 'sent') = (sent_at IS NOT NULL)",
        "lease": "status <> 'sending' OR claimed_until IS NOT NULL",
    },
    "cluster": {"color": "color ~ '^#[0-9a-f]{6}$'", "slug": "slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'"},
    "organisation": {"kind": f"kind IN {KINDS}", "size": f"size IN {SIZES}"},
    "event": {
        "slug": "slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'",
        "kind": "kind IN ('kickoff', 'cluster_event', 'workshop', 'webinar')",
        "mode": "mode IN ('onsite', 'online', 'hybrid')",
        "status": "status IN ('draft', 'published', 'cancelled')",
        "ends_after_start": "ends_at >= starts_at",
        "closes_after_opening": "closes_at > opens_at",
        "public_key": "length(public_key) = 32",
        "published_at": "status <> 'published' OR published_at IS NOT NULL",
        "cancelled_at": "(status = 'cancelled') = (cancelled_at IS NOT NULL)",
    },
    "event_seats": {
        "never_oversold": "taken <= capacity + excess",
        "counts": "taken >= 0 AND excess >= 0 AND capacity >= 0",
    },
    "ticket": {
        "status": f"status IN {STATES}",
        "version": "version >= 1 AND generation >= 0",
        "short_code": "short_code ~ '^[0-9A-Z]{8}$'",
    },
    "calendar_entry": {
        "kind": "kind IN ('event', 'session', 'meeting')",
        "status": "status IN ('confirmed', 'tentative', 'cancelled')",
        "sequence": "sequence >= 0",
        "own_times": "(kind = 'event') = (starts_at IS NULL)",
        "ends_after_start": "ends_at >= starts_at",
    },
    "registration": {
        "status": f"status IN {STATES}",
        "organisation_kind": f"organisation_kind IN {KINDS}",
        "organisation_size": f"organisation_size IN {SIZES}",
        "source": "source IN ('form', 'api', 'walk_in', 'demo')",
        "language": "language IN ('de', 'en')",
    },
    "attendee": {
        "status": f"status IN {STATES}",
        "waiting_number": "(status = 'waiting') = (waiting_number IS NOT NULL)",
        "name": "given_name <> '' AND family_name <> ''",
    },
    "scan": {
        "direction": "direction IN ('entry', 'exit')",
        "result": "result IN ('admitted', 'already_inside', 'left', 'refused')",
        "reason": "(result = 'refused') = (reason IS NOT NULL)",
    },
    "matching_run": {
        "status": "status IN ('queued', 'running', 'done', 'failed', 'cancelled')",
        "stage": "stage IN ('scoring', 'selecting', 'scheduling')",
        "progress": "progress BETWEEN 0 AND 1",
        "published_when_done": "published_at IS NULL OR status = 'done'",
    },
    "candidate": {"score": "score BETWEEN 0 AND 1000", "two_sides": "company <> partner"},
    "match": {"meeting": "(starts_at IS NULL) = (ends_at IS NULL)"},
}

KEYS = {
    "outbox_mail_due": "INDEX {name} ON outbox_mail (next_try_at, id) WHERE status IN ('queued', 'sending')",
    "outbox_mail_uid": "INDEX {name} ON outbox_mail (calendar_uid, id) WHERE status IN ('queued', 'sending')",
    "event_public": "INDEX {name} ON event (starts_at, id) WHERE status <> 'draft'",
    "ticket_short_code": "UNIQUE INDEX {name} ON ticket (event, short_code)",
    "calendar_entry_event_once": "UNIQUE INDEX {name} ON calendar_entry (attendee_id) WHERE kind = 'event'",
    "attendee_once": f"UNIQUE INDEX {{name}} ON attendee (event, person_key) WHERE status IN {LIVE}",
    "attendee_waiting": "INDEX {name} ON attendee (event, waiting_number) WHERE status = 'waiting'",
    "attendee_email": "INDEX {name} ON attendee (lower(email))",
    "idempotency_key_once": "UNIQUE INDEX {name} ON idempotency_key (event, key)",
    "scan_of_device": "INDEX {name} ON scan (event, received_at)",
    "presence_once_a_day": "UNIQUE INDEX {name} ON presence (ticket, day)",
    "matching_run_one_active": ("UNIQUE INDEX {name} ON matching_run (event) WHERE status IN ('queued', 'running')"),
    "candidate_once": "UNIQUE INDEX {name} ON candidate (run, company, partner)",
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="clustertreff", description=DESCRIPTION)

    async def add() -> None:
        for table, checks in CHECKS.items():
            for name, rule in checks.items():
                await execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})")
        for name, index in KEYS.items():
            await execute("CREATE " + index.format(name=name))
        await execute("CREATE SEQUENCE waiting_number AS bigint")

    async def remove() -> None:
        await execute("DROP SEQUENCE waiting_number")
        for name in KEYS:
            await execute(f"DROP INDEX {name}")
        for table, checks in CHECKS.items():
            for name in checks:
                await execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
