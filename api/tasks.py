"""What workers are woken for."""

from celery import shared_task
from django.utils import timezone

from api import expiring


@shared_task
def sweep() -> None:
    expiring.expire(now=timezone.now())
