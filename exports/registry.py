"""Which lists can be exported. Each app registers its own in its `exporting.py`, so this one knows none of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from exports.resources import Resource
from lib.errors import DomainError
from teams.models import Team


class UnknownList(DomainError):
    code = "unknown_list"
    message = "There is no such list."


@dataclass(frozen=True)
class Exportable:
    """A list that can be exported.

    `rows` gives what the list's page would show for a query string, in its order, or raises UnknownList; `filters` says
    that query in words, as pairs of label and value.
    """

    key: str
    label: str
    resource: type[Resource]
    rows: Callable[[Team, QueryDict], QuerySet[Any]]
    filters: Callable[[Team, QueryDict], list[tuple[str, str]]]


_known: dict[str, Exportable] = {}


def register(exportable: Exportable) -> None:
    _known[exportable.key] = exportable


def find(key: str) -> Exportable:
    """The list with this key; raises UnknownList."""
    try:
        return _known[key]
    except KeyError:
        raise UnknownList from None


def label(key: str) -> str:
    """What the list with this key is called, also when there is no such list any more."""
    return _known[key].label if key in _known else key.capitalize()
