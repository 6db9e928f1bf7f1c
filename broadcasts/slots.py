"""Slots: how many senders work on a broadcast, and how many connections all of them hold open to a relay.

A bell that rings too often finds no slot free; so bells can't multiply senders.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now

from broadcasts import claiming, throttling
from broadcasts.models import Broadcast, DrainSlot, Transport


@dataclass(frozen=True)
class Slot:
    """A sender's place at a broadcast; it may hold so many connections."""

    pk: int
    connections: int


@transaction.atomic
def take(broadcast: Broadcast, *, relay: str) -> Slot | None:
    """Take a place and as many connections as are left for it; None when none is free."""
    row = Transport.objects.select_for_update().get(pk=throttling.transport(relay).pk)
    DrainSlot.objects.filter(lease__lt=Now()).delete()
    if DrainSlot.objects.filter(broadcast=broadcast).count() >= settings.SEND_DRAINS:
        return None
    connections = min(settings.SEND_CONNECTIONS, _left(row))
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


def keep(slot: Slot) -> None:
    """Give a sign of life."""
    DrainSlot.objects.filter(pk=slot.pk).update(lease=Now() + timedelta(seconds=settings.SEND_LEASE))


def leave(slot: Slot) -> None:
    DrainSlot.objects.filter(pk=slot.pk).delete()


def _left(row: Transport) -> int:
    """How many connections to the relay nobody holds."""
    if not settings.SEND_CONNECTIONS_IN_ALL:
        return int(settings.SEND_CONNECTIONS)
    taken = row.slots.aggregate(taken=Sum("connections"))["taken"] or 0
    return int(settings.SEND_CONNECTIONS_IN_ALL - taken)
