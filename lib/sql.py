"""Statements too good for the ORM live in `<app>/sql/<verb_noun>.sql`, one each, with named parameters."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from django.db import InterfaceError, InternalError, OperationalError, connection

# The database is away, overloaded or coming back, so the next attempt may well succeed. Others would fail each time.
AWAY = (OperationalError, InterfaceError, InternalError)

ROOT = Path(__file__).resolve().parent.parent
# What each session has prepared.
_PREPARED: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
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


def rows(app: str, name: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement; the rows it returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement(app, name), parameters)
        return list(cursor.fetchall())


def prepared(app: str, name: str, parameters: Mapping[str, Any], *, after: str = "") -> list[tuple[Any, ...]]:
    """Run a statement that each session plans once, since it is asked all the time; the rows it returns.

    `after` is another one, a lock say, that goes out in front of it. Outside a transaction both are one, and the
    statement sees what was committed before it began, and so after the lock was had.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{after}; {_execution(app, name)}" if after else _execution(app, name), parameters)
        if after:
            cursor.nextset()
        return list(cursor.fetchall())


def _execution(app: str, name: str) -> str:
    """EXECUTE with the statement's parameters, which this session has prepared by then."""
    raw, label = connection.connection, f"{app}_{name}"
    known = _PREPARED.setdefault(raw, set())
    if label not in known:
        with connection.wrap_database_errors:
            raw.execute(f"PREPARE {label} AS {numbered(app, name)}")
        known.add(label)
    arguments = dict.fromkeys(_PARAMETER.findall(statement(app, name)))
    return f"EXECUTE {label} ({', '.join(f'%({argument})s' for argument in arguments)})"
