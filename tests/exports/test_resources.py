"""What PostgreSQL writes into cells is what RFC 4180 and the guard against formulas ask for, whatever is in them."""

import csv
import io

from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.formulas import disarm, restore

SPECIAL = st.sampled_from("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n'\",;\\. aZ0é漢😀")
# What OWASP names: = + - @, their full-width forms, tab, carriage return and line feed.
RUN_BY_SPREADSHEETS = {chr(each) for each in (61, 43, 45, 64, 0xFF1D, 0xFF0B, 0xFF0D, 0xFF20, 9, 13, 10)}
ANY = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
CELLS = st.lists(st.text(SPECIAL | ANY, max_size=12), min_size=1, max_size=20)
# As a plain column, which PostgreSQL writes with the functions inlined, and as an expression, where it calls them.
LINES = """
    SELECT concat(export_text(cell), ',', export_text(overlay(cell placing '' from 1 for 0)), E'\\r\\n')
    FROM unnest(%s::text[]) WITH ORDINALITY AS given (cell, number) ORDER BY number
"""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cells=CELLS)
def test_cells_are_written_as_pythons_csv_module_writes_them(db, cells):
    expected = io.StringIO()
    csv.writer(expected, lineterminator="\r\n").writerows([disarm(cell), disarm(cell)] for cell in cells)

    with connection.cursor() as cursor:
        cursor.execute(LINES, [cells])
        written = "".join(line for (line,) in cursor)

    assert written == expected.getvalue()


def test_nothing_is_an_empty_cell(db):
    with connection.cursor() as cursor:
        cursor.execute(LINES, [[None, "", "x"]])
        assert [line for (line,) in cursor] == [",\r\n", ",\r\n", "x,x\r\n"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cells=CELLS)
def test_no_cell_begins_as_a_formula_and_an_import_reads_the_same(db, cells):
    with connection.cursor() as cursor:
        cursor.execute(LINES, [cells])
        written = list(csv.reader(io.StringIO("".join(line for (line,) in cursor), newline="")))

    for cell, (plain, called) in zip(cells, written, strict=True):
        assert plain[:1] not in RUN_BY_SPREADSHEETS
        assert plain == called
        assert plain in (cell, f"'{cell}")
        assert restore(plain) == cell
