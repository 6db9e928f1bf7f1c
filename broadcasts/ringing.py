"""Bells of broadcasts: at most one is out per broadcast, however often it is looked at before a worker has time."""

from datetime import timedelta

from celery import Task
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from broadcasts import silence
from broadcasts.models import Broadcast
from lib import bells

# A bell that nobody answered for so many sweeps is taken for lost.
LOST_AFTER_SWEEPS = 4


def not_rung() -> Q:
    """Broadcasts for which no bell is out."""
    return Q(rung_at=None) | Q(rung_at__lt=Now() - timedelta(seconds=LOST_AFTER_SWEEPS * settings.SWEEP_EVERY))


def ring(task: Task, *, broadcast_id: int, in_seconds: float = 0.0) -> None:
    """Wake a worker, now or later, unless a bell is out.

    Never waits: a broadcast that somebody else holds is left to the sweep.
    """
    with transaction.atomic():
        silence.end_after_a_lease()
        free = Broadcast.objects.select_for_update(skip_locked=True).filter(not_rung(), pk=broadcast_id)
        if Broadcast.objects.filter(pk__in=free.values("pk")).update(rung_at=Now()):
            bells.ring(task, in_seconds=in_seconds, broadcast_id=broadcast_id)


def answered(broadcast_id: int) -> None:
    """The bell was heard: the next one may ring."""
    Broadcast.objects.filter(pk=broadcast_id).update(rung_at=None)
