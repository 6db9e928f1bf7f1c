from datetime import datetime
from typing import Any

from django.db import models


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
        return self.filter(at__gte=moment)
