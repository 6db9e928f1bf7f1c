"""What the list of broadcasts shows of each one."""

from collections.abc import Sequence
from dataclasses import dataclass

from broadcasts.models import Broadcast
from broadcasts.querysets import BroadcastQuerySet
from lib import sql
from teams.models import Team

Status = Broadcast.Status
# What the tabs show; those that are `kept` stand there even while empty.
TABS: dict[str, tuple[str, tuple[Status, ...]]] = {
    "draft": ("Drafts", (Status.DRAFT,)),
    "scheduled": ("Scheduled", (Status.SCHEDULED,)),
    "sending": ("Sending", (Status.QUEUED, Status.SENDING, Status.PAUSED)),
    "sent": ("Sent", (Status.SENT,)),
    "canceled": ("Canceled", (Status.CANCELED,)),
    "failed": ("Failed", (Status.FAILED,)),
}


def of_tab(team: Team, key: str) -> BroadcastQuerySet:
    """The team's broadcasts that a tab shows; all of them for any other word."""
    broadcasts = team.broadcasts.all()
    return broadcasts.filter(status__in=TABS[key][1]) if key in TABS else broadcasts


@dataclass(frozen=True)
class Listed:
    """A row of the list; `percent` is known while it is being sent or paused, `recipients` from its start on."""

    broadcast: Broadcast
    recipients: int | None
    percent: int | None

    @property
    def status(self) -> str:
        """The status in words, with how far it has come."""
        word = self.broadcast.get_status_display()
        return word if self.percent is None else f"{word} {self.percent}%"


def listed(broadcasts: Sequence[Broadcast]) -> list[Listed]:
    """The rows of a page of the list, with one query for all that have begun and aren't done."""
    begun = [each.pk for each in broadcasts if each.status in (Broadcast.Status.SENDING, Broadcast.Status.PAUSED)]
    percents = _percents(begun) if begun else {}
    return [Listed(each, _recipients(each), percents.get(each.pk)) for each in broadcasts]


def _recipients(broadcast: Broadcast) -> int | None:
    size = broadcast.audience_size
    return None if size is None else size - broadcast.excluded_total


def _percents(broadcast_ids: list[int]) -> dict[int, int]:
    rows = sql.rows("broadcasts", "count_progress", {"broadcast_ids": broadcast_ids})
    return {pk: 100 * settled // number for pk, settled, number in rows if number}
