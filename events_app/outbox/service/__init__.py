"""Mail as rows: `queue` writes them into the transaction that causes them, `delivery` sends them (worker only)."""

from events_app.outbox.service.queue import NewMail, queue

__all__ = ["NewMail", "queue"]
