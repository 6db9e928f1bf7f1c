"""Ending a broadcast that the relay will not take, as long as nobody can have got it."""

from django.db import transaction
from django.db.models import F, Q

from broadcasts import recounting, reporting
from broadcasts.models import Broadcast, Chunk, Email

Status = Email.Status


@transaction.atomic
def fail_unsent(broadcast: Broadcast, *, reason: str) -> bool:
    """Fail a broadcast that is being sent, and every e-mail of it that waits.

    False, and nothing done, if a message of it may have gone out, if another sender still is at it or died over it, or
    if somebody paused or canceled it.
    """
    sending = Broadcast.objects.filter(pk=broadcast.pk, status=Broadcast.Status.SENDING)
    if not list(sending.select_for_update().values_list("pk")):
        return False
    # Senders commit through their chunk: while the chunks are locked none can begin a message unseen. What one that
    # holds a chunk has done stands in the chunk's bytes, not yet in the ledger.
    chunks = broadcast.chunks.select_for_update().order_by("pk")
    if any(state == Chunk.State.LEASED for _, state in chunks.values_list("pk", "state")):
        return False
    emails = reporting.recipients(broadcast)
    is_tried = ~Q(status__in=[Status.QUEUED, Status.SKIPPED, Status.FAILED])
    if emails.filter(is_tried | Q(maybe_twice=True)).exists():
        return False
    broadcast.chunks.update(state=Chunk.State.CLOSED, epoch=F("epoch") + 1, owner="", lease=None, due_at=None)
    emails.filter(status=Status.QUEUED).update(status=Status.FAILED, reply=reason, next_attempt_at=None)
    recounting.recount(broadcast)
    sending.update(status=Broadcast.Status.FAILED, failure=reason, trouble="")
    return True
