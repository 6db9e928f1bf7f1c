"""Keyset pages, newest first: the same cost at any depth, and no page numbers that shift while rows arrive."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from lib.public_ids import PublicIds

M = TypeVar("M", bound=Model)
PAGE_SIZE = 50
MANY = 10_000


@dataclass(frozen=True)
class Page(Generic[M]):
    """One page of rows with the cursors of its neighbours (empty when there is none)."""

    rows: list[M]
    newer: str
    older: str

    @property
    def alone(self) -> bool:
        return not self.newer and not self.older


def paginate(
    queryset: QuerySet[M],
    query: Mapping[str, Any],
    *,
    cursor: Callable[[M], str],
    key: Callable[[str], int | None],
    size: int = PAGE_SIZE,
) -> Page[M]:
    """The page that `query` asks for with `after` (older rows) or `before` (newer rows).

    `cursor` turns a row into what stands in the URL and `key` turns that back into a primary key. A cursor that means
    nothing is ignored: an old link shows the newest rows, not an error.
    """
    after, before = key(str(query.get("after", ""))), key(str(query.get("before", "")))
    if before is not None and after is None:
        rows = list(queryset.filter(pk__gt=before).order_by("pk")[: size + 1])
        has_newer, has_older = len(rows) > size, True
        rows = rows[:size][::-1]
    else:
        older = queryset if after is None else queryset.filter(pk__lt=after)
        rows = list(older.order_by("-pk")[: size + 1])
        has_newer, has_older = after is not None, len(rows) > size
        rows = rows[:size]
    return Page(
        rows=rows,
        newer=cursor(rows[0]) if rows and has_newer else "",
        older=cursor(rows[-1]) if rows and has_older else "",
    )


def key_by_uuid(queryset: QuerySet[Any]) -> Callable[[str], int | None]:
    """For rows with a `uuid` column: the primary key behind a cursor that is such a UUID."""

    def key(cursor: str) -> int | None:
        try:
            return queryset.filter(uuid=UUID(cursor)).values_list("pk", flat=True).first()
        except ValueError:
            return None

    return key


def key_by_public_id(ids: PublicIds) -> Callable[[str], int | None]:
    """For rows with a computed public id: the primary key behind a cursor that is such an id."""

    def key(cursor: str) -> int | None:
        try:
            return ids.decode(UUID(cursor))
        except ValueError:
            return None

    return key


def count_up_to(queryset: QuerySet[M], most: int = MANY) -> str:
    """The number of rows in words, "10,000+" beyond `most`: counting further would cost more than it tells."""
    found = queryset.order_by()[: most + 1].count()
    return f"{most:,}+" if found > most else f"{found:,}"
