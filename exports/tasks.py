"""What workers are woken for. Rows say what there is to do; a bell that rings twice does no harm."""

from celery import shared_task
from django.utils import timezone

from exports import claiming, expiring, notifying, writing
from exports.models import Export
from lib import bells


@shared_task
def write(*, export_id: int) -> None:
    writing.write(export_id=export_id, now=timezone.now())
    notifying.notify_all(now=timezone.now())


@shared_task
def sweep() -> None:
    """Go on with what lost its bell or its worker, tell of what has ended, delete what is past its time."""
    now = timezone.now()
    for export_id in Export.objects.waiting(silent_since=now - claiming.LEASE).values_list("pk", flat=True):
        bells.ring(write, export_id=export_id)
    notifying.notify_all(now=now)
    expiring.expire(now=now)
