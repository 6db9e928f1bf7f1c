"""Importing a CSV of contacts without anybody looking on."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import File, Form, Query, Router, UploadedFile
from pydantic import Field

from api import answers, errors, lists, schemas
from api.authentication import ApiRequest
from api.lists import Paging, moment
from api.reaching import audience_of, uuid_of
from audiences import keeping as audiences
from audiences.models import Audience
from contacts import uploading
from contacts.models import ContactImport
from contacts.receiving import was_too_big
from contacts.values import TYPES
from lib.pagination import key_by_uuid

routes = Router(tags=["contact imports"])
KIND = "contact_import"
FIELDS = ("email", "first_name", "last_name", "unsubscribed")
Status = ContactImport.Status
Word = Literal["queued", "in_progress", "completed", "failed"]
STATUSES: dict[Word, tuple[str, ...]] = {
    "queued": (Status.UPLOADED, Status.MAPPED, Status.REVIEWED),
    "in_progress": (Status.IMPORTING,),
    "completed": (Status.DONE,),
    "failed": (Status.FAILED, Status.CANCELED, Status.UNDONE),
}
WORDS = {status: word for word, statuses in STATUSES.items() for status in statuses}


class ImportPaging(Paging):
    """Which part of the imports is asked for."""

    status: Word | None = Field(None, description="Only imports that are at this point.")


@routes.post("", response={201: schemas.Created}, operation_id="create_contact_import")
def create(
    request: ApiRequest,
    file: File[UploadedFile | None] = None,
    column_map: Form[str | None] = None,
    on_conflict: Form[str | None] = None,
    segments: Form[str | None] = None,
    topics: Form[str | None] = None,
) -> HttpResponseBase:
    """`column_map`, `segments` and `topics` hold JSON. Nobody who has unsubscribed is subscribed again."""
    if _parsed("topics", topics, list):
        raise errors.bad("Topics don't exist here, so `topics` must be empty.")
    told = _parsed("column_map", column_map, dict)
    upload = uploading.receive_unattended(
        file=_file(request, file),
        names=_names(told),
        properties=_properties(told),
        skip_existing=_skips(on_conflict),
        # Last, because it makes General if there is none.
        audience=_audience(request, segments),
    )
    return answers.created(KIND, upload.uuid)


@routes.get("", response=schemas.ContactImports, operation_id="list_contact_imports")
def index(request: ApiRequest, paging: Query[ImportPaging]) -> HttpResponseBase:
    every = ContactImport.objects.of(request.team)
    found = every.filter(status__in=STATUSES[paging.status]) if paging.status else every
    source = lists.of_queryset(found, told=lambda each: {"object": KIND, **_told(each)}, key=key_by_uuid(every))
    return lists.answer(paging, source)


@routes.get("/{id}", response=schemas.ContactImport, operation_id="get_contact_import")
def get(request: ApiRequest, id: str) -> HttpResponseBase:  # noqa: A002 - as the documentation names it
    upload = ContactImport.objects.of(request.team).filter(uuid=uuid_of(id)).first()
    if upload is None:
        raise errors.not_found("Contact import")
    return answers.one(KIND, _told(upload))


def _file(request: HttpRequest, file: UploadedFile | None) -> UploadedFile:
    if was_too_big(request):
        raise uploading.FileTooBig
    if file is None:
        raise errors.missing("file")
    return file


def _audience(request: ApiRequest, segments: str | None) -> Audience:
    """The one segment that is named, or General."""
    ids = [each.get("id") if isinstance(each, dict) else each for each in _parsed("segments", segments, list)]
    if len(ids) > 1:
        raise errors.bad("Import into one segment at a time: `segments` may name only one.")
    if not ids:
        return audiences.general(team=request.team)
    return audience_of(request, str(ids[0]), name="segments")


def _names(told: Mapping[str, Any]) -> dict[str, str] | None:
    """The header of each field's column; None when the columns are named like the fields."""
    names = {field: told[field] for field in FIELDS if told.get(field) is not None}
    if not all(isinstance(name, str) for name in names.values()):
        raise errors.bad("The `column_map` must name columns by their headers.")
    return names or None


def _properties(told: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The header and the type of each property's column, by the property's key."""
    given = told.get("properties") or {}
    if not isinstance(given, dict):
        raise errors.bad("The `properties` of `column_map` must be an object.")
    found = {}
    for key, column in given.items():
        column = {"column": column} if isinstance(column, str) else column
        header, kind = (column.get("column"), column.get("type") or "string") if isinstance(column, dict) else ("", "")
        if not isinstance(header, str) or kind not in TYPES:
            raise errors.bad(
                "Each of the `properties` needs a `column`, and a `type` that is one of " + ", ".join(TYPES) + "."
            )
        found[key] = (header, kind)
    return found


def _skips(on_conflict: str | None) -> bool:
    if on_conflict not in (None, "", "upsert", "skip"):
        raise errors.bad('The `on_conflict` must be "upsert" or "skip".')
    return on_conflict == "skip"


def _parsed(name: str, text: str | None, kind: type) -> Any:
    """The JSON in a part of the form; an empty one of its kind when it is absent or null."""
    try:
        value = json.loads(text) if text else None
    except (ValueError, RecursionError):
        value = text
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise errors.bad(f"The `{name}` must be JSON.")
    return value


def _told(upload: ContactImport) -> dict[str, Any]:
    counts, done = upload.counts, upload.counts.get("done", {})
    return {
        "id": str(upload.uuid),
        "status": WORDS[Status(upload.status)],
        "created_at": moment(upload.created_at),
        "completed_at": moment(upload.finished_at),
        "counts": {
            "total": counts.get("rows", 0),
            "created": done.get("added", 0),
            "updated": done.get("updated", 0),
            "skipped": done.get("unchanged", 0) + (counts.get("duplicates", 0) if done else 0),
            "failed": counts.get("rejected", 0),
        },
    }
