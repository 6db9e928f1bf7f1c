"""What one row of a CSV says about a contact, or why it can't be taken."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from contacts.columns import looks_like_address
from contacts.decoding import UNDECODABLE
from contacts.names import LONGEST_NAME, NameTooLong, contact_name
from contacts.records import LONGEST_CELL, Record
from contacts.values import fits
from lib.formulas import restore
from mail.addresses import InvalidAddress, normalise, split_name

# Of each property its column's number and its type.
Properties = Mapping[str, tuple[int, str]]

KEPT_CELLS = 512
_SHOWN = 80
_NUMBER = re.compile(r"[+-]?\d{1,300}(\.\d{1,300})?(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)

_YES = {"true", "t", "yes", "y", "1", "x", "on", "unsubscribed", "unsubscribe", "opted out", "opt out"}
_NO = {"", "false", "f", "no", "n", "0", "off", "subscribed", "active", "opted in", "opt in"}
_YES_ELSEWHERE = {"ja", "j", "wahr", "oui", "vrai", "si", "sí", "verdadero", "sim", "verdadeiro", "vero", "да"}
_NO_ELSEWHERE = {"nein", "falsch", "non", "faux", "falso", "não", "nao", "nee", "nej", "нет"}


class Row(NamedTuple):
    """A row that can be imported; `unsubscribed` is None when the row has no such cell. `properties` is JSON."""

    line: int
    email: str
    first_name: str
    last_name: str
    unsubscribed: bool | None
    properties: str | None = None


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


def judge(
    *, mapping: Mapping[str, int], properties: Properties, width: int, encoding: str
) -> Callable[[Record], Row | Reject | None]:
    """A function that turns a record into what it says; None for a blank line.

    `mapping` is field name to column number, `properties` key to column number and type, `width` the number of
    columns of the header.
    """

    def judged(record: Record) -> Row | Reject | None:
        try:
            if not _readable(record, width=width, encoding=encoding):
                return None
            return _row(record, mapping, properties)
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


def _row(record: Record, mapping: Mapping[str, int], properties: Properties) -> Row:
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
    unsubscribed = _unsubscribed(cell("unsubscribed")) if given else None
    told = _values(cells, properties) if properties else None
    return Row(record.line, email, first_name, last_name, unsubscribed, told)


def _name(cell: str) -> str:
    try:
        return contact_name(cell)
    except NameTooLong:
        raise _Unusable(f"a name is longer than {LONGEST_NAME} characters") from None


def _unsubscribed(cell: str) -> bool:
    said = _yes_or_no(cell)
    if said is None:
        raise _Unusable(f"“{_shown(cell)}” doesn't say whether the contact is unsubscribed; yes and no do")
    return said


def _yes_or_no(cell: str) -> bool | None:
    word = cell.strip().lower()
    if word in _NO or word in _NO_ELSEWHERE:
        return False
    return True if word in _YES or word in _YES_ELSEWHERE else None


def _values(cells: Sequence[str], properties: Properties) -> str | None:
    """The values of properties as JSON; an empty cell says nothing."""
    found = {}
    for key, (number, kind) in properties.items():
        cell = restore(cells[number]).strip() if number < len(cells) else ""
        if cell:
            found[key] = _value(key, cell, kind)
    return json.dumps(found) if found else None


def _value(key: str, cell: str, kind: str) -> str | float | bool:
    value: str | float | bool | None = cell
    if kind == "number":
        value = float(cell) if _NUMBER.fullmatch(cell) else None
    elif kind == "boolean":
        value = _yes_or_no(cell)
    if value is None or not fits(kind, value):
        raise _Unusable(f"“{_shown(cell)}” isn't a value of the property {key}, which takes a {kind}")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _shown(cell: str) -> str:
    word = cell.strip().lower()
    return word if len(word) <= _SHOWN else f"{word[: _SHOWN - 1]}…"


def _storable(cell: str) -> str:
    """A cell as the database can keep it."""
    return cell[:LONGEST_CELL].replace("\0", "�").replace(UNDECODABLE, "�")
