"""What became of a broadcast, in numbers that always add up."""

from dataclasses import dataclass, field

from django.db.models import Max, Min, QuerySet, Subquery

from broadcasts.models import Broadcast, Email
from lib import sql

Status = Email.Status
MAYBE_TWICE = "maybe_twice"


@dataclass(frozen=True)
class Report:
    """`audience` = `emails` + the sum of `excluded`, and `emails` = the sum of `by_status`.

    `audience` counts the contacts when the broadcast started; `by_status` has every status word of e-mails.
    """

    audience: int
    excluded: dict[str, int]
    by_status: dict[str, int] = field(default_factory=dict)
    maybe_twice: int = 0
    unsubscribed: int = 0
    trouble: str = ""
    failure: str = ""

    @property
    def emails(self) -> int:
        return sum(self.by_status.values())

    @property
    def sent(self) -> int:
        """E-mails that the relay took, whatever came afterwards."""
        return self._number(Status.SENT, Status.DELIVERED, Status.COMPLAINED)

    @property
    def waiting(self) -> int:
        return self._number(Status.QUEUED, Status.SENDING)

    @property
    def done(self) -> int:
        return self.emails - self.waiting

    @property
    def percent(self) -> int:
        """How much is done, rounded down, so that 100 means all of it."""
        return self.done * 100 // self.emails if self.emails else 0

    def _number(self, *statuses: Status) -> int:
        return sum(self.by_status[status.word] for status in statuses)


def report(broadcast: Broadcast) -> Report:
    """Count the broadcast's e-mails as they are now."""
    parameters = {"broadcast_id": broadcast.pk}
    rows = sql.rows("broadcasts", "count_emails", parameters)
    number_of = {status: number for status, number, _ in rows}
    [(unsubscribed,)] = sql.rows("broadcasts", "count_unsubscribes", parameters)
    return Report(
        audience=broadcast.audience_size or 0,
        excluded=broadcast.excluded,
        by_status={status.word: number_of.get(status.value, 0) for status in Status},
        maybe_twice=sum(doubted for _, _, doubted in rows),
        unsubscribed=unsubscribed,
        trouble=broadcast.trouble,
        failure=broadcast.failure,
    )


def recipients(broadcast: Broadcast, status: str | None = None) -> QuerySet[Email]:
    """The broadcast's e-mails: all, those with a status word, or "maybe_twice"; none for any other word."""
    chunks = broadcast.chunks.values("broadcast")
    first, last = chunks.annotate(edge=Min("lo")).values("edge"), chunks.annotate(edge=Max("hi")).values("edge")
    # The ledger has no index by broadcast: the range lets its primary key serve.
    emails = broadcast.emails.filter(pk__gte=Subquery(first), pk__lte=Subquery(last))
    if not status:
        return emails
    if status == MAYBE_TWICE:
        return emails.filter(maybe_twice=True)
    wanted = [each for each in Status if each.word == status]
    return emails.filter(status__in=wanted)
