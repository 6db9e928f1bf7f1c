"""What the columns of a CSV are called and which field each one probably holds."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lib.errors import DomainError

MOST_COLUMNS = 256
SAMPLE_ROWS = 20
LONGEST_SAMPLE = 200

# What a column may be mapped to.
FIELDS = {
    "email": "Email",
    "first_name": "First name",
    "last_name": "Last name",
    "name": "Full name",
    "unsubscribed": "Unsubscribed",
}

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NUMBER = re.compile(r"[\d.,:/+-]+")
_SPELLINGS = {
    "email": """
        email, mail, email address, mail address, your email, contact email, subscriber email, email id,
        email adresse, mail adresse, epost, epost adress, adresse email, adresse mail, courriel, correo,
        correo electrónico, dirección de correo, email adres, indirizzo email, posta elettronica, endereço de email,
        correio eletrônico, adres email, sähköposti, eposta, почта, электронная почта, メール, メールアドレス,
        邮箱, 电子邮件, 電子郵件, 이메일
    """,
    "first_name": """
        first name, first, fname, forename, given name, vorname, prénom, nombre, nombre de pila, nome, primeiro nome,
        voornaam, förnamn, fornavn, imię, jméno, etunimi, ad, имя, 名, 名字, 이름
    """,
    "last_name": """
        last name, last, lname, surname, family name, nachname, familienname, nom, nom de famille, apellido, apellidos,
        cognome, sobrenome, apelido, achternaam, efternamn, etternavn, efternavn, nazwisko, příjmení, sukunimi, soyad,
        фамилия, 姓, 성
    """,
    "name": """
        name, full name, contact name, display name, your name, subscriber name, nom complet, nombre completo,
        nome completo, vollständiger name, volledige naam, naam, namn, navn, полное имя, фио, 氏名, 名前, 姓名
    """,
    "unsubscribed": """
        unsubscribed, unsubscribe, is unsubscribed, opted out, opt out, has opted out of email, email opt out,
        abgemeldet, désabonné, désinscrit, dado de baja, disiscritto, descadastrado, uitgeschreven, avregistrerad,
        отписан, отписался
    """,
}
# A column with such a name is about subscription only when its values say so themselves.
_STATUS_SPELLINGS = "status, subscription status, email status, subscription, state"
_STATUS_VALUES = {"subscribed", "unsubscribed"}


class HeaderMissing(DomainError):
    code = "header_missing"
    field = "file"
    message = (
        "The first row doesn't name the columns, and there is no e-mail address in it. "
        "Add a first row such as: email,first_name,last_name"
    )


class TooManyColumns(DomainError):
    code = "too_many_columns"
    field = "file"


class NoRows(DomainError):
    code = "no_rows"
    field = "file"
    message = "The file has a header but no rows below it."


@dataclass(frozen=True, slots=True)
class Table:
    """A file's column names, its first rows below (as wide as the header), and whether row one is the header."""

    header: list[str]
    samples: list[list[str]]
    has_header: bool


def tabulate(rows: Sequence[Sequence[str]]) -> Table:
    """Take the first rows of a file apart; raise TooManyColumns, HeaderMissing or NoRows."""
    first = rows[0]
    if len(first) > MOST_COLUMNS:
        raise TooManyColumns(f"The file has {len(first):,} columns; up to {MOST_COLUMNS} are possible.")
    has_header = not any(map(looks_like_address, first))
    if has_header and not _names_columns(first):
        raise HeaderMissing
    below = rows[1:] if has_header else rows
    if not below:
        raise NoRows
    names = [name.strip()[:LONGEST_SAMPLE] if has_header else "" for name in map(_printable, first)]
    header = [name or f"Column {number}" for number, name in enumerate(names, start=1)]
    return Table(header, [_sample(row, len(header)) for row in below[:SAMPLE_ROWS]], has_header)


def guess(header: Sequence[str], samples: Sequence[Sequence[str]]) -> dict[str, int]:
    """Which column probably holds which field: field name to column number, each at most once."""
    names = [_folded(name) for name in header]
    values = [[row[number].strip() for row in samples if row[number].strip()] for number in range(len(header))]
    found = {
        "email": _email_column(names, values),
        "first_name": _named(names, "first_name"),
        "last_name": _named(names, "last_name"),
        "unsubscribed": _unsubscribed_column(names, values),
    }
    if found["first_name"] is None and found["last_name"] is None:
        found["name"] = _named(names, "name")
    return {field: number for field, number in found.items() if number is not None}


def looks_like_address(text: str) -> bool:
    """Whether a cell was meant as an e-mail address, be it valid or not."""
    return _ADDRESS.fullmatch(text.strip()) is not None


def _folded(name: str) -> str:
    """A name without case, accents, spaces and signs."""
    return "".join(each for each in unicodedata.normalize("NFKD", name).casefold() if each.isalnum())


def _fold_all(spellings: str) -> frozenset[str]:
    return frozenset(_folded(each) for each in spellings.split(","))


_NAMES = {field: _fold_all(spellings) for field, spellings in _SPELLINGS.items()}
_STATUS_NAMES = _fold_all(_STATUS_SPELLINGS)
_KNOWN = frozenset[str]().union(*_NAMES.values())


def _names_columns(row: Sequence[str]) -> bool:
    """Whether a row without an address reads like a header: a name that we know, or no number anywhere."""
    cells = [cell.strip() for cell in row if cell.strip()]
    return any(_folded(cell) in _KNOWN for cell in cells) or not any(map(_NUMBER.fullmatch, cells))


def _named(names: Sequence[str], field: str) -> int | None:
    return next((number for number, name in enumerate(names) if name in _NAMES[field]), None)


def _email_column(names: Sequence[str], values: Sequence[Sequence[str]]) -> int | None:
    """The column of addresses, preferably one that is named so; without any values the name alone counts."""

    def fitness(number: int) -> tuple[bool, bool, float]:
        cells, named = values[number], names[number] in _NAMES["email"]
        share = sum(map(looks_like_address, cells)) / len(cells) if cells else float(named)
        return share >= 0.5, named, share

    best = max(range(len(names)), key=fitness)
    return best if fitness(best)[0] else None


def _unsubscribed_column(names: Sequence[str], values: Sequence[Sequence[str]]) -> int | None:
    named = _named(names, "unsubscribed")
    if named is not None:
        return named
    statuses = (number for number, name in enumerate(names) if name in _STATUS_NAMES)
    return next((number for number in statuses if values[number] and _all_statuses(values[number])), None)


def _all_statuses(cells: Iterable[str]) -> bool:
    return all(cell.lower() in _STATUS_VALUES for cell in cells)


def _printable(cell: str) -> str:
    """A cell as a JSON column can keep it and a page can show it."""
    return "".join(each if each.isprintable() else "�" if "\ud800" <= each <= "\udfff" else " " for each in cell)


def _sample(row: Sequence[str], width: int) -> list[str]:
    cells = [_printable(cell[:LONGEST_SAMPLE]) for cell in row[:width]]
    return cells + [""] * (width - len(cells))
