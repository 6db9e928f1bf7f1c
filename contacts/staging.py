"""Reading an uploaded file into the import's own table, from which everything later is set-based.

The table is a pure function of the file and its mapping, so it may be thrown away and made again at any time.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from django.db import connection
from psycopg import sql
from psycopg.types.json import Jsonb

from contacts import claiming
from contacts.decoding import open_text
from contacts.models import ContactImport
from contacts.records import Record, records
from contacts.rows import Reject, Row, is_row, judge
from lib.errors import DomainError
from lib.sql import statement

ROWS_AT_ONCE = 10_000
CHARACTERS_AT_ONCE = 4_000_000

_TABLE_PREFIX = "import_stage_"
_COPY_ROWS = "COPY {stage} (seq, line, email, first_name, last_name, unsubscribed, properties) FROM STDIN"
_COPY_REJECTS = "COPY contacts_importreject (of_id, line, reason, cells) FROM STDIN"
_Status = ContactImport.Status


class FileGone(DomainError):
    code = "file_gone"
    message = "The uploaded file is gone. Upload it again."


def stage(upload: ContactImport) -> None:
    """Fill the import's table from its file, from the start; `counts` then tells rows, rejected and duplicates.

    Raises FileGone, and ImportTaken when another worker took the import over or somebody canceled it.
    """
    try:
        file = upload.file.open("rb")
    except FileNotFoundError:
        raise FileGone from None
    with open_text(file, upload.encoding) as text:
        _start_over(upload)
        staged = rejected = 0
        for rows, rejects in _batches(upload, text):
            with claiming.step(upload):
                _copy_rows(upload, rows, after=staged)
                _copy_rejects(upload, rejects)
                claiming.keep(upload, counts={**upload.counts, "read": text.buffer.tell()})
            staged, rejected = staged + len(rows), rejected + len(rejects)
    _finish(upload, staged=staged, rejected=rejected)


def is_intact(upload: ContactImport) -> bool:
    """Whether the table is there and holds what was staged; a crash of the database may have emptied it."""
    if _table(upload.pk) not in connection.introspection.table_names():
        return False
    [found] = run(upload, "count_stage")
    return bool(found["staged"] == upload.counts["staged"])


def run(upload: ContactImport, name: str, **parameters: Any) -> list[dict[str, Any]]:
    """Run `contacts/sql/<name>.sql` with {stage} as the import's table; its rows, by column name.

    {classified} becomes `classify_stage`, what importing does to each row.
    """
    with connection.cursor() as cursor:
        cursor.execute(_composed(upload.pk, statement("contacts", name)), parameters or None)
        if cursor.description is None:
            return []
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def drop_unneeded() -> None:
    """Remove the tables of imports that have come to an end, or that are gone."""
    names = connection.introspection.table_names()
    standing = {int(name.removeprefix(_TABLE_PREFIX)) for name in names if name.startswith(_TABLE_PREFIX)}
    needing = [_Status.MAPPED, _Status.REVIEWED, _Status.IMPORTING]
    needed = ContactImport.objects.filter(pk__in=standing, status__in=needing).values_list("pk", flat=True)
    for import_id in sorted(standing.difference(needed)):
        with connection.cursor() as cursor:
            cursor.execute(_composed(import_id, statement("contacts", "drop_stage")))


def _table(import_id: int) -> str:
    return f"{_TABLE_PREFIX}{import_id}"


def _composed(import_id: int, text: str) -> sql.Composed:
    stage = sql.Identifier(_table(import_id))
    classified = sql.SQL(statement("contacts", "classify_stage")).format(stage=stage)
    return sql.SQL(text).format(stage=stage, classified=classified)


def _start_over(upload: ContactImport) -> None:
    with claiming.step(upload):
        run(upload, "drop_stage")
        run(upload, "create_stage")
        upload.rejects.all().delete()


def _batches(upload: ContactImport, text: TextIO) -> Iterator[tuple[list[Row], list[Reject]]]:
    """The file's rows and rejects, a bounded number of characters at a time."""
    rows: list[Row] = []
    rejects: list[Reject] = []
    size = 0
    judged = judge(
        mapping=upload.mapping,
        properties=upload.options.get("properties", {}),
        width=len(upload.header),
        encoding=upload.encoding,
    )
    for record in _records(upload, text):
        found = judged(record)
        if isinstance(found, Row):
            rows.append(found)
        elif found is not None:
            rejects.append(found)
        size += sum(map(len, record.cells))
        if len(rows) + len(rejects) >= ROWS_AT_ONCE or size >= CHARACTERS_AT_ONCE:
            yield rows, rejects
            rows, rejects, size = [], [], 0
    yield rows, rejects


def _records(upload: ContactImport, text: TextIO) -> Iterator[Record]:
    """The file's records below its header."""
    found = records(text, upload.delimiter, is_row=is_row(mapping=upload.mapping, width=len(upload.header)))
    if upload.options["has_header"]:
        next((record for record in found if any(cell.strip() for cell in record.cells)), None)
    return found


def _copy_rows(upload: ContactImport, rows: Sequence[Row], *, after: int) -> None:
    with connection.cursor() as cursor, cursor.copy(_composed(upload.pk, _COPY_ROWS)) as copy:
        for seq, row in enumerate(rows, start=after + 1):
            copy.write_row((seq, *row))


def _copy_rejects(upload: ContactImport, rejects: Sequence[Reject]) -> None:
    with connection.cursor() as cursor, cursor.copy(_COPY_REJECTS) as copy:
        for reject in rejects:
            copy.write_row((upload.pk, reject.line, reject.reason, Jsonb(reject.cells)))


def _finish(upload: ContactImport, *, staged: int, rejected: int) -> None:
    """Fold the rows of one address into one, and write down what the table must hold from now on."""
    for name in ("fold_stage", "index_stage"):
        with claiming.step(upload):
            run(upload, name)
    with claiming.step(upload):
        [found] = run(upload, "count_stage")
        counts = {"rows": staged + rejected, "rejected": rejected, "duplicates": staged - found["staged"]}
        claiming.keep(upload, counts={**upload.counts, **counts, **found})
