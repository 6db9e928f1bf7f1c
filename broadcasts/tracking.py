"""What recipients did with a broadcast's e-mails, as its report shows it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from broadcasts.models import Broadcast, Link
from lib import sql

HOURS = 48


@dataclass(frozen=True)
class Hour:
    """How many recipients first opened, first clicked and first unsubscribed in the hour that begins `at`."""

    at: datetime
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0


def link_table(broadcast: Broadcast) -> list[Link]:
    """The links whose clicks are counted, in the message's order."""
    return list(broadcast.links.order_by("number"))


def timeline(broadcast: Broadcast) -> list[Hour]:
    """The first 48 hours of the clock, also those in which nothing happened; none for one that hasn't started."""
    # A wave to the rest is held too, which says nothing about the first one.
    held_until = None if broadcast.waves else broadcast.hold_until
    began_at = max(filter(None, [broadcast.queued_at, held_until]), default=None)
    if began_at is None or broadcast.audience_size is None:
        return []
    since = began_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [since + timedelta(hours=number) for number in range(HOURS)]
    parameters = {"broadcast_id": broadcast.pk, "since": since, "until": since + timedelta(hours=HOURS)}
    counted = {at: numbers for at, *numbers in sql.rows("broadcasts", "count_by_hour", parameters)}
    return [Hour(at, *counted.get(at, ())) for at in hours]
