"""Forgetting what imports leave behind: uploaded files and the rows of them that were rejected."""

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from contacts.models import ContactImport

Status = ContactImport.Status


@transaction.atomic
def forget_file(upload: ContactImport) -> None:
    """Delete the import's file and rejected rows; the import itself stays, with its counts."""
    upload.rejects.all().delete()
    storage, name = upload.file.storage, upload.file.name
    counts = ContactImport.objects.values_list("counts", flat=True).get(pk=upload.pk)
    kept = {key: value for key, value in counts.items() if key != "examples"}
    ContactImport.objects.filter(pk=upload.pk).update(file="", samples=[], counts=kept)
    if name:
        transaction.on_commit(partial(storage.delete, name))


def expire(*, now: datetime) -> None:
    """Forget the files of imports older than uploads are kept; one that nobody finished by then is canceled."""
    kept_since = now - timedelta(days=settings.KEEP_UPLOADS_DAYS)
    old = ContactImport.objects.filter(created_at__lt=kept_since).exclude(file="")
    for upload in old.exclude(status__in=[Status.MAPPED, Status.IMPORTING]):
        failure = f"Nobody finished it within {settings.KEEP_UPLOADS_DAYS} days, so its file was deleted."
        unfinished = ContactImport.objects.filter(pk=upload.pk, status__in=[Status.UPLOADED, Status.REVIEWED])
        unfinished.update(status=Status.CANCELED, failure=failure, finished_at=timezone.now())
        forget_file(upload)
