"""After its days an export's file is deleted; the row stays and says so. What failed ones left is deleted too."""

from datetime import datetime

from exports import storing
from exports.models import Export


def expire(*, now: datetime) -> None:
    """Mark what is past its time, then delete the files; what can't be deleted is tried again."""
    Export.objects.past(now).update(status=Export.Status.EXPIRED, leftovers=True)
    # In any order, so that a file which can't be deleted doesn't keep the same others every time.
    for export in Export.objects.to_tidy().select_related("team").order_by("?"):
        if not storing.tidy(export):
            # The storage may be away, which takes long to find out.
            return
