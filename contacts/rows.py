"""What one row of a CSV says about a contact, or why it can't be taken."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from contacts.columns import looks_like_address
from contacts.decoding import UNDECODABLE
from contacts.names import LONGEST_NAME, NameTooLong, contact_name
from contacts.records import LONGEST_CELL, Record
from lib.formulas import restore
from mail.addresses import InvalidAddress, normalise, split_name

KEPT_CELLS = 512
_SHOWN = 80

_YES = {"true", "t", "yes", "y", "1", "x", "on", "unsubscribed", "unsubscribe", "opted out", "opt out"}
_NO = {"", "false", "f", "no", "n", "0", "off", "subscribed", "active", "opted in", "opt in"}
_YES_ELSEWHERE = {"ja", "j", "wahr", "oui", "vrai", "si", "sí", "verdadero", "sim", "verdadeiro", "vero", "да"}
_NO_ELSEWHERE = {"nein", "falsch", "non", "faux", "falso", "não", "nao", "nee", "nej", "нет"}


class Row(NamedTuple):
    """A row that can be imported; `unsubscribed` is None when the row has no such cell."""

    line: int
    email: str
    first_name: str
    last_name: str
    unsubscribed: bool | None


class Reject(NamedTuple):
    line: int
    reason: str
    cells: list[str]


class _Unusable(Exception):
    """Carries the reason why a row is rejected."""


def is_row(*, mapping: Mapping[str, int], width: int) -> Callable[[Sequence[str]], bool]:
    """A function that tells whether cells are a row beyond doubt: as wide as the header, an address in its place."""
    email = mapping["email"]

    def told(cells: Sequence[str]) -> bool:
        return email < len(cells) >= width and looks_like_address(restore(cells[email]))

    return told


def judge(*, mapping: Mapping[str, int], width: int, encoding: str) -> Callable[[Record], Row | Reject | None]:
    """A function that turns a record into what it says; None for a blank line.

    `mapping` is field name to column number, `width` the number of columns of the header.
    """

    def judged(record: Record) -> Row | Reject | None:
        try:
            if not _readable(record, width=width, encoding=encoding):
                return None
            return _row(record, mapping)
        except _Unusable as unusable:
            return Reject(record.line, str(unusable), [_storable(cell) for cell in record.cells[:KEPT_CELLS]])

    return judged


def _readable(record: Record, *, width: int, encoding: str) -> bool:
    """Whether anything stands in the record; refuses one that can't be read."""
    if record.problem:
        raise _Unusable(record.problem)
    text = "".join(record.cells)
    if not text or text.isspace():
        return False
    if UNDECODABLE in text:
        raise _Unusable(f"has characters that aren't {encoding.removesuffix('-sig').upper()}")
    if "\0" in text:
        raise _Unusable("has a NUL character, which no text has")
    if len(record.cells) > width:
        raise _Unusable(f"{len(record.cells):,} cells where the header has {width:,}")
    return True


def _row(record: Record, mapping: Mapping[str, int]) -> Row:
    cells = record.cells

    def cell(field: str) -> str:
        number = mapping.get(field)
        return restore(cells[number]) if number is not None and number < len(cells) else ""

    try:
        email = normalise(cell("email"))
    except InvalidAddress as error:
        raise _Unusable(f"the address {error.reason}") from None
    if "name" in mapping:
        first_name, last_name = split_name(_name(cell("name")))
    else:
        first_name, last_name = _name(cell("first_name")), _name(cell("last_name"))
    given = mapping.get("unsubscribed", len(cells)) < len(cells)
    return Row(record.line, email, first_name, last_name, _unsubscribed(cell("unsubscribed")) if given else None)


def _name(cell: str) -> str:
    try:
        return contact_name(cell)
    except NameTooLong:
        raise _Unusable(f"a name is longer than {LONGEST_NAME} characters") from None


def _unsubscribed(cell: str) -> bool:
    word = cell.strip().lower()
    if word in _NO or word in _NO_ELSEWHERE:
        return False
    if word in _YES or word in _YES_ELSEWHERE:
        return True
    shown = word if len(word) <= _SHOWN else f"{word[: _SHOWN - 1]}…"
    raise _Unusable(f"“{shown}” doesn't say whether the contact is unsubscribed; yes and no do")


def _storable(cell: str) -> str:
    """A cell as the database can keep it."""
    return cell[:LONGEST_CELL].replace("\0", "�").replace(UNDECODABLE, "�")
