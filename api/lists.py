"""Lists of any length: a page when `limit` asks for one, else everything, a keyset batch at a time."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from pydantic import BaseModel, Field

from api.errors import JSON, bad

T = TypeVar("T")
BATCH = 1_000
MOST = 100


class Paging(BaseModel):
    """Which part of a list is asked for: `after` an id come older rows, `before` it newer ones."""

    limit: int | None = Field(None, ge=1, le=MOST, description="At most so many; everything without it.")
    after: str | None = Field(None, description="The id after which the list goes on.")
    before: str | None = Field(None, description="The id before which the list ends.")


@dataclass(frozen=True)
class Source(Generic[T]):
    """Where a list's rows come from, newest first, how each is told, and what a cursor stands for."""

    newest: Callable[[int | None, int | None, int], list[T]]  # keys above, below; how many at most
    following: Callable[[int, int], list[T]]  # the rows next above a key; how many at most
    key_of: Callable[[T], int]
    told: Callable[[T], dict[str, Any]]
    key: Callable[[str], int | None]


def of_queryset(
    queryset: QuerySet[Any], *, told: Callable[[Any], dict[str, Any]], key: Callable[[str], int | None]
) -> Source[Any]:
    """A source of model instances in the order of their keys."""

    def newest(above: int | None, below: int | None, most: int) -> list[Any]:
        rows = queryset if above is None else queryset.filter(pk__gt=above)
        rows = rows if below is None else rows.filter(pk__lt=below)
        return list(rows.order_by("-pk")[:most])

    def following(above: int, most: int) -> list[Any]:
        return list(queryset.filter(pk__gt=above).order_by("pk")[:most])[::-1]

    return Source(newest, following, lambda row: row.pk, told, key)


def answer(paging: Paging, source: Source[T], *, usual: int | None = None) -> HttpResponse | StreamingHttpResponse:
    """The part of the list that `paging` asks for; without a limit `usual` rows, or all."""
    if paging.after and paging.before:
        raise bad("The `after` and `before` parameters can't be used together.")
    below, above = _key(source, "after", paging.after), _key(source, "before", paging.before)
    limit = paging.limit or usual
    if limit is None:
        return _all(source, above=above, below=below)
    if above is not None:
        rows = source.following(above, limit + 1)
        page = rows[-limit:]
    else:
        rows = source.newest(None, below, limit + 1)
        page = rows[:limit]
    return whole([source.told(row) for row in page], has_more=len(rows) > limit)


def whole(data: list[dict[str, Any]], *, has_more: bool = False) -> HttpResponse:
    """A list that is at hand as a whole."""
    return HttpResponse(json.dumps({"object": "list", "has_more": has_more, "data": data}), content_type=JSON)


def moment(at: datetime | None) -> str | None:
    """A time as PostgreSQL writes it in UTC, which is how Resend's API does."""
    if at is None:
        return None
    text = at.isoformat(sep=" ")
    seconds, point, fraction = text.removesuffix("+00:00").partition(".")
    return f"{seconds}{point}{fraction.rstrip('0')}+00"


def _key(source: Source[T], name: str, cursor: str | None) -> int | None:
    if not cursor:
        return None
    key = source.key(cursor)
    if key is None:
        raise bad(f"The `{name}` must be the id of something in this list.")
    return key


def _all(source: Source[T], *, above: int | None, below: int | None) -> HttpResponse | StreamingHttpResponse:
    first = source.newest(above, below, BATCH)
    if len(first) < BATCH:
        return whole([source.told(row) for row in first])
    return StreamingHttpResponse(_chunks(source, first, above), content_type=JSON)


def _chunks(source: Source[T], rows: list[T], above: int | None) -> Iterator[bytes]:
    """The whole list as JSON, of which no more than a batch is ever held."""
    between = '{"object": "list", "has_more": false, "data": ['
    while rows:
        below = source.key_of(rows[-1])
        yield (between + json.dumps([source.told(row) for row in rows])[1:-1]).encode()
        between = ", "
        rows = source.newest(above, below, BATCH)
    yield b"]}"
