import io

import pytest

from contacts.records import LONGEST_CELL, LONGEST_RECORD, Record, records


def read(text: str, delimiter: str = ",") -> list[Record]:
    return list(records(io.StringIO(text, newline=""), delimiter))


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


def test_a_quote_that_never_closes_takes_a_bounded_number_of_lines_and_names_them():
    lines = ["ben@x.test,Ben and some more text"] * 10_000

    found = read("\n".join(['ada@x.test,"Ada', *lines]))

    assert "doesn't end within 100,000 characters: lines 1 to " in found[0].problem
    assert len(found) > 10_000 - 140_000 / len(lines[0])
    assert found[-1] == Record(10_001, ["ben@x.test", "Ben and some more text"])


def test_records_that_never_end_are_read_in_time_linear_in_the_file():
    found = read('a","\n' * 500_000)

    assert len(found) < 10
    assert all(record.problem for record in found)


def test_a_cell_of_the_greatest_length_is_read():
    [record] = read(f"ada@x.test,{'x' * LONGEST_CELL}\n")

    assert not record.problem
