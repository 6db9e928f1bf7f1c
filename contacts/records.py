"""A CSV as records with exact line numbers, in bounded memory and linear time whatever the file holds.

A quote that somebody forgot to close makes the rest of the file one cell. So a record over several lines is only
believed when its quotes are in order and none of its further lines is a row by itself; otherwise its first line
alone is bad, and the others are read again.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TextIO

LONGEST_CELL = 100_000
LONGEST_RECORD = 1_000_000
SHOWN_OF_UNREADABLE = 1_000

# The csv module's own limit, one for the whole process, is another number.
csv.field_size_limit(LONGEST_CELL)


class Record(NamedTuple):
    """The cells that start on `line`; with a `problem`, whatever of that line could be read."""

    line: int
    cells: list[str]
    problem: str = ""


class _Spoiled(Exception):
    """Carries the reason why the record that is being read can't be one."""


class _Lines:
    """Hands the csv module one physical line at a time, and keeps those of the record that is being read.

    The csv module asks for a further line of the same record only inside a quoted cell.
    """

    def __init__(self, text: TextIO, delimiter: str, is_row: Callable[[Sequence[str]], bool]) -> None:
        self.text = text
        self.delimiter = delimiter
        self.is_row = is_row
        self.number = 0
        self.again: deque[str] = deque()
        # So many of the lines to come were part of a bad record. Each must be a record by itself: if it could begin
        # another long one, the same lines might be read over and over.
        self.single = 0
        self.begin()

    def begin(self) -> int:
        """Start a record; the number of its first line."""
        self.taken: list[str] = []
        self.length = 0
        self.must_end = self.single > 0
        self.single = max(self.single - 1, 0)
        self.cut = False
        return self.number + 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.taken and self.must_end:
            raise _Spoiled("a quoted cell isn't closed")
        line = self._next_line()
        if not line:
            self.cut = bool(self.taken)
            raise StopIteration
        if self.taken and self.is_row(self._alone(line)):
            self.again.appendleft(line)
            raise _Spoiled("a quoted cell isn't closed before the next row")
        self.number += 1
        self.taken.append(line)
        self.length += len(line)
        if self.length >= LONGEST_RECORD:
            raise _Spoiled(f"the row is longer than {LONGEST_RECORD:,} characters")
        return line

    def problem(self) -> str:
        """What is wrong with a record that the csv module has read without complaint."""
        if self.cut:
            return "the file ends inside a quoted cell"
        if len(self.taken) > 1 and not self._in_order():
            return "a quoted cell isn't closed, or has a quote in its middle"
        return ""

    def put_back(self) -> list[str]:
        """Have all but the first line read again; the cells of the first."""
        first, *others = self.taken
        self.again.extendleft(reversed(others))
        self.number -= len(others)
        self.single += len(others)
        return self._alone(first) or [first[:SHOWN_OF_UNREADABLE]]

    def _in_order(self) -> bool:
        try:
            list(csv.reader(self.taken, delimiter=self.delimiter, strict=True))
        except csv.Error:
            return False
        return True

    def _alone(self, line: str) -> list[str]:
        """The cells of one line by itself; none when even that can't be read."""
        try:
            return next(csv.reader([line.rstrip("\r\n")], delimiter=self.delimiter), [])
        except csv.Error:
            return []

    def _next_line(self) -> str:
        if self.again:
            return self.again.popleft()
        line = rest = self.text.readline(LONGEST_RECORD)
        if len(line) == LONGEST_RECORD:
            while rest and not rest.endswith(("\n", "\r")):
                rest = self.text.readline(LONGEST_RECORD)
        return line


def records(
    text: TextIO, delimiter: str, *, is_row: Callable[[Sequence[str]], bool] = lambda cells: False
) -> Iterator[Record]:
    """Every record of `text`, blank lines as records without cells; a bad one is marked and never ends the reading.

    `text` must have been opened with `newline=""`, so that line breaks inside quotes stay as they are. `is_row` says
    whether cells are a row beyond doubt, so that the line which holds them can't be a part of another row's cell.
    """
    lines = _Lines(text, delimiter, is_row)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        start = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_Spoiled, csv.Error) as error:
            problem = _in_words(error, lines=len(lines.taken))
        else:
            problem = lines.problem()
        yield Record(start, lines.put_back(), problem) if problem else Record(start, cells)


def _in_words(error: Exception, *, lines: int) -> str:
    if isinstance(error, _Spoiled):
        return str(error)
    if "field limit" not in str(error):
        return f"can't be read as CSV: {error}"
    if lines > 1:
        return f"a quoted cell isn't closed within {LONGEST_CELL:,} characters"
    return f"a cell is longer than {LONGEST_CELL:,} characters"
