"""Making sense of an uploaded file from its first bytes: is it text, in which encoding, with which delimiter."""

import codecs
import io
import re
from dataclasses import dataclass
from typing import IO, TextIO

from contacts.records import Record, records
from lib.errors import DomainError

HEAD = 64 * 1024
DELIMITERS = (",", ";", "\t", "|")
ROWS_COMPARED = 20
# Stands in a decoded cell for bytes that mean nothing in the file's encoding; no encoding can yield it by itself.
UNDECODABLE = "\udc80"
MARK_UNDECODABLE = "carillon.mark_undecodable"

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SIGNATURES = (
    (b"\xd0\xcf\x11\xe0", "This is an Excel workbook; save it as CSV first."),
    (b"PK\x03\x04", "This is a ZIP archive; unpack it and upload the CSV inside."),
    (b"\x1f\x8b", "This is a compressed file; unpack it and upload the CSV inside."),
    (b"\x89PNG", "This is a picture, not a CSV."),
    (b"\xff\xd8\xff", "This is a picture, not a CSV."),
    (b"GIF8", "This is a picture, not a CSV."),
    (b"%PDF", "This is a PDF; save the table as CSV first."),
)
_EXCEL = (b"xl/", b"[Content_Types].xml")
_WESTERN = "cp1252"
_NOT_WESTERN = ["cp1251", "koi8_r", "cp1253", "cp932", "euc_jp", "gb18030", "big5", "euc_kr"]
_FOREIGN_RUN = re.compile(rb"[\x80-\xff]+")
# Accented letters mostly stand alone between plain ones; whole words of foreign bytes are another script.
_RUN_OF_ANOTHER_SCRIPT = 1.5
_ADDRESS = re.compile(r"[^@\s,;|]+@[^@\s,;|]+\.[^@\s,;|]+")


class UnreadableFile(DomainError):
    code = "unreadable_file"
    field = "file"


@dataclass(frozen=True, slots=True)
class Look:
    """How to read the file, and the first rows when read so (without blank ones)."""

    encoding: str
    delimiter: str
    rows: list[list[str]]


def look(head: bytes, *, whole: bool) -> Look:
    """Read the first `HEAD` bytes of a file, which are all of it when `whole`; raise UnreadableFile with the reason."""
    if not head:
        raise UnreadableFile("The file is empty.")
    encoding = _byte_order(head)
    if not encoding:
        _refuse_binary(head)
        encoding = _guessed_encoding(head, whole=whole)
    text = codecs.getincrementaldecoder(encoding)(MARK_UNDECODABLE).decode(head, final=whole)
    if not text.strip("\ufeff \t\r\n\v\f,;|"):
        raise UnreadableFile("The file has nothing in it but blank lines.")
    if not whole and "\n" not in text and "\r" not in text:
        raise UnreadableFile(f"The first line is longer than {HEAD // 1024} KB, so this doesn't look like a CSV.")
    delimiter = _delimiter(text, whole=whole)
    rows = [each.cells for each in _complete(text, delimiter, whole=whole)]
    if not rows:
        raise UnreadableFile("The file has nothing in it but empty cells.")
    return Look(encoding, delimiter, rows)


def open_text(file: IO[bytes], encoding: str) -> TextIO:
    """The file as text for `records`, bytes that mean nothing marked as `UNDECODABLE`."""
    return io.TextIOWrapper(file, encoding, errors=MARK_UNDECODABLE, newline="")


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNDECODABLE, error.end


codecs.register_error(MARK_UNDECODABLE, _mark_undecodable)


def _byte_order(head: bytes) -> str:
    return next((encoding for mark, encoding in _BYTE_ORDER_MARKS if head.startswith(mark)), "")


def _refuse_binary(head: bytes) -> None:
    if head.startswith(b"PK\x03\x04") and any(part in head for part in _EXCEL):
        raise UnreadableFile("This is an Excel workbook; save it as CSV first.")
    for signature, words in _SIGNATURES:
        if head.startswith(signature):
            raise UnreadableFile(words)
    if b"\0" in head:
        raise UnreadableFile("This isn't a text file. Save the table as CSV and upload that.")


def _guessed_encoding(head: bytes, *, whole: bool) -> str:
    try:
        # A character that the edge of the head cuts in two isn't an error.
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return _legacy_encoding(head if whole else head.rpartition(b"\n")[0])
    return "utf-8"


def _legacy_encoding(head: bytes) -> str:
    """The most plausible encoding of text that isn't UTF-8: Western unless the bytes clearly spell another script."""
    runs = _FOREIGN_RUN.findall(head)
    if not runs or sum(map(len, runs)) / len(runs) < _RUN_OF_ANOTHER_SCRIPT:
        return _WESTERN
    # Imported here because its tables are large and few files need them.
    from charset_normalizer import from_bytes

    found = from_bytes(head, cp_isolation=_NOT_WESTERN).best()
    return found.encoding if found else _WESTERN


def _delimiter(text: str, *, whole: bool) -> str:
    """The delimiter that splits the first rows most evenly; a comma when none splits them at all."""

    def fitness(delimiter: str) -> tuple[float, int, int]:
        rows = [each.cells for each in _complete(text, delimiter, whole=whole)[:ROWS_COMPARED]]
        width = len(rows[0]) if rows else 0
        if width < 2:
            return 0, 0, 0
        even = sum(len(row) == width for row in rows) / len(rows)
        return even, sum(bool(_ADDRESS.fullmatch(cell.strip())) for row in rows for cell in row), width

    return max(DELIMITERS, key=fitness)


def _complete(text: str, delimiter: str, *, whole: bool) -> list[Record]:
    """The records of the head with something in them, without one that its edge may have cut below others."""
    found = [each for each in records(io.StringIO(text, newline=""), delimiter) if any(map(str.strip, each.cells))]
    return found if whole or len(found) <= 2 else found[:-1]
