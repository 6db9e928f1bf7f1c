"""Forgetting what an import leaves behind: the uploaded file, what was shown of it, and its rejected rows."""

import logging
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from contacts.models import ContactImport
from contacts.querysets import ImportQuerySet

log = logging.getLogger(__name__)


def forget_file(upload: ContactImport) -> None:
    """Delete the import's file and rejected rows; the import itself stays, with its counts.

    The caller's transaction holds the row. The file goes first: as long as the row names it, it is tried again.
    """
    if upload.file.name:
        upload.file.storage.delete(upload.file.name)
    upload.rejects.all().delete()
    counts = ContactImport.objects.values_list("counts", flat=True).get(pk=upload.pk)
    kept = {key: value for key, value in counts.items() if key != "examples"}
    ContactImport.objects.filter(pk=upload.pk).update(file="", samples=[], counts=kept)


def forget_files(imports: ImportQuerySet, *, but: Sequence[str] = (), failure: str) -> None:
    """Forget the files of `imports` that aren't at one of the steps `but`; what isn't over is canceled with `failure`.

    A file that can't be deleted keeps no other from being deleted, and is named in its row until it can.
    """
    for import_id in imports.exclude(file="").exclude(status__in=but).values_list("pk", flat=True):
        try:
            _cancel_and_forget(import_id, but=but, failure=failure)
        except OSError as trouble:
            log.warning("The file of import %s can't be deleted: %s", import_id, trouble)


@transaction.atomic
def _cancel_and_forget(import_id: int, *, but: Sequence[str], failure: str) -> None:
    standing = ContactImport.objects.select_for_update().filter(pk=import_id).exclude(file="")
    upload = standing.exclude(status__in=but).first()
    if upload is None:
        return
    unfinished = ContactImport.objects.filter(pk=upload.pk, finished_at__isnull=True)
    unfinished.update(
        status=ContactImport.Status.CANCELED, failure=failure, finished_at=timezone.now(), heartbeat_at=None
    )
    forget_file(upload)
