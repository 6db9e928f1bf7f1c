"""Counting opens and clicks: from events to the times of e-mails and the counters of broadcasts and links."""

import time
from datetime import datetime

from django.db import connection, transaction

from broadcasts import machines
from broadcasts.models import EmailEvent
from lib import sql

MOST, LONGEST = 5_000, 5.0
# Keeps this advisory lock apart from anybody else's in the same database.
NAMESPACE = 78


def is_due(now: datetime) -> bool:
    """Whether there is anything to count."""
    return EmailEvent.objects.filter(to_fold=True, at__lt=now - machines.SETTLED_AFTER).exists()


def tally(*, now: datetime) -> None:
    """Count what has settled by now, for some seconds at most; what is left waits for the next time.

    Of any number at the same time one does it; doing it again changes nothing.
    """
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        looked_at, counted = _tally(now)
        # What is left over belongs to somebody who holds it.
        if looked_at < MOST or not counted:
            return


@transaction.atomic
def _tally(now: datetime) -> tuple[int, int]:
    """Look at no more than `MOST` events; at how many, and how many of them were counted."""
    # What was counted decides what counts, so it must be seen: hence alone, and locked before the statement begins.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, 0)", [NAMESPACE])
        [is_alone] = cursor.fetchone()
    if not is_alone:
        return 0, 0
    parameters = {
        "before": now - machines.SETTLED_AFTER,
        "most": MOST,
        "at_once": machines.AT_ONCE,
        "ledger_lags": machines.LEDGER_LAGS,
        "walk": machines.WALK,
        "walk_within": machines.WALK_WITHIN,
    }
    [(looked_at, counted)] = sql.rows("broadcasts", "tally_events", parameters)
    return looked_at, counted
