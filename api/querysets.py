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

    def successes(self) -> "RequestLogQuerySet":
        return self.filter(status__lt=400)

    def errors(self) -> "RequestLogQuerySet":
        return self.filter(status__gte=400)

    def since(self, moment: datetime) -> "RequestLogQuerySet":
        return self.filter(at__gte=moment)
