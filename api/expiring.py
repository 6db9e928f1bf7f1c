"""Forgetting requests that are older than the log keeps them."""

from datetime import datetime, timedelta

from django.conf import settings

from api.models import RequestLog

BATCH = 10_000


def expire(*, now: datetime) -> int:
    """Delete old requests, a batch at a time from the oldest on; how many.

    Keys rise with time, so no index on the time is needed: the oldest rows are the first.
    """
    before = now - timedelta(days=settings.KEEP_LOGS_DAYS)
    gone = 0
    while (last := _last_of_batch(before)) is not None:
        gone += RequestLog.objects.filter(pk__lte=last, at__lt=before).delete()[0]
    return gone


def _last_of_batch(before: datetime) -> int | None:
    """The key of the last old row among the first ones; None when the very first isn't old."""
    oldest = RequestLog.objects.order_by("pk").values_list("pk", "at")[:BATCH]
    old = [pk for pk, at in oldest if at < before]
    return old[-1] if old else None
