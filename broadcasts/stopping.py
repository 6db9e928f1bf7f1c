"""What is left of a broadcast that was canceled: its e-mails that nobody has been sent."""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from broadcasts import claiming
from broadcasts.models import Broadcast, Chunk
from lib import sql

CANCELED = "The broadcast was canceled before it was sent."


def cancel_rest(broadcast: Broadcast) -> None:
    """Cancel what waits, chunk by chunk; one that a sender still holds is left for the next sweep."""
    _hasten(broadcast)
    while (taken := _take(broadcast)) is not None:
        claiming.catch_up(taken, team=broadcast.team)
        parameters = {"chunk_id": taken.claim.chunk_id, "epoch": taken.claim.epoch, "reason": CANCELED}
        sql.execute("broadcasts", "cancel_chunk", parameters)


def unfinished() -> QuerySet[Broadcast]:
    """Canceled broadcasts of which something still waits."""
    waiting = Chunk.objects.filter(broadcast=OuterRef("pk")).unfinished()
    return Broadcast.objects.filter(Exists(waiting), status=Broadcast.Status.CANCELED)


@transaction.atomic
def _hasten(broadcast: Broadcast) -> None:
    """What is canceled needs no delay before it may be claimed."""
    if _is_canceled(broadcast):
        broadcast.chunks.filter(state=Chunk.State.OPEN).exclude(due_at=None).update(due_at=None)


@transaction.atomic
def _take(broadcast: Broadcast) -> claiming.Taken | None:
    """The next chunk, as long as the broadcast is canceled; while it is held, none of it can be sent to the rest."""
    return claiming.take(broadcast) if _is_canceled(broadcast) else None


def _is_canceled(broadcast: Broadcast) -> bool:
    """Locked until the transaction ends: a late bell must not touch what was sent to the rest since."""
    canceled = Broadcast.objects.filter(pk=broadcast.pk, status=Broadcast.Status.CANCELED)
    return bool(canceled.select_for_update().values_list("pk"))
