import csv
import io

import pytest

from contacts.records import LONGEST_CELL, LONGEST_RECORD, Record, records


def read(text: str, **options) -> list[Record]:
    return list(records(io.StringIO(text, newline=""), ",", **options))


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_a_record_knows_the_line_it_starts_on(line_break):
    text = line_break.join(["email,note", 'ada@x.test,"two', 'lines"', "", "ben@x.test,one"])

    found = read(text)

    assert [(record.line, record.cells[:1]) for record in found] == [
        (1, ["email"]),
        (2, ["ada@x.test"]),
        (4, []),
        (5, ["ben@x.test"]),
    ]


def test_a_file_that_ends_inside_a_quoted_cell_spoils_only_its_last_record():
    first, last = read('ada@x.test,Ada\nben@x.test,"Be')

    assert not first.problem
    assert last == Record(2, ["ben@x.test", "Be"], "the file ends inside a quoted cell")


def test_a_last_line_without_a_line_break_is_whole():
    assert read('ada@x.test,"Ada"') == [Record(1, ["ada@x.test", "Ada"])]


def test_an_endless_cell_spoils_only_its_own_line():
    bad, good = read(f"ada@x.test,{'x' * 140_000}\nben@x.test,Ben\n")

    assert "longer than 100,000 characters" in bad.problem
    assert good == Record(2, ["ben@x.test", "Ben"])


def test_an_endless_line_is_skipped_to_its_end():
    bad, good = read(f"{'x,' * LONGEST_RECORD}\nben@x.test,Ben\n")

    assert bad.line == 1
    assert bad.problem
    assert good == Record(2, ["ben@x.test", "Ben"])


def test_a_quote_that_never_closes_spoils_only_its_own_line():
    lines = ["ben@x.test,Ben and some more text"] * 10_000

    bad, *good = read("\n".join(['ada@x.test,"Ada', *lines]))

    assert bad == Record(1, ["ada@x.test", "Ada"], "a quoted cell isn't closed within 100,000 characters")
    assert [record.line for record in good] == list(range(2, 10_002))
    assert not any(record.problem for record in good)


def test_a_quote_that_closes_in_a_later_row_mixes_no_two_people():
    good = [f"g{number}@x.test,Good,{number}" for number in range(5)]
    text = "\n".join(['a2@x.test,"Broken,B', *good, 'a3@x.test,"Fine",C'])

    found = read(text, is_row=lambda cells: False)

    assert found[0] == Record(1, ["a2@x.test", "Broken,B"], "a quoted cell isn't closed, or has a quote in its middle")
    assert [(record.line, record.cells[0]) for record in found[1:]] == [
        *((number + 2, f"g{number}@x.test") for number in range(5)),
        (7, "a3@x.test"),
    ]


def test_a_further_line_that_is_a_row_by_itself_is_never_part_of_a_cell():
    text = 'a@x.test,"Broken,1\nnot a row\nb@x.test,"Two\nlines",2\nc@x.test,"",3",\n'

    found = read(text, is_row=lambda cells: "@" in cells[0] and len(cells) >= 2)

    assert [(record.line, record.cells, bool(record.problem)) for record in found] == [
        (1, ["a@x.test", "Broken,1"], True),
        (2, ["not a row"], False),
        (3, ["b@x.test", "Two\nlines", "2"], False),
        (5, ["c@x.test", "", '3"', ""], False),
    ]


def test_lines_after_a_bad_one_keep_their_numbers_and_their_quoted_cells():
    found = read('a@x.test,"Broken\nb@x.test,"Ben, B",\nc@x.test,C\n')

    assert [(record.line, record.cells) for record in found[1:]] == [
        (2, ["b@x.test", "Ben, B", ""]),
        (3, ["c@x.test", "C"]),
    ]


def test_records_that_never_end_are_read_in_time_linear_in_the_file(monkeypatch):
    parsed = 0
    reader = csv.reader

    def counting(lines, *args, **options):
        nonlocal parsed
        parsed += len(lines) if isinstance(lines, list) else 0
        return reader(lines, *args, **options)

    monkeypatch.setattr(csv, "reader", counting)

    found = read('a","\n' * 500_000)

    assert len(found) == 500_000
    assert all(record.problem for record in found)
    assert parsed < 4 * 500_000


def test_a_cell_of_the_greatest_length_is_read():
    [record] = read(f"ada@x.test,{'x' * LONGEST_CELL}\n")

    assert not record.problem


def test_a_cell_longer_than_the_greatest_length_is_named():
    [record] = read(f"ada@x.test,{'x' * (LONGEST_CELL + 1)}\n")

    assert record.problem == "a cell is longer than 100,000 characters"
