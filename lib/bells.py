"""Ringing a worker's bell. The row is the work; a bell that nobody hears costs one sweep, never a page or a POST."""

import logging
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def ring(task: Task, /, *, in_seconds: float = 0.0, **ids: Any) -> None:
    """Wake a worker for `task` once the current transaction has committed; never raises when the broker is away."""

    def ring_now() -> None:
        try:
            task.apply_async(kwargs=ids, countdown=in_seconds or None, retry=False)
        except (OperationalError, RedisError, OSError) as away:
            log.warning("The broker is away (%s): %s waits for the next sweep.", away, task.name)

    transaction.on_commit(ring_now, robust=True)
