"""After its days an export's file is deleted; the row stays and says so."""

from datetime import datetime

from exports import storing
from exports.models import Export


def expire(*, now: datetime) -> None:
    """Mark what is past its time, then delete the files; one that can't be deleted is tried again."""
    Export.objects.past(now).update(status=Export.Status.EXPIRED)
    for export in Export.objects.filter(status=Export.Status.EXPIRED).exclude(file="").select_related("team"):
        if storing.forget(export):
            Export.objects.filter(pk=export.pk).update(file="")
