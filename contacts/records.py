"""A CSV as records with exact line numbers, in bounded memory whatever the file holds."""

import csv
from collections.abc import Iterator
from typing import NamedTuple, TextIO

LONGEST_CELL = 100_000
LONGEST_RECORD = 1_000_000
SHOWN_OF_UNREADABLE = 1_000


class Record(NamedTuple):
    """The cells that start on `line`; with a `problem`, whatever of them could be read."""

    line: int
    cells: list[str]
    problem: str = ""


class _RecordTooLong(Exception):
    """A line, or a quoted cell over many lines, is longer than any row of a CSV may be."""


class _Lines:
    """Hands the csv module one physical line at a time, and notices when a record doesn't end as it should.

    The csv module asks for a further line of the same record only inside a quoted cell.
    """

    def __init__(self, text: TextIO) -> None:
        self.text = text
        self.number = 0
        self.begin()

    def begin(self) -> None:
        self.first = ""
        self.length = 0
        self.cut = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.text.readline(LONGEST_RECORD)
        if not line:
            self.cut = self.length > 0
            raise StopIteration
        self.number += 1
        self.first = self.first or line
        self.length += len(line)
        if self.length >= LONGEST_RECORD:
            self._skip_rest(line)
            raise _RecordTooLong
        return line

    def _skip_rest(self, line: str) -> None:
        while line and not line.endswith(("\n", "\r")):
            line = self.text.readline(LONGEST_RECORD)


def records(text: TextIO, delimiter: str) -> Iterator[Record]:
    """Every record of `text`, blank lines as records without cells; a bad one is marked and never ends the reading.

    `text` must have been opened with `newline=""`, so that line breaks inside quotes stay as they are.
    """
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.begin()
        start = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_RecordTooLong, csv.Error) as error:
            yield Record(start, [lines.first[:SHOWN_OF_UNREADABLE]], _in_words(error, start, lines.number))
        else:
            yield Record(start, cells, "the file ends inside a quoted cell" if lines.cut else "")


def _in_words(error: Exception, start: int, end: int) -> str:
    if isinstance(error, csv.Error) and "field limit" not in str(error):
        return f"can't be read as CSV: {error}"
    if start == end:
        return f"a cell is longer than {LONGEST_CELL:,} characters"
    return f"a quoted cell doesn't end within {LONGEST_CELL:,} characters: lines {start:,} to {end:,} are left out"
