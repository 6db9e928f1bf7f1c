"""Statements too good for the ORM live in `<app>/sql/<verb_noun>.sql`, one each, with named parameters."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


@cache
def statement(app: str, name: str) -> str:
    """The text of `<app>/sql/<name>.sql`."""
    return (ROOT / app / "sql" / f"{name}.sql").read_text()


def execute(app: str, name: str, parameters: Mapping[str, Any]) -> int:
    """Run a statement; the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement(app, name), parameters)
        return int(cursor.rowcount)


def rows(app: str, name: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement; the rows it returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement(app, name), parameters)
        return list(cursor.fetchall())
