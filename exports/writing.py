"""Writing an export: one statement streamed into a file, the file stored whole, and only then the row says so."""

import csv
import io
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import slugify

from exports import claiming, registry, storing
from exports.files import Draft
from exports.models import Export, storage
from exports.resources import Resource
from lib.errors import DomainError

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=7)
MOST_TRIES = 3
ROWS_AT_ONCE = 1_000
TELL_EVERY = 1.0
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
Status = Export.Status


class TriedTooOften(DomainError):
    code = "tried_too_often"
    message = f"Its worker stopped {MOST_TRIES} times while writing it. The log of the workers has the reason."


def write(*, export_id: int, now: datetime) -> None:
    """Write the export, if no other worker does; what forbids it is said in the row."""
    export = claiming.claim(export_id, now=now)
    if export is None:
        return
    try:
        if export.tries > MOST_TRIES:
            raise TriedTooOften
        _write(export)
    except claiming.ExportTaken:
        log.warning("Export %s was taken over by another worker.", export.pk)
    except DomainError as refusal:
        _fail(export, refusal.message)
    except OSError as trouble:
        log.exception("Export %s couldn't be written.", export.pk)
        _fail(export, f"The file couldn’t be written: {trouble.strerror or trouble}. Try again when that is mended.")
    except Exception:  # The boundary: whoever waits for it must read why it stands.
        log.exception("Export %s failed.", export.pk)
        _fail(export, "Carillon failed while writing it; its log says more. You can try it again.")


def copy_to(draft: Draft, export: Export, *, told: Callable[[int], None]) -> int:
    """Write the export's rows as they are now, in one snapshot; how many. `told` hears of it every second or so."""
    exportable = registry.find(export.resource)
    resource = exportable.resource()
    rows = exportable.rows(export.team, QueryDict(export.query))
    draft.write((BYTE_ORDER_MARK if export.for_excel else b"") + _line([each.column_name for each in resource.columns]))
    try:
        lines, parameters = resource.lines(rows)
    except EmptyResultSet:
        # Django knows without asking that there are none.
        return 0
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        # Until it is closed, the stream holds psycopg's lock on the connection: a rollback would wait for it for ever.
        closing(cursor.cursor.stream(lines, parameters, size=ROWS_AT_ONCE)) as selected,
    ):
        return _stream(resource, selected, draft, told)


def _stream(resource: Resource, selected: Iterator[tuple[Any, ...]], draft: Draft, told: Callable[[int], None]) -> int:
    """Write rows as they arrive; how many. Measured: COPY, which hands out row after row, costs twice as much here."""
    rows = 0
    tell_at = time.monotonic() + TELL_EVERY
    while block := list(islice(selected, ROWS_AT_ONCE)):
        draft.write(resource.write(block))
        rows += len(block)
        if time.monotonic() >= tell_at:
            told(rows)
            tell_at = time.monotonic() + TELL_EVERY
    return rows


def _write(export: Export) -> None:
    # Told over a connection of its own, for the other is busy with one long statement.
    beside = connection.copy()
    try:
        with claiming.pulse(export), Draft() as draft:
            rows = copy_to(draft, export, told=lambda written: _tell(beside, export, written))
            draft.finish()
            _keep(export, draft, rows)
    finally:
        beside.close()


def _keep(export: Export, draft: Draft, rows: int) -> None:
    """Store the file, and then say in the row that it is there."""
    name = storing.store(export, draft)
    finished = timezone.now()
    try:
        claiming.keep(
            export,
            status=Status.READY,
            rows=rows,
            written=rows,
            size=draft.size,
            sha256=draft.sha256,
            file=name,
            filename=f"{_stem(export)}{draft.suffix}",
            finished_at=finished,
            expires_at=finished + KEPT_FOR,
            owner=None,
            leftovers=export.attempts > 1,
        )
    except claiming.ExportTaken:
        # Whoever has it by now may have deleted already what there was before.
        Export.objects.filter(pk=export.pk).update(leftovers=True)
        storage().delete(name)
        raise
    if export.leftovers:
        storing.tidy(export)


def _tell(beside: Any, export: Export, written: int) -> None:
    with beside.cursor() as cursor:
        cursor.execute(
            "UPDATE exports_export SET written = %s, heartbeat_at = clock_timestamp() "
            "WHERE id = %s AND owner = %s AND status = 'running'",
            [written, export.pk, export.owner],
        )
        if cursor.rowcount != 1:
            raise claiming.ExportTaken


def _fail(export: Export, reason: str) -> None:
    with suppress(claiming.ExportTaken):
        claiming.keep(
            export, status=Status.FAILED, failure=reason, finished_at=timezone.now(), owner=None, leftovers=True
        )
        storing.tidy(export)


def _stem(export: Export) -> str:
    """A file name that says what is in it: "contacts-newsletter-unsubscribed-2026-11-24"."""
    words = [export.resource, *(value for _, value in export.filters)]
    return f"{slugify(' '.join(words))[:80].strip('-')}-{export.requested_at:%Y-%m-%d}"


def _line(cells: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()
