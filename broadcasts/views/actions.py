"""What a person does with a broadcast that is under way."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from broadcasts import drafting, publishing, reporting
from broadcasts.views.dashboard import get_broadcast
from lib.errors import DomainError
from lib.fragments import page
from teams.access import require
from teams.middleware import TeamRequest


@require_POST
@require("broadcasts.send")
def pause(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """Pause; the second click of a double click finds it paused, which is fine."""
    broadcast = get_broadcast(request, uuid, content=False)
    publishing.pause(broadcast)
    return redirect("broadcasts:report", request.team.slug, broadcast.uuid)


@require_POST
@require("broadcasts.send")
def resume(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid, content=False)
    publishing.resume(broadcast)
    return redirect("broadcasts:report", request.team.slug, broadcast.uuid)


@require_POST
@require("broadcasts.send")
def unschedule(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid)
    publishing.unschedule(broadcast)
    return redirect(get_broadcast(request, uuid))


@require_http_methods(["GET", "POST"])
@require("broadcasts.send")
def cancel(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid, content=False)
    if request.method == "GET" and broadcast.stoppable:
        context = {"broadcast": broadcast, "report": reporting.report(broadcast)}
        return page(request, "broadcasts/broadcast_confirm_cancel.html", context)
    try:
        publishing.cancel(broadcast)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("broadcasts:report", request.team.slug, broadcast.uuid)


@require_POST
@require("broadcasts.change")
def duplicate(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """Start a draft with the same content."""
    copy = drafting.duplicate(get_broadcast(request, uuid), by=request.user)
    messages.success(request, f"“{copy}” is a draft of its own.")
    return redirect(copy)
