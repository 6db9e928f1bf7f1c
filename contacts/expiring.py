"""Forgetting uploaded files in time, and those that nothing names."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models.functions import Coalesce

from contacts.forgetting import forget_files
from contacts.models import UPLOADS, ContactImport

log = logging.getLogger(__name__)

# Longer than any upload may take from its file to its row.
GRACE = timedelta(days=1)
Status = ContactImport.Status


def expire(*, now: datetime) -> None:
    """Forget the files of imports older than uploads are kept; one that nobody finished by then is canceled."""
    kept_since = now - timedelta(days=settings.KEEP_UPLOADS_DAYS)
    failure = f"Nobody finished it within {settings.KEEP_UPLOADS_DAYS} days, so its file was deleted."
    old = ContactImport.objects.alias(last=Coalesce("finished_at", "created_at")).filter(last__lt=kept_since)
    forget_files(old, but=[Status.MAPPED, Status.IMPORTING], failure=failure)


def delete_orphans(*, now: datetime) -> None:
    """Delete uploaded files that no import names: a worker or a server died between the file and the row."""
    try:
        _, names = default_storage.listdir(UPLOADS)
    except FileNotFoundError:
        return
    paths = {f"{UPLOADS}/{name}" for name in names}
    named = ContactImport.objects.filter(file__in=paths).values_list("file", flat=True)
    for path in paths.difference(named):
        try:
            if default_storage.get_modified_time(path) < now - GRACE:
                default_storage.delete(path)
        except OSError as trouble:
            log.warning("The file %s can't be deleted: %s", path, trouble)
