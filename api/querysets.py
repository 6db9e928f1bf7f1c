from datetime import datetime
from typing import Any

from django.db import models

# No index helps to find a part of a text, so it is sought in this many of the newest requests.
SEARCHED = 50_000
# Requests that are written down at the same moment may get their keys in another order than their times.
AT_ONCE = 100


class ApiKeyQuerySet(models.QuerySet[Any]):
    """The vocabulary of API keys; pages start from `team.api_keys`."""

    def standing(self) -> "ApiKeyQuerySet":
        """Keys that haven't been revoked."""
        return self.filter(revoked_at__isnull=True)


class RequestLogQuerySet(models.QuerySet[Any]):
    """The vocabulary of logged requests; pages start from `team.request_logs`."""

    def with_outcome(self, outcome: str) -> "RequestLogQuerySet":
        """Those that were "successes" or "errors", or were answered with one code."""
        match outcome:
            case "successes":
                return self.filter(status__lt=400)
            case "errors":
                return self.filter(status__gte=400)
            case code:
                return self.filter(status=int(code))

    def since(self, moment: datetime) -> "RequestLogQuerySet":
        """Those from `moment` on. Keys rise with time, so that a walk from the newest on knows where to end."""
        earliest = list(self.filter(at__gte=moment).order_by("at").values_list("pk", flat=True)[:AT_ONCE])
        return self.filter(at__gte=moment, pk__gte=min(earliest)) if earliest else self.none()

    def searchable(self) -> "RequestLogQuerySet":
        """The newest of them, as many as are searched for a part of a text."""
        beyond = self._beyond_search().first()
        if beyond is None:
            return self
        # With both ends the planner knows how few these are, however many requests other teams made since.
        newest = self.order_by("-pk").values_list("pk", flat=True).first()
        return self.filter(pk__gt=beyond, pk__lte=newest)

    def are_all_searchable(self) -> bool:
        return not self._beyond_search().exists()

    def _beyond_search(self) -> Any:
        return self.order_by("-pk").values_list("pk", flat=True)[SEARCHED : SEARCHED + 1]
