"""Slots: how many senders work on a broadcast, and how many connections all of them hold open to a relay.

A bell that rings too often finds no slot free; so bells can't multiply senders.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import Now

from broadcasts import claiming, silence, throttling
from broadcasts.models import Broadcast, Chunk, DrainSlot, Transport


@dataclass(frozen=True)
class Slot:
    """A sender's place at a broadcast; it may hold so many connections."""

    pk: int
    connections: int


@transaction.atomic
def take(broadcast: Broadcast, *, relay: str) -> Slot | None:
    """Take a place and as many connections as are left for it; None when none is free.

    Where connections are limited in all, the broadcasts that have something to send share them evenly.
    """
    silence.end_after_a_lease()
    row = Transport.objects.select_for_update().get(pk=throttling.transport(relay).pk)
    DrainSlot.objects.filter(lease__lt=Now()).delete()
    if DrainSlot.objects.filter(broadcast=broadcast).count() >= settings.SEND_DRAINS:
        return None
    connections = min(settings.SEND_CONNECTIONS, _left(row, broadcast))
    if connections < 1:
        return None
    taken = DrainSlot.objects.create(
        transport=row,
        broadcast=broadcast,
        owner=claiming.owner(),
        connections=connections,
        lease=Now() + timedelta(seconds=settings.SEND_LEASE),
    )
    return Slot(taken.pk, connections)


def keep(slot: Slot) -> bool:
    """Give a sign of life; False when it came too late and the place is somebody else's."""
    lease = Now() + timedelta(seconds=settings.SEND_LEASE)
    return DrainSlot.objects.filter(pk=slot.pk).update(lease=lease) == 1


def leave(slot: Slot) -> None:
    DrainSlot.objects.filter(pk=slot.pk).delete()


def _left(row: Transport, broadcast: Broadcast) -> int:
    """How many connections to the relay nobody holds, and of which the broadcast hasn't had its share."""
    in_all = int(settings.SEND_CONNECTIONS_IN_ALL)
    if not in_all:
        return int(settings.SEND_CONNECTIONS)
    has_work = Exists(Chunk.objects.filter(broadcast=OuterRef("pk")).claimable()) | Exists(
        DrainSlot.objects.filter(broadcast=OuterRef("pk"))
    )
    others = Broadcast.objects.filter(has_work, status=Broadcast.Status.SENDING).exclude(pk=broadcast.pk).count()
    share = -(-in_all // (others + 1))
    return min(in_all - _taken(row.slots.all()), share - _taken(row.slots.filter(broadcast=broadcast)))


def _taken(held: QuerySet[DrainSlot]) -> int:
    return held.aggregate(taken=Sum("connections", default=0))["taken"]
