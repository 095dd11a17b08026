"""What must hold of the newsletter whoever writes: no subscriber without proof, no issue twice to one address."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from events_app.kit.db import execute

ID = "2026-11-23T19:11:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "constraints of the newsletter"

CHECKS = {
    "newsletter_subscriber": {
        "status": "status IN ('pending', 'confirmed', 'unsubscribed')",
        "source": "source IN ('form', 'registration', 'demo')",
        "language": "language IN ('de', 'en')",
        "email": "email = lower(email) AND position('@' IN email) > 1",
        "proof": "status <> 'confirmed' OR (confirmed_at IS NOT NULL AND confirmed_at >= requested_at AND wording <> '')",
        "left": "(status = 'unsubscribed') = (unsubscribed_at IS NOT NULL)",
        "emptied": "status <> 'unsubscribed' OR (name = '' AND organisation = '' AND role = '' AND region = ''"
        " AND clusters = '{}' AND topics = '{}')",
    },
    "newsletter_suppression": {
        "reason": "reason IN ('unsubscribed', 'erased')",
        "hash": "address_hash ~ '^[0-9a-f]{64}$'",
    },
    "newsletter_issue": {
        "status": "status IN ('draft', 'queued', 'sending', 'paused', 'sent')",
        "planned": "(status = 'draft') = (scheduled_at IS NULL)",
        "begun": "(status IN ('sending', 'paused', 'sent')) = (started_at IS NOT NULL)",
        "ended": "(status = 'sent') = (finished_at IS NOT NULL)",
        "written": "status = 'draft' OR (subject_de <> '' AND body_de <> '' AND (subject_en = '') = (body_en = ''))",
        "slug": "slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'",
        "counts": "recipients >= 0 AND unsubscribed >= 0",
    },
    "newsletter_delivery": {
        "state": "state IN ('due', 'queued', 'sent', 'failed', 'skipped')",
    },
}

KEYS = {
    "newsletter_delivery_once": "UNIQUE INDEX {name} ON newsletter_delivery (issue, subscriber)",
    "newsletter_delivery_state": "INDEX {name} ON newsletter_delivery (issue, state)",
    "newsletter_subscriber_unconfirmed": "INDEX {name} ON newsletter_subscriber (asked_at) WHERE status = 'pending'",
    "newsletter_consent_given": "INDEX {name} ON registration (id)"
    " WHERE (consents -> 'newsletter' ->> 'given') = 'true' AND source <> 'demo'",
    "newsletter_mail": "INDEX {name} ON outbox_mail ((payload ->> 'delivery')) WHERE payload ->> 'delivery' IS NOT NULL",
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="clustertreff", description=DESCRIPTION)

    async def add() -> None:
        for table, checks in CHECKS.items():
            for name, rule in checks.items():
                await execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})")
        for name, index in KEYS.items():
            await execute("CREATE " + index.format(name=name))

    async def remove() -> None:
        for name in KEYS:
            await execute(f"DROP INDEX {name}")
        for table, checks in CHECKS.items():
            for name in checks:
                await execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
