"""What programs asked of the API, and what they were answered."""

import json
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from api import reading
from api.forms import LogFilterForm
from api.querysets import SEARCHED
from lib.fragments import page
from lib.pagination import count_up_to, key_by_uuid, paginate
from teams.middleware import TeamRequest


@require_GET
def index(request: TeamRequest) -> HttpResponse:
    filters = LogFilterForm(request.GET, team=request.team)
    every = request.team.request_logs.all()
    found = filters.filter(every, now=timezone.now())
    slim = found.select_related("key").defer("request_body", "response_body")
    shown = paginate(slim, request.GET, cursor=lambda log: str(log.uuid), key=key_by_uuid(every))
    context = {
        "page": shown,
        "searched": SEARCHED if filters.searches and not every.are_all_searchable() else 0,
        "filters": filters,
        "count": count_up_to(found),
        "days": settings.KEEP_LOGS_DAYS,
        "any": bool(shown.rows) or bool(filters.values) or every.exists(),
    }
    return page(request, "api/log_list.html", context, fragments=["log-table"])


@require_GET
def detail(request: TeamRequest, uuid: UUID) -> HttpResponse:
    log = get_object_or_404(request.team.request_logs.select_related("key"), uuid=uuid)
    bodies = [("Request body", _readable(log.request_body)), ("Response body", _readable(log.response_body))]
    return page(request, "api/log_detail.html", {"log": log, "bodies": bodies, "days": settings.KEEP_LOGS_DAYS})


def _readable(body: str) -> str:
    """JSON over several lines; whatever was cut or isn't JSON that can be told again stays as it is."""
    try:
        return json.dumps(reading.kept(body), indent=2, ensure_ascii=False) if body else ""
    except ValueError:
        return body
