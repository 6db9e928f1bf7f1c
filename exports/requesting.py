"""Asking for an export: what it would hold, having it written, and taking its file."""

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils import timezone

from exports import registry, storing, tasks, writing
from exports.models import Download, Export
from lib import bells
from lib.errors import DomainError
from teams.models import Team, User

# So many rows are written while one waits; more of them by a worker.
AT_ONCE = 1_000


class Unavailable(DomainError):
    code = "unavailable"


class NotFailed(DomainError):
    code = "not_failed"
    message = "Only an export that failed can be tried again."


@dataclass(frozen=True)
class Question:
    """What an export would hold: the list's label, its filters in words, how many rows, which columns."""

    label: str
    filters: list[tuple[str, str]]
    rows: int
    columns: list[str]

    @property
    def at_once(self) -> bool:
        return self.rows <= AT_ONCE


def ask(*, team: Team, resource: str, query: str) -> Question:
    """Count the rows that the list's page shows for `query`; raises UnknownList."""
    exportable = registry.find(resource)
    asked = QueryDict(query)
    return Question(
        label=exportable.label,
        rows=exportable.rows(team, asked).order_by().count(),
        filters=exportable.filters(team, asked),
        columns=[column.column_name for column in exportable.resource().columns],
    )


def request(*, team: Team, resource: str, query: str, by: User, for_excel: bool = False) -> Export:
    """Have it written: before this returns when it is small, else in the background. Raises UnknownList."""
    question = ask(team=team, resource=resource, query=query)
    export = Export.objects.create(
        team=team,
        resource=resource,
        query=query,
        filters=question.filters,
        expected=question.rows,
        for_excel=for_excel,
        requested_by=by,
        requested_by_name=str(by),
        in_background=not question.at_once,
    )
    _begin(export)
    return Export.objects.select_related("team").get(pk=export.pk)


def try_again(export: Export) -> None:
    """Have an export that failed written again, from the start, as `request` would; raises NotFailed, UnknownList."""
    question = ask(team=export.team, resource=export.resource, query=export.query)
    failed = Export.objects.filter(pk=export.pk, status=Export.Status.FAILED)
    if not failed.update(
        status=Export.Status.PENDING,
        expected=question.rows,
        in_background=not question.at_once,
        failure="",
        tries=0,
        finished_at=None,
        notified_at=None,
        notify_after=None,
    ):
        raise NotFailed
    export.refresh_from_db()
    _begin(export)
    export.refresh_from_db()


def take(export: Export, *, by: User, address: str | None, now: datetime) -> None:
    """Record that somebody takes the file; raises a DomainError unless it is ready, whole, and its time isn't over."""
    if export.status_at(now) == Export.Status.EXPIRED:
        raise Unavailable("This export has expired, and its file is deleted. Export the list again.")
    if export.status != Export.Status.READY:
        raise Unavailable("This export has no file that could be downloaded.")
    storing.check(export)
    Download.objects.create(export=export, user=by, name=str(by), address=address)


def _begin(export: Export) -> None:
    if export.in_background:
        bells.ring(tasks.write, export_id=export.pk)
    else:
        writing.write(export_id=export.pk, now=timezone.now())
