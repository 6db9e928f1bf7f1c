"""Celery, used as a bell: the rows in PostgreSQL say what there is to do, tasks only wake a worker to look.

Queues: `default` (sweeps and whatever is short), `mail` (test sends, invitations and single e-mails), `ledger`
(freezing, canceling, counting opens and clicks: one statement each, but over a whole broadcast), `importing` (imports,
exports, emptying deleted audiences), `dns` (looking up domains, at name servers of anybody) and `sending` (broadcast
drains). The last four hold a process for long, so each has a worker of its own: none of them delays another, a sweep or
a test.
"""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


# A page that rings a bell while the broker is away must neither wait nor try again: the sweep will.
BROKER_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 0.5,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "connect_retries_timeout": 0.5,
    "visibility_timeout": 3600,
}


def _broker_url(redis_url: str) -> str:
    """Kombu's spelling of a Redis URL: a Unix socket is `redis+socket://`."""
    return redis_url.replace("unix://", "redis+socket://", 1)


app = Celery("carillon")
app.conf.update(
    broker_url=_broker_url(settings.REDIS_URL),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options=BROKER_OPTIONS,
    task_default_queue="default",
    task_routes={
        "broadcasts.tasks.drain": {"queue": "sending"},
        "broadcasts.tasks.send_test": {"queue": "mail"},
        "broadcasts.tasks.start": {"queue": "ledger"},
        "broadcasts.tasks.cancel_rest": {"queue": "ledger"},
        "broadcasts.tasks.tally": {"queue": "ledger"},
        "contacts.tasks.empty_audience": {"queue": "importing"},
        "contacts.tasks.run_import": {"queue": "importing"},
        "domains.tasks.check": {"queue": "dns"},
        "domains.tasks.recheck": {"queue": "dns"},
        "exports.tasks.write": {"queue": "importing"},
        "teams.tasks.send_invitation": {"queue": "mail"},
    },
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    enable_utc=True,
    beat_schedule={
        name: {"task": task, "schedule": settings.SWEEP_EVERY, "options": {"expires": settings.SWEEP_EVERY}}
        for name, task in {
            "sweep broadcasts": "broadcasts.tasks.sweep",
            "sweep contacts": "contacts.tasks.sweep",
            "sweep domains": "domains.tasks.sweep",
            "sweep logs": "api.tasks.sweep",
            "sweep exports": "exports.tasks.sweep",
            "sweep teams": "teams.tasks.sweep",
        }.items()
    },
)
app.autodiscover_tasks()
