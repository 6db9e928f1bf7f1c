import io
import zipfile

import pytest

from contacts import decoding
from contacts.decoding import UNDECODABLE, UnreadableFile, look, open_text


def seen(content: bytes) -> decoding.Look:
    return look(content, whole=True)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "email,name\nrene@x.test,René\n"),
        ("utf-8-sig", "email,name\nrene@x.test,René\n"),
        ("utf-16", "email,name\nrene@x.test,René\n"),
        ("cp1252", "email,name\nrene@x.test,René\nzoe@x.test,Zoë “Z” Müller\n"),
        ("cp1251", "email,name\nivan@x.test,Иван Петров\nolga@x.test,Ольга Смирнова\n"),
        ("cp932", "email,name\ntaro@x.test,田中太郎\nhanako@x.test,山田花子\n"),
        ("gb18030", "邮箱,姓名\nwang@x.test,王小明\nli@x.test,李华\n"),
        ("euc_kr", "email,name\nkim@x.test,김철수\nlee@x.test,이영희\n"),
    ],
)
def test_a_file_is_read_in_its_encoding(encoding, text):
    found = seen(text.encode(encoding))

    assert [",".join(row) for row in found.rows] == text.splitlines()


def test_one_accented_letter_among_thousands_of_plain_rows_is_western():
    content = b"email,name\n" + b"someone@x.test,Someone\n" * 500 + "rene@x.test,René\n".encode("cp1252")

    assert seen(content).encoding == "cp1252"


@pytest.mark.parametrize("short_by", range(4))
def test_a_character_cut_by_the_edge_of_the_head_changes_nothing(short_by):
    rows = "email,name\n" + "zoe@x.test,Zoë 😀\n" * 4_000
    head = rows.encode()[: decoding.HEAD - short_by]

    found = look(head, whole=False)

    assert found.encoding == "utf-8"
    assert all(row == ["zoe@x.test", "Zoë 😀"] for row in found.rows[1:])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    content = f"email{delimiter}name\nada@x.test{delimiter}Ada\nben@x.test{delimiter}Ben\n".encode()

    assert seen(content).delimiter == delimiter


def test_commas_inside_cells_do_not_hide_a_semicolon():
    found = seen(b"ada@x.test;Okafor, Ada\nben@x.test;Bell, Ben\n")

    assert found.rows == [["ada@x.test", "Okafor, Ada"], ["ben@x.test", "Bell, Ben"]]


def test_a_single_column_is_read_with_a_comma():
    found = seen(b"email\nada@x.test\n")

    assert (found.delimiter, found.rows) == (",", [["email"], ["ada@x.test"]])


def test_blank_lines_are_not_rows():
    assert seen(b"\n\nemail,name\n\nada@x.test,Ada\n,,\n").rows == [["email", "name"], ["ada@x.test", "Ada"]]


def test_a_row_cut_by_the_edge_of_the_head_is_left_out():
    assert look(b'email,name\nada@x.test,Ada\nben@x.test,"Be', whole=False).rows[-1] == ["ada@x.test", "Ada"]


def workbook() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \r\n\t\n ,,; \n", "nothing in it"),
        (workbook(), "Excel workbook; save it as CSV first"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel workbook; save it as CSV first"),
        (b"PK\x03\x04 people.csv", "ZIP archive"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"%PDF-1.7", "PDF"),
        (b"email\0name\n", "isn't a text file"),
    ],
)
def test_what_is_no_csv_is_refused_by_name(content, words):
    with pytest.raises(UnreadableFile, match=words):
        seen(content)


@pytest.mark.parametrize("content", ['""', '"', '"",""', "\u00a0", "\x1c", "\x1c,\u2003\n", '"\n"', '"",' * 20_000])
def test_a_file_of_empty_cells_is_refused(content):
    with pytest.raises(UnreadableFile, match=r"nothing in it but empty cells|first line is longer"):
        look(content.encode()[: decoding.HEAD], whole=len(content) < decoding.HEAD)


def test_a_file_without_a_line_break_in_its_head_is_refused():
    with pytest.raises(UnreadableFile, match="first line is longer than 64 KB"):
        look(b"x" * decoding.HEAD, whole=False)


def test_bytes_that_mean_nothing_are_marked_and_the_rest_is_read():
    text = open_text(io.BytesIO(b"ok\nbad \xff\xfe byte\nok again\n"), "utf-8")

    assert list(text) == ["ok\n", f"bad {UNDECODABLE}{UNDECODABLE} byte\n", "ok again\n"]


def test_half_a_character_at_the_end_of_utf_16_is_marked():
    text = open_text(io.BytesIO("é\n".encode("utf-16") + b"\x41"), "utf-16")

    assert text.read() == f"é\n{UNDECODABLE}"
