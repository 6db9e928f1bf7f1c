"""Statements too good for the ORM live in `<app>/sql/<verb_noun>.sql`, one each, with named parameters."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
_PARAMETER = re.compile(r"%\((\w+)\)s")


@cache
def statement(app: str, name: str) -> str:
    """The text of `<app>/sql/<name>.sql`."""
    return (ROOT / app / "sql" / f"{name}.sql").read_text()


@cache
def numbered(app: str, name: str) -> str:
    """The statement with PostgreSQL's own placeholders, $1 for the parameter that comes first, to be prepared."""
    text = statement(app, name)
    for number, parameter in enumerate(dict.fromkeys(_PARAMETER.findall(text)), 1):
        text = text.replace(f"%({parameter})s", f"${number}")
    return text.replace("%%", "%")


def execute(app: str, name: str, parameters: Mapping[str, Any]) -> int:
    """Run a statement; the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement(app, name), parameters)
        return int(cursor.rowcount)


def rows_after(first: str, app: str, name: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run `first`, a lock say, and then a statement; the rows that the statement returns.

    Both go out at once, and outside a transaction they are one by themselves. The statement sees what was committed
    before it began, and so after the lock was had.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{first}; {statement(app, name)}", parameters)
        cursor.nextset()
        return list(cursor.fetchall())


def rows(app: str, name: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement; the rows it returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement(app, name), parameters)
        return list(cursor.fetchall())
