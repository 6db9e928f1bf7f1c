"""The last look before a broadcast goes out, and sending it."""

from http import HTTPStatus
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from broadcasts import publishing, reviewing, scheduling
from broadcasts.models import Broadcast
from broadcasts.views.dashboard import get_broadcast
from lib.errors import DomainError
from lib.fragments import page
from teams.access import require
from teams.middleware import TeamRequest


@require_GET
def review(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid)
    return _review(request, broadcast) if broadcast.editable else redirect(broadcast)


@require_POST
@require("broadcasts.send")
def send(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """Send what was reviewed; the second click of a double click finds it on its way, which is fine."""
    broadcast = get_broadcast(request, uuid)
    if not broadcast.editable:
        return redirect(broadcast)
    try:
        publishing.send(broadcast, by=request.user, version=_version(request), hold=settings.SEND_HOLD)
    except publishing.AlreadySending:
        pass
    except publishing.ChangedSinceReview as error:
        broadcast = get_broadcast(request, uuid)
        return _review(request, broadcast, refusal=error.message, status=HTTPStatus.CONFLICT)
    except publishing.NotReady as error:
        return _review(request, broadcast, refusal=error.message, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    else:
        messages.success(request, f"“{broadcast}” is on its way.")
    return redirect("broadcasts:report", request.team.slug, broadcast.uuid)


@require_POST
@require("broadcasts.send")
def schedule(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """Schedule what was reviewed for the time that the review page showed."""
    broadcast = get_broadcast(request, uuid)
    if not broadcast.editable:
        return redirect(broadcast)
    try:
        at = scheduling.parse(request.POST.get("at", ""), now=timezone.now(), zone=ZoneInfo("UTC"))
        publishing.schedule(broadcast, at=at, by=request.user, version=_version(request))
    except publishing.AlreadySending:
        pass
    except publishing.ChangedSinceReview as error:
        return _review(request, get_broadcast(request, uuid), refusal=error.message, status=HTTPStatus.CONFLICT)
    except DomainError as error:
        return _review(request, broadcast, refusal=error.message, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect("broadcasts:report", request.team.slug, broadcast.uuid)


def _version(request: TeamRequest) -> int:
    """The version that was reviewed; nonsense is none that a broadcast ever has."""
    written = request.POST.get("version", "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0


def _review(
    request: TeamRequest, broadcast: Broadcast, *, refusal: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    context: dict[str, Any] = {"broadcast": broadcast, "review": reviewing.review(broadcast), "refusal": refusal}
    when = request.GET.get("when", "")
    if when:
        try:
            context["at"] = scheduling.parse(when, now=timezone.now(), zone=ZoneInfo(request.user.time_zone))
        except scheduling.InvalidTime as error:
            context["not_understood"], status = error.message, HTTPStatus.UNPROCESSABLE_ENTITY
    context["when"] = when
    return page(request, "broadcasts/broadcast_review.html", context, status=status)
