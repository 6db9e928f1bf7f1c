from typing import Any

from django.db import models

from teams.access import may
from teams.models import Membership


class MessageQuerySet(models.QuerySet[Any]):
    """The vocabulary of the Outbox; pages start from `request.team.outbox`."""

    def shown_to(self, membership: Membership) -> "MessageQuerySet":
        """All for admins; members see no invitations, whose links would let them in as somebody else."""
        return self if may(membership, "members.change") else self.filter(for_admins=False)

    def matching(self, term: str) -> "MessageQuerySet":
        """Messages whose subject or recipient contains `term`, whatever its case."""
        # PostgreSQL's text has no NUL, so neither has anything to be found.
        wanted = term.replace("\0", "").strip()
        return self.filter(models.Q(subject__icontains=wanted) | models.Q(rcpt_to__icontains=wanted))

    def without_raw(self) -> "MessageQuerySet":
        """What a list shows: a raw message may take megabytes."""
        return self.defer("raw")
