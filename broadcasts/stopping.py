"""What is left of a broadcast that was canceled: its e-mails that nobody has been sent."""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from broadcasts import claiming
from broadcasts.models import Broadcast, Chunk
from lib import sql

CANCELED = "The broadcast was canceled before it was sent."


def cancel_rest(broadcast: Broadcast) -> None:
    """Cancel what waits, chunk by chunk; one that a sender still holds is left for the next sweep."""
    # What is canceled needs no delay.
    broadcast.chunks.filter(state=Chunk.State.OPEN).exclude(due_at=None).update(due_at=None)
    while (held := _claimed(broadcast)) is not None:
        parameters = {"chunk_id": held.chunk_id, "epoch": held.epoch, "reason": CANCELED}
        sql.execute("broadcasts", "cancel_chunk", parameters)


def unfinished() -> QuerySet[Broadcast]:
    """Canceled broadcasts of which something still waits."""
    waiting = Chunk.objects.filter(broadcast=OuterRef("pk")).unfinished()
    return Broadcast.objects.filter(Exists(waiting), status=Broadcast.Status.CANCELED)


@transaction.atomic
def _claimed(broadcast: Broadcast) -> claiming.Claim | None:
    """The next chunk, as long as the broadcast is canceled: a late bell must not touch what was sent to the rest since.

    While the chunk is held, it can't be sent to the rest.
    """
    canceled = Broadcast.objects.filter(pk=broadcast.pk, status=Broadcast.Status.CANCELED)
    if not list(canceled.select_for_update().values_list("pk")):
        return None
    return claiming.claim(broadcast)
