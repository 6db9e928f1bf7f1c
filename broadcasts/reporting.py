"""What became of a broadcast, in numbers that always add up."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max, Min, QuerySet, Subquery

from broadcasts import estimating
from broadcasts.models import Broadcast, Chunk, Email
from lib import sql

Status = Email.Status
WAITING = (Status.QUEUED, Status.SENDING)
MAYBE_TWICE = "maybe_twice"


@dataclass(frozen=True)
class Report:
    """`audience` = `emails` + the sum of `excluded`, and `emails` = the sum of `by_status`.

    `audience` counts the contacts when the broadcast started; `by_status` has every status word of e-mails.
    `retrying` of those that wait were refused for now; the first of them is tried again at `next_try_at`. `in_hand`: a
    sender holds a part of it, so the numbers may still move by what it has just done.
    """

    audience: int
    excluded: dict[str, int]
    by_status: dict[str, int] = field(default_factory=dict)
    maybe_twice: int = 0
    in_hand: bool = False
    retrying: int = 0
    next_try_at: datetime | None = None
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
        return self._number(*WAITING)

    @property
    def only_retries(self) -> bool:
        """Whether all that is left has been refused for now."""
        return 0 < self.waiting == self.retrying

    @property
    def done(self) -> int:
        return self.emails - self.waiting

    @property
    def percent(self) -> int:
        """How much is done, rounded down, so that 100 means all of it."""
        return self.done * 100 // self.emails if self.emails else 0

    @property
    def outcomes(self) -> dict[str, int]:
        """The statuses that any e-mail has, those that are over; with `waiting` they are all e-mails."""
        over = [status.word for status in Status if status not in WAITING]
        return {word: self.by_status[word] for word in over if self.by_status[word]}

    def _number(self, *statuses: Status) -> int:
        return sum(self.by_status[status.word] for status in statuses)


@dataclass(frozen=True)
class Wave:
    """A time it was sent to the rest: how many were tried again, how many had joined the audience since."""

    at: datetime
    by: str
    again: int
    joined: int


def report(broadcast: Broadcast) -> Report:
    """The broadcast's numbers, at most one fold behind what its senders have done."""
    parameters = {"broadcast_id": broadcast.pk}
    [(numbers, maybe_twice, in_hand, retrying, due)] = sql.rows("broadcasts", "count_emails", parameters)
    [(unsubscribed,)] = sql.rows("broadcasts", "count_unsubscribes", parameters)
    return Report(
        audience=broadcast.audience_size or 0,
        excluded=broadcast.excluded,
        by_status={status.word: int(numbers[status]) for status in Status},
        maybe_twice=maybe_twice,
        in_hand=in_hand,
        retrying=retrying,
        next_try_at=due,
        unsubscribed=unsubscribed,
        trouble=broadcast.trouble,
        failure=broadcast.failure,
    )


def waves(broadcast: Broadcast) -> list[Wave]:
    """Each time it was sent to the rest, the first one first; not the one that waits to start."""
    begun = broadcast.waves[:-1] if broadcast.pending_wave else broadcast.waves
    return [Wave(datetime.fromisoformat(each["at"]), str(each["by"]), each["again"], each["joined"]) for each in begun]


def began_at(broadcast: Broadcast) -> datetime:
    """Since when its newest wave has been going out."""
    again = [each.at for each in waves(broadcast)]
    return max(filter(None, [broadcast.queued_at, broadcast.hold_until, *again]), default=broadcast.created_at)


def pace(broadcast: Broadcast, numbers: Report, *, now: datetime) -> estimating.Pace | None:
    """How fast the newest wave goes out since it was last resumed; what waits for its next try isn't estimated."""
    since, newest = began_at(broadcast), waves(broadcast)[-1:]
    asked = sum(each.again + each.joined for each in newest) if newest else numbers.emails
    done = asked - numbers.waiting
    if broadcast.resumed_at is not None and broadcast.resumed_at > since:
        since, done = broadcast.resumed_at, numbers.done - broadcast.done_before
    to_do = numbers.waiting - numbers.retrying
    return estimating.pace(done=done, to_do=to_do, seconds=(now - since).total_seconds())


def recipients(broadcast: Broadcast, status: str | None = None) -> QuerySet[Email]:
    """The broadcast's e-mails: all, those with a status word, or "maybe_twice"; none for any other word."""
    wanted = next((each for each in Status if each.word == status), None)
    chunks = broadcast.chunks.all()
    if wanted is not None:
        chunks = chunks.filter(**{f"counts__{wanted.value}__gt": 0})
    first, last = span(chunks)
    # The ledger has no index by broadcast: the range lets its primary key serve.
    emails = broadcast.emails.filter(pk__gte=first, pk__lte=last)
    if not status:
        return emails
    if status == MAYBE_TWICE:
        return emails.filter(maybe_twice=True)
    return emails.filter(status=wanted) if wanted is not None else emails.none()


def span(chunks: QuerySet[Chunk]) -> tuple[Subquery, Subquery]:
    """The ids of the first and the last e-mail in these chunks of one broadcast."""
    edges = chunks.values("broadcast")
    return Subquery(edges.annotate(edge=Min("lo")).values("edge")), Subquery(
        edges.annotate(edge=Max("hi")).values("edge")
    )
