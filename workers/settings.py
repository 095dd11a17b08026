"""What the worker does: its jobs, its clock, its queue."""

from __future__ import annotations

from arq import Worker, func
from arq.typing import WorkerCoroutine
from arq.worker import Function

from events_app.kit import db, jobs, logs, settings
from workers import attendance, housekeeping, matchmaking, newsletter
from workers.outbox import deliver_mail
from workers.patience import PatientWorker

POLL_SECONDS = 0.5
JOB_SECONDS = 60
MAX_JOBS = 4

FUNCTIONS: list[Function | WorkerCoroutine] = [
    func(deliver_mail, timeout=5),
    *matchmaking.FUNCTIONS,
    *newsletter.FUNCTIONS,
]


def make_worker(*, handle_signals: bool = True, burst: bool = False) -> Worker:
    """A worker for the current settings; `make_worker().run()` works until SIGTERM or Ctrl-C.

    Results are not kept: what matters stands in PostgreSQL, and a kept result would keep its job from running again.
    """
    logs.configure()
    now = settings.current()
    db.use_database(now.database_url)
    return PatientWorker(
        functions=FUNCTIONS,
        cron_jobs=[*matchmaking.CRON_JOBS, *housekeeping.CRON_JOBS, *attendance.CRON_JOBS, *newsletter.CRON_JOBS],
        queue_name=jobs.QUEUE_NAME,
        redis_settings=jobs.redis_settings(now.queue_url),
        job_serializer=jobs.pack,
        job_deserializer=jobs.unpack,
        poll_delay=POLL_SECONDS,
        job_timeout=JOB_SECONDS,
        max_jobs=MAX_JOBS,
        keep_result=0,
        health_check_interval=30,
        handle_signals=handle_signals,
        burst=burst,
        log_results=False,
    )
