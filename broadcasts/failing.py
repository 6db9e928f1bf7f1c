"""Ending a broadcast that the relay will not take, as long as nobody can have got it."""

from django.db import transaction
from django.db.models import F

from broadcasts import recounting, reporting
from broadcasts.models import Broadcast, Chunk, Email

Status = Email.Status


@transaction.atomic
def fail_unsent(broadcast: Broadcast, *, reason: str) -> bool:
    """Fail the broadcast and every e-mail that waits; False, and nothing done, if one may have gone out."""
    # Other senders commit through their chunk: while the chunks are locked none can begin a message unseen.
    list(broadcast.chunks.select_for_update().order_by("pk").values_list("pk"))
    emails = reporting.recipients(broadcast)
    if emails.exclude(status__in=[Status.QUEUED, Status.SKIPPED, Status.FAILED]).exists():
        return False
    if emails.filter(maybe_twice=True).exists():
        return False
    broadcast.chunks.update(state=Chunk.State.CLOSED, epoch=F("epoch") + 1, owner="", lease=None, due_at=None)
    emails.filter(status=Status.QUEUED).update(status=Status.FAILED, reply=reason, next_attempt_at=None)
    recounting.recount(broadcast)
    sending = Broadcast.objects.filter(pk=broadcast.pk, status=Broadcast.Status.SENDING)
    return sending.update(status=Broadcast.Status.FAILED, failure=reason, trouble="") == 1
