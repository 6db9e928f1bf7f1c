"""What was asked of the API and what it answered."""

from typing import Any

from django.http.response import HttpResponseBase
from ninja import Query, Router

from api import answers, errors, lists, reading, schemas
from api.authentication import ApiRequest
from api.lists import Paging, moment
from api.models import RequestLog
from api.reaching import uuid_of
from lib.pagination import key_by_uuid

routes = Router(tags=["logs"])
USUAL = 20


@routes.get("", response=schemas.Logs, operation_id="list_logs")
def index(request: ApiRequest, paging: Query[Paging]) -> HttpResponseBase:
    """Newest first, 20 unless `limit` says otherwise."""
    every = request.team.request_logs.all()
    source = lists.of_queryset(every.defer("request_body", "response_body"), told=_told, key=key_by_uuid(every))
    return lists.answer(paging, source, usual=USUAL)


@routes.get("/{id}", response=schemas.Log, operation_id="get_log")
def get(request: ApiRequest, id: str) -> HttpResponseBase:  # noqa: A002 - as the documentation names it
    log = request.team.request_logs.filter(uuid=uuid_of(id)).first()
    if log is None:
        raise errors.not_found("Log")
    bodies = {"request_body": _body(log.request_body), "response_body": _body(log.response_body)}
    return answers.one("log", {**_told(log), **bodies})


def _told(log: RequestLog) -> dict[str, Any]:
    return {
        "id": str(log.uuid),
        "created_at": moment(log.at),
        "endpoint": log.path,
        "method": log.method,
        "response_status": log.status,
        "user_agent": log.user_agent or None,
    }


def _body(text: str) -> Any:
    """The body as it was meant, or as text when it was cut or is no JSON that can be told again."""
    try:
        return reading.kept(text) if text else None
    except ValueError:
        return text
