"""An import's rejected rows as a CSV: the original columns, then the line and the reason, ready to be mended."""

import csv
from collections.abc import Iterator, Sequence

from django.db.models import F, Func, IntegerField, Max

from contacts.models import ContactImport
from lib.formulas import disarm, restore


class _Echo:
    """A file for the csv module that hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def as_csv(upload: ContactImport) -> Iterator[str]:
    """The lines of the CSV; its rows stream from the database, so that any number of them fits."""
    write = csv.writer(_Echo()).writerow
    width = _width(upload)
    extra = [f"Column {number}" for number in range(len(upload.header) + 1, width + 1)]
    yield write(_safe([*upload.header, *extra, "Line", "Reason"]))
    for reject in upload.rejects.order_by("line").iterator(chunk_size=1_000):
        padding = [""] * (width - len(reject.cells))
        yield write(_safe([*reject.cells, *padding, str(reject.line), reject.reason]))


def _width(upload: ContactImport) -> int:
    """The number of columns; a row may have been rejected for having more cells than the header."""
    cells = Func(F("cells"), function="jsonb_array_length", output_field=IntegerField())
    widest = upload.rejects.aggregate(widest=Max(cells))["widest"]
    return max(len(upload.header), widest or 0)


def _safe(cells: Sequence[str]) -> list[str]:
    """Disarmed for spreadsheets; what had been disarmed in the original isn't disarmed twice."""
    return [disarm(restore(cell)) for cell in cells]
