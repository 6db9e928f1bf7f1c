"""What workers are woken for. Rows say what there is to do; a bell rung twice finds nothing the second time."""

from celery import shared_task
from django.utils import timezone

from audiences.models import Audience
from contacts import claiming, deleting, expiring, importing, staging
from contacts.models import ContactImport
from lib import bells


@shared_task
def run_import(*, import_id: int) -> None:
    importing.run(import_id=import_id, now=timezone.now())


@shared_task
def empty_audience(*, audience_id: int) -> None:
    if deleting.empty(Audience.objects.get(pk=audience_id)):
        bells.ring(empty_audience, audience_id=audience_id)


@shared_task
def sweep() -> None:
    """Go on with imports that lost their bell or their worker, empty deleted audiences, clear away what is old."""
    now = timezone.now()
    for audience in Audience.objects.to_empty():
        bells.ring(empty_audience, audience_id=audience.pk)
    for upload in ContactImport.objects.stalled(since=now - claiming.LEASE):
        bells.ring(run_import, import_id=upload.pk)
    expiring.expire(now=now)
    expiring.delete_orphans(now=now)
    staging.drop_unneeded()
