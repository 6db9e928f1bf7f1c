from typing import Any

from django.db import models


class MessageQuerySet(models.QuerySet[Any]):
    """The vocabulary of the Outbox; pages start from `request.team.outbox`."""

    def matching(self, term: str) -> "MessageQuerySet":
        """Messages whose subject or recipient contains `term`, whatever its case."""
        # PostgreSQL's text has no NUL, so neither has anything to be found.
        wanted = term.replace("\0", "").strip()
        return self.filter(models.Q(subject__icontains=wanted) | models.Q(rcpt_to__icontains=wanted))

    def without_raw(self) -> "MessageQuerySet":
        """What a list shows: a raw message may take megabytes."""
        return self.defer("raw")
